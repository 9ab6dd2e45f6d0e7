"""The profile of a table: kinds, counts, ranges and frequent values, computed once by vectorised passes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from hab_core.datasets.derived import find_derived
from hab_core.datasets.geo import WGS84, find_geo
from hab_core.schemas.datasets import (
    Cell,
    ChartHint,
    ColumnKind,
    ColumnProfile,
    GeoInfo,
    TableProfile,
    TopValue,
)

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
TOP_VALUES = 10
EXAMPLES = 5
MAX_CATEGORIES = 50
"""A text column with at most so many different values, repeated twice on average, is a category."""
MAX_WIDE_CATEGORIES = 1_000
"""So is one with at most so many that each occurs twenty times on average."""
_FEW_ROWS = 20
_AT_ONCE = 8
CODE_NAME = re.compile(r"(?:번호|코드|아이디|ID|code)$", re.IGNORECASE)
"""Names of columns that identify things."""
_BOOLEANS = (
    {"y", "n"}, {"yes", "no"}, {"true", "false"}, {"t", "f"}, {"o", "x"}, {"유", "무"}, {"예", "아니오"},
    {"예", "아니요"},
)  # fmt: skip
_CERTAIN = ({"y", "n"}, {"yes", "no"}, {"true", "false"})


def profile_table(frame: pl.DataFrame) -> TableProfile:
    """Returns the profile of a table of typed columns.

    Args:
        frame: Numbers, dates and text as they are stored; floats without NaN.
    """
    geo = find_geo(frame)
    numbers = _statistics(frame)
    counts = pl.collect_all([_counts(frame[name]) for name in frame.columns])
    profiles = [
        _column(frame[name], found, numbers.get(name, {}), geo)
        for name, found in zip(frame.columns, counts, strict=True)
    ]
    return TableProfile(
        rows=frame.height,
        columns=frame.width,
        column_profiles=profiles,
        derived_columns=find_derived(frame, profiles, geo),
        geo=geo,
        complete_rows=_complete_rows(frame),
    )


def _complete_rows(frame: pl.DataFrame) -> int:
    """Returns how many rows miss nothing."""
    gapped = [pl.col(name).is_not_null() for name in frame.columns if frame[name].null_count()]
    return frame.height if not gapped else int(frame.select(pl.all_horizontal(gapped).sum()).item())


def cell(value: Any) -> Cell:
    """Returns a value as it goes over the wire: dates as ISO 8601 text, midnight of a moment included."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _statistics(frame: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Returns mean, spread and quantiles of every numeric column."""
    names = [name for name, dtype in frame.schema.items() if dtype.is_numeric()]
    row: dict[str, Any] = {}
    for start in range(0, len(names), _AT_ONCE):  # planning a query costs the square of its expressions
        wanted: list[pl.Expr] = []
        for i, name in enumerate(names[start : start + _AT_ONCE], start=start):
            column = pl.col(name)
            wanted += [column.mean().alias(f"{i} mean"), column.std().alias(f"{i} std")]
            ordered = column.sort()
            wanted += [ordered.quantile(p, "linear").alias(f"{i} {p}") for p in PROBABILITIES]
        row |= frame.lazy().select(wanted).collect().row(0, named=True)
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for key, value in row.items():
        position, what = key.split(" ")
        if value is not None:
            found[names[int(position)]][what] = float(value)
    return found


def _column(
    values: pl.Series, counts: pl.DataFrame, numbers: Mapping[str, float], geo: GeoInfo | None
) -> ColumnProfile:
    """Returns the profile of one column, from its different values and its statistics."""
    kind = _kind(values, counts, geo)
    given = len(values) - values.null_count()
    ordered = values.dtype.is_numeric() or values.dtype.is_temporal()
    return ColumnProfile(
        name=values.name,
        kind=kind,
        missing=values.null_count(),
        distinct=counts.height,
        min=cell(values.min()) if ordered else None,
        max=cell(values.max()) if ordered else None,
        mean=numbers.get("mean"),
        std=numbers.get("std"),
        quantiles={str(p): numbers[str(p)] for p in PROBABILITIES if str(p) in numbers},
        top_values=_top(counts, given),
        examples=[cell(value) for value in counts["value"].head(EXAMPLES)],
        chart_hint=_chart_hint(kind, counts.height),
    )


def _counts(values: pl.Series) -> pl.LazyFrame:
    """Returns the different values of a column (null is none) with their counts, in the order they first appear."""
    column = pl.col("value")
    frame = values.alias("value").to_frame().lazy().filter(column.is_not_null())
    return frame.group_by(column, maintain_order=True).agg(pl.len().alias("count"))


def _top(counts: pl.DataFrame, given: int) -> list[TopValue]:
    """Returns the most frequent values; of equally frequent ones those that appear first."""
    top = counts.with_row_index("order").sort(["count", "order"], descending=[True, False]).head(TOP_VALUES)
    pairs = zip(top["value"], top["count"], strict=True)
    return [TopValue(value=cell(value), count=count, share=count / given) for value, count in pairs]


def _kind(values: pl.Series, counts: pl.DataFrame, geo: GeoInfo | None) -> ColumnKind:
    """Returns what a column means, by its type, its values and, for identifiers, its name."""
    if geo is not None and geo.systems == [WGS84] and values.name in geo.columns:
        return "latitude" if values.name == geo.latitude else "longitude"
    if values.dtype.is_integer():
        return "integer"
    if values.dtype.is_numeric():
        return "number"
    if values.dtype.is_temporal():
        return "date"
    if values.dtype == pl.Boolean:
        return "boolean"
    return _text_kind(values.name, counts)


def _text_kind(name: str, counts: pl.DataFrame) -> ColumnKind:
    """Returns what a text column means."""
    if counts.is_empty():
        return "text"
    distinct = counts["value"].cast(pl.String)
    rows = int(counts["count"].sum())
    if _is_boolean(distinct):
        return "boolean"
    if distinct.str.contains(r"^\s*[0-9]+\s*$").all():
        return "code"
    repeated = len(distinct) <= MAX_CATEGORIES and (len(distinct) * 2 <= rows or rows <= _FEW_ROWS)
    if CODE_NAME.search(name) and not repeated and not distinct.str.contains(r"\s").any():
        return "code"
    if repeated or (len(distinct) <= MAX_WIDE_CATEGORIES and len(distinct) * 20 <= rows):
        return "category"
    return "text"


def _is_boolean(distinct: pl.Series) -> bool:
    """Tells whether the words of a column are two that say yes and no; one alone only where it is unmistakable."""
    if len(distinct) > 2:
        return False
    words = {word.strip().casefold() for word in distinct}
    return words in _BOOLEANS or any(words < pair for pair in _CERTAIN)


def _chart_hint(kind: ColumnKind, distinct: int) -> ChartHint:
    """Returns the picture that shows a column of this kind best."""
    if kind in ("latitude", "longitude"):
        return "map"
    if kind == "date":
        return "line"
    if kind in ("category", "boolean") or (kind == "integer" and 0 < distinct <= TOP_VALUES):
        return "bar"
    return "histogram" if kind in ("integer", "number") and distinct else "none"
