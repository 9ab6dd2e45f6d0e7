"""What each analysis tool answers: raw numbers, never NaN or infinity, never longer than a stated bound."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hab_core.schemas.common import AnswerModel

MAX_CELL_TEXT = 300


def finite(value: Any) -> float | None:
    """Returns a number as float; None where it is missing, NaN or infinite."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def cell(value: Any) -> Any:
    """Returns a cell as JSON can hold it: dates as ISO text, NaN as None, long text cut at ``MAX_CELL_TEXT``."""
    if isinstance(value, float | Decimal):
        return finite(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= MAX_CELL_TEXT else value[: MAX_CELL_TEXT - 1] + "…"
    if value is None or isinstance(value, bool | int):
        return value
    return cell(str(value.total_seconds() if isinstance(value, timedelta) else value))


Number = Annotated[float | None, BeforeValidator(finite)]
"""A finite number, or None where there is none to give."""
CellValue = Annotated[Any, BeforeValidator(cell)]
"""A value of the table: text, whole number, number, boolean or None."""


class ToolResult(AnswerModel):
    """What all results say: how many rows were looked at, which ones, and what to bear in mind."""

    rows: int = Field(description="rows that were looked at, after the conditions")
    conditions: str = Field("", description="the conditions in Korean; empty where there are none")
    notes: list[str] = Field(default_factory=list, description="Korean remarks: what was cut, left out or impossible")
    truncated: bool = False


class RowTable(AnswerModel):
    """Rows of the table, cell by cell."""

    columns: list[str]
    items: list[list[CellValue]]


class ValueCount(AnswerModel):
    """A value, how many rows have it and its share of the rows that have any value, 0 to 1."""

    value: CellValue
    count: int
    share: Number


# --- overview


class ColumnSummary(AnswerModel):
    """A column in one line; ``derived`` ones are computed from another column."""

    name: str
    kind: str
    derived: bool = False
    missing: int | None
    distinct: int | None
    min: CellValue = None
    max: CellValue = None
    examples: list[CellValue] = Field(default_factory=list)


class DataframeInfo(ToolResult):
    """The table as a whole."""

    column_count: int
    derived_count: int
    cells: int
    missing_cells: int
    missing_share: Number
    kinds: dict[str, int]
    columns: list[ColumnSummary]
    derived_columns: list[str]


class DetectedType(AnswerModel):
    """What a column holds, how it is stored, and the evidence for it; None is what only reading every row would say."""

    name: str
    kind: str
    storage: str
    derived: bool
    present: int | None
    missing: int | None
    distinct: int | None
    examples: list[CellValue]
    reason: str


class DetectedTypes(ToolResult):
    """The kinds of the columns."""

    columns: list[DetectedType]


class SampleRows(ToolResult):
    """Some rows; ``row_numbers`` are their places in the table, from 1."""

    method: str
    row_numbers: list[int]
    table: RowTable


# --- missing


class MissingColumn(AnswerModel):
    """How much of a column is missing."""

    column: str
    missing: int
    share: Number


class MissingResult(ToolResult):
    """What is missing, column by column, the most first; ``complete_rows`` miss nothing."""

    missing_cells: int
    missing_share: Number
    complete_rows: int
    columns_with_missing: int
    columns: list[MissingColumn]


class MissingPattern(AnswerModel):
    """A set of columns that are missing together in exactly ``count`` rows; empty for complete rows."""

    columns: list[str]
    count: int
    share: Number


class MissingPair(AnswerModel):
    """Two columns whose gaps were compared; ``phi`` is 1 where they are always missing together."""

    columns: list[str]
    together: int
    phi: Number


class MissingRelation(AnswerModel):
    """How the gaps of a column relate to another column.

    ``strength`` is Cramér's V for classes and |r| (point-biserial) for numbers, 0 to 1; ``p`` its test against no
    relation; ``low`` and ``high`` the groups or the means that differ most.
    """

    column: str
    other: str
    measure: str
    n: int
    strength: Number
    p: Number
    evidence: str


class MissingFinding(AnswerModel):
    """What the data says of one column's gaps, and what it cannot say."""

    column: str
    missing: int
    share: Number
    verdict: str = Field(description="related, unrelated, always, or unknown")
    explanation: str
    relations: list[MissingRelation]


class MissingPatternResult(ToolResult):
    """Patterns of gaps, and what they depend on."""

    patterns: list[MissingPattern]
    pairs: list[MissingPair]
    findings: list[MissingFinding]
    compared_columns: list[str]


# --- selection


class FilterResult(ToolResult):
    """The rows that meet the conditions; ``rows`` counts all of them, ``table`` shows the first."""

    total_rows: int
    share: Number
    table: RowTable


class SortResult(ToolResult):
    """The first rows in the order asked for; missing values come last."""

    column: list[str]
    ascending: list[bool]
    table: RowTable


class UniqueValues(ToolResult):
    """The different values of a column, in ascending order."""

    column: str
    distinct: int
    missing: int
    values: list[CellValue]
