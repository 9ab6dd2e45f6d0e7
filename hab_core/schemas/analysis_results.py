"""What each analysis tool answers: raw numbers, never NaN or infinity, never longer than a stated bound."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hab_core.schemas.common import AnswerModel
from hab_core.schemas.eclo import EcloContribution, EcloScore
from hab_core.schemas.jobs import EcloBatchItem

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


# --- statistics


class ColumnStatistics(AnswerModel):
    """One column described; what does not apply to its kind is None. ``std`` divides by n - 1."""

    column: str
    kind: str
    count: int
    missing: int
    distinct: int | None
    mean: Number = None
    std: Number = None
    min: CellValue = None
    q1: Number = None
    median: Number = None
    q3: Number = None
    max: CellValue = None
    sum: CellValue = None
    zeros: int | None = None
    skewness: Number = Field(None, description="third standardised moment, not corrected for bias")
    top: list[ValueCount] = Field(default_factory=list)


class StatisticsResult(ToolResult):
    """Columns described one by one."""

    columns: list[ColumnStatistics]


class Percentile(AnswerModel):
    """The value below which ``percentile`` % of the values lie, linearly interpolated."""

    percentile: float
    value: Number


class PercentileResult(ToolResult):
    """Percentiles of a column."""

    column: str
    count: int
    missing: int
    percentiles: list[Percentile]


class OutlierBounds(AnswerModel):
    """One rule: what lies outside ``lower`` … ``upper`` is an outlier; None where the rule cannot be applied."""

    method: str
    lower: Number
    upper: Number
    below: int
    above: int
    share: Number


class Outlier(AnswerModel):
    """One outlying value: its place in the table (from 1) and its robust z score."""

    row: int
    value: CellValue
    robust_z: Number


class OutlierResult(ToolResult):
    """Outliers of a column by two rules; ``outliers`` are the most extreme ones of ``method``."""

    column: str
    method: str
    count: int
    missing: int
    q1: Number
    median: Number
    q3: Number
    mad: Number = Field(description="median absolute deviation from the median")
    rules: list[OutlierBounds]
    outliers: list[Outlier]


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


# --- grouping


class ValueCounts(ToolResult):
    """How often each value occurs; ``others`` sums up what ``values`` leaves out."""

    column: str
    distinct: int
    missing: int
    values: list[ValueCount]
    others: int


class Group(AnswerModel):
    """One group: its keys, its rows, and its aggregates in the order of ``GroupResult.aggregates``."""

    keys: list[CellValue]
    count: int
    share: Number
    values: list[CellValue]


class Aggregate(AnswerModel):
    """What was computed: which function of which column; None for the count of rows."""

    name: str
    aggregate: str
    column: str | None


class GroupResult(ToolResult):
    """Groups with their aggregates."""

    group_by: list[str]
    aggregates: list[Aggregate]
    group_count: int
    groups: list[Group]


class CategoryDistribution(AnswerModel):
    """How the rows spread over the values of a column.

    ``entropy`` is in bits, ``evenness`` entropy over its maximum (1 where all values are equally frequent),
    ``concentration`` the Herfindahl index Σ share² (1 where one value has all); ``rare`` values have under 1 %.
    """

    column: str
    count: int
    missing: int
    distinct: int
    mode: CellValue
    mode_share: Number
    entropy: Number
    evenness: Number
    concentration: Number
    rare: int
    values: list[ValueCount]
    others: int


class CategoryResult(ToolResult):
    """Distributions of categorical columns."""

    columns: list[CategoryDistribution]


class CrossCell(AnswerModel):
    """One combination: its rows, and its share of all, of its row and of its column, 0 to 1."""

    count: int
    share: Number
    row_share: Number
    column_share: Number


class CrossTab(ToolResult):
    """Two columns against each other, the most frequent values first; totals count rows with both values.

    ``chi_square``, ``p`` and ``cramers_v`` are of the whole table, not only of what is shown.
    ``cramers_v`` is not corrected for bias. ``low_expected`` is the share of combinations expected under 5 times.
    """

    columns: list[str]
    row_values: list[CellValue]
    column_values: list[CellValue]
    cells: list[list[CrossCell]]
    row_totals: list[int]
    column_totals: list[int]
    total: int
    missing: int
    row_distinct: int
    column_distinct: int
    chi_square: Number
    degrees_of_freedom: int
    p: Number
    cramers_v: Number
    low_expected: Number


# --- correlation


class Correlation(AnswerModel):
    """How two columns move together over the ``n`` rows that have both; ``p`` is two-sided against no relation."""

    columns: list[str]
    r: Number
    n: int
    p: Number


class CorrelationResult(ToolResult):
    """Every pair of columns, the strongest first; ``matrix`` in the order of ``columns``."""

    method: str
    columns: list[str]
    pairs: list[Correlation]
    matrix: list[list[Number]]


class TargetCorrelation(AnswerModel):
    """A column against the target: ``r`` for numbers, for classes ``eta`` (the share explained is its square)."""

    column: str
    measure: str
    value: Number
    n: int
    p: Number
    groups: int | None = None


class TargetResult(ToolResult):
    """What goes with the target, the strongest first."""

    target_column: str
    method: str
    columns: list[TargetCorrelation]


# --- time and place


class DateRange(AnswerModel):
    """A date column; ``days_without_rows`` lie between the first and the last day."""

    column: str
    count: int
    missing: int
    first: CellValue
    last: CellValue
    span_days: int | None
    distinct_days: int | None
    days_without_rows: int | None
    has_hours: bool


class DateRangeResult(ToolResult):
    """The date columns and the time they cover."""

    columns: list[DateRange]


class TemporalBucket(AnswerModel):
    """One year, month, weekday …; ``value`` is the aggregate of the value column over its rows."""

    label: str
    count: int
    share: Number
    value: Number = None


class TemporalPattern(ToolResult):
    """Rows by a part of the date, in calendar order, empty parts included."""

    column: str
    by: str
    value_column: str | None
    aggregate: str
    missing: int
    buckets: list[TemporalBucket]
    busiest: str | None
    quietest: str | None
    highest_value: str | None
    lowest_value: str | None


class Point(AnswerModel):
    """A place in WGS 84, degrees."""

    latitude: Number
    longitude: Number


class GeoBounds(ToolResult):
    """Where the rows lie: WGS 84, converted from the table's own coordinate system where that is another."""

    columns: list[str]
    system: str
    count: int
    missing: int
    outside_korea: int
    south: Number
    north: Number
    west: Number
    east: Number
    center: Point
    median_center: Point
    height_km: Number
    width_km: Number


# --- prediction


class PredictionResult(ToolResult, EcloScore):
    """One prediction and what it rests on; effects and base value are on the model's own scale (log1p of ECLO)."""

    detail: str
    base_value: Number
    contributions: list[EcloContribution]
    model_version: str


class PredictionBatchResult(ToolResult):
    """Predictions of several accidents; ``items`` in the order of the input."""

    completed: int
    failed: int
    mean_eclo: Number
    classes: list[ValueCount]
    items: list[EcloBatchItem]
    model_version: str
