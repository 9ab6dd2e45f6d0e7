"""The figures that analysis tools answer: statistics, groups, correlations, times, places, predictions.

What all answers have in common, and those that hold rows or columns, are in ``hab_core.schemas.analysis_results``.
"""

from __future__ import annotations

from pydantic import Field

from hab_core.schemas.analysis_results import CellValue, Number, ToolResult, ValueCount
from hab_core.schemas.common import AnswerModel
from hab_core.schemas.eclo import EcloContribution, EcloScore
from hab_core.schemas.jobs import EcloBatchItem

# --- statistics


class Histogram(AnswerModel):
    """Values by bin: ``counts[i]`` from ``edges[i]`` up to ``edges[i + 1]``, the last bin's included."""

    edges: list[float]
    counts: list[int]


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
    histogram: Histogram | None = Field(None, description="only where bins were asked for, of columns of numbers")


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
