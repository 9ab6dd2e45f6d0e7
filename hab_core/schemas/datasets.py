"""Datasets: what HAB says of a table somebody uploaded, and what it answers about it.

A *profile* is computed once, when the table arrives, and stored beside it. A cell on the wire is text, a number, a
truth value or null; dates are ISO 8601 text, local time (Asia/Seoul), without offset.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hab_core.schemas.common import AnswerModel, RequestModel, Text, Timestamp

ColumnKind = Literal[
    "integer", "number", "category", "text", "code", "date", "boolean", "latitude", "longitude"
]  # fmt: skip
"""What a column means. ``code`` is an identifier (kept as text, leading zeros included); ``boolean`` columns of a CSV
keep their own words (Y/N, 유/무 …)."""

COLUMN_KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
KIND_LABELS: dict[ColumnKind, str] = {
    "integer": "정수", "number": "숫자", "category": "범주", "text": "글자", "code": "코드", "date": "날짜",
    "boolean": "참/거짓", "latitude": "위도", "longitude": "경도",
}  # fmt: skip
"""The kinds in Korean, for people."""
NUMERIC_KINDS: frozenset[ColumnKind] = frozenset({"integer", "number", "latitude", "longitude"})
"""Kinds whose columns are stored as numbers."""

DerivedRule = Literal[
    "year", "month", "day", "weekday", "hour", "time_period",
    "gu", "dong", "before_dash", "after_dash", "eclo", "latitude", "longitude",
]  # fmt: skip
"""How a derived column is computed from its sources."""

ChartHint = Literal["histogram", "bar", "line", "map", "none"]
"""The picture that shows a single column best."""

Cell = str | int | float | bool | None

MAX_NAME = 200
MAX_DESCRIPTION = 2_000


class TopValue(AnswerModel):
    """A frequent value of a column."""

    value: Cell
    count: int
    share: float = Field(description="of the cells that are not missing, 0–1")


class ColumnProfile(AnswerModel):
    """One stored column. Numbers and dates have ``min`` and ``max``; numbers also mean, spread and quantiles."""

    name: str
    kind: ColumnKind
    missing: int
    distinct: int = Field(description="different values, missing ones not counted")
    min: Cell = None
    max: Cell = None
    mean: float | None = None
    std: float | None = Field(None, description="sample standard deviation (n - 1)")
    quantiles: dict[str, float] = Field(
        default_factory=dict, description='by probability: "0.05" "0.25" "0.5" "0.75" "0.95", linear interpolation'
    )
    top_values: list[TopValue] = Field(default_factory=list, description="most frequent first, at most 10")
    examples: list[Cell] = Field(default_factory=list, description="the first different values, at most 5")
    chart_hint: ChartHint = "none"


class DerivedColumn(AnswerModel):
    """A column that is computed from stored ones whenever it is used, e.g. ``사고일시.월`` from ``사고일시``."""

    name: str
    rule: DerivedRule
    sources: list[str]
    kind: ColumnKind
    description: str = ""


class GeoInfo(AnswerModel):
    """Where the rows lie: which columns hold coordinates, of which system, and how sure that is.

    ``latitude`` and ``longitude`` name the columns to use for maps: WGS 84 degrees, stored or derived.
    """

    latitude: str
    longitude: str
    columns: list[str] = Field(description="the stored columns: latitude and longitude, or northing and easting")
    systems: list[str] = Field(description='"EPSG:4326", or the Korean TM systems that fit, best first')
    swapped: bool = Field(False, description="the columns are named the other way round")
    confidence: float = Field(description="0–1: share of the points that lie in Korea, lowered where names disagree")
    in_daegu: float = Field(description="share of the points that lie in Daegu, 0–1")
    note: str = ""


class TableProfile(AnswerModel):
    """Everything known of a table without looking at its rows again."""

    rows: int
    columns: int = Field(description="stored columns; derived ones are not counted")
    column_profiles: list[ColumnProfile]
    derived_columns: list[DerivedColumn] = Field(default_factory=list)
    geo: GeoInfo | None = None
    complete_rows: int | None = Field(None, description="rows without any missing cell")


class ReadReport(AnswerModel):
    """How a file was read."""

    encoding: str = Field(description='"utf-8", "utf-8-sig" (with a byte order mark), "cp949" or "utf-16"')
    separator: str = Field(description='"," ";" "|" or a tab')
    line_end: Literal["\n", "\r\n", "\r"]
    preamble: list[str] = Field(default_factory=list, description="the lines above the header, left out of the table")
    short_rows: int = Field(0, description="rows with fewer cells than the header, filled with nulls")
    empty_rows: int = Field(0, description="rows without any value, left out")
    warnings: list[str] = Field(default_factory=list, description="in Korean")


class Dataset(AnswerModel):
    """A dataset as it stands in a list."""

    id: str
    name: str
    description: str = ""
    rows: int
    columns: int = Field(description="stored columns; derived ones are not counted")
    size_bytes: int = Field(description="of the uploaded file")
    encoding: str
    content_hash: str = Field(description="sha256:… of the uploaded file")
    uploaded_at: Timestamp
    warnings: list[str] = Field(default_factory=list)


class DatasetDetail(Dataset):
    """One dataset with its profile."""

    column_profiles: list[ColumnProfile] = Field(default_factory=list)
    derived_columns: list[DerivedColumn] = Field(default_factory=list)
    geo: GeoInfo | None = None


class DatasetPatch(RequestModel):
    """A new name, a new description, or both."""

    name: Text | None = Field(None, min_length=1, max_length=MAX_NAME)
    description: Text | None = Field(None, max_length=MAX_DESCRIPTION)

    @field_validator("name", mode="after")
    @classmethod
    def _one_line(cls, name: str | None) -> str | None:
        """Refuses line breaks and tabs, which no list could show."""
        if name is not None and any(mark in name for mark in "\r\n\t"):
            raise PydanticCustomError("control_character", "control characters are not allowed")
        return name

    @model_validator(mode="after")
    def _something(self) -> DatasetPatch:
        """Requires a change."""
        if self.name is None and self.description is None:
            raise PydanticCustomError("missing", "nothing to change", {"field": "name"})
        return self


class RowsPage(AnswerModel):
    """A slice of the rows, cells in the order of ``columns``."""

    columns: list[str]
    items: list[list[Any]]
    next_cursor: str | None = None


SAMPLE_DEFAULT = 5_000
SAMPLE_MAX = 20_000
"""How many rows a sample holds, and at most."""


class RowsSample(AnswerModel):
    """Rows drawn at random, in the order of the file: the same ones whenever the same is asked for."""

    columns: list[str]
    items: list[list[Any]]
    rows: int = Field(description="rows that meet the conditions; all of them are here where there are no more")


class Removed(AnswerModel):
    """What was deleted or revoked, by its id."""

    id: str


class Share(AnswerModel):
    """A link that lets anyone see one dataset; the token is told once and never stored."""

    share_id: str
    token: str
    url: str
    expires_at: Timestamp


class Region(AnswerModel):
    """One 법정동 or 리 of Daegu; the centre in degrees (WGS 84), the radius in km."""

    code: str
    name: str
    latitude: float
    longitude: float
    radius_km: float
