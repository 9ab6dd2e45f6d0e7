"""The columns of a dataset as pages choose among them: stored and derived ones alike, by what can be done with them."""

from __future__ import annotations

from typing import NamedTuple

from hab_core.schemas.datasets import (
    Cell,
    ChartHint,
    ColumnKind,
    ColumnProfile,
    DatasetDetail,
    DerivedColumn,
    DerivedRule,
    TopValue,
)

MUCH_MISSING = 0.3
"""A column with a larger share of missing cells says little of the rest."""
_DATE_PARTS: frozenset[DerivedRule] = frozenset({"year", "month", "day", "weekday", "hour", "time_period"})
_FEW = 50


class ColumnInfo(NamedTuple):
    """One column; of a derived one only name, kind and rule are known."""

    name: str
    kind: ColumnKind
    rule: DerivedRule | None = None
    sources: tuple[str, ...] = ()
    missing: int = 0
    distinct: int | None = None
    min: Cell = None
    max: Cell = None
    hint: ChartHint = "none"
    top_values: tuple[TopValue, ...] = ()

    @property
    def is_measure(self) -> bool:
        """Whether it holds quantities: parts of dates and coordinates are numbers, too, but none."""
        return self.kind in ("integer", "number") and self.rule not in _DATE_PARTS and self.distinct != 0

    @property
    def is_class(self) -> bool:
        """Whether rows can be grouped by it."""
        few = self.kind == "integer" and (self.rule in _DATE_PARTS or (self.distinct or _FEW + 1) <= _FEW)
        return self.kind in ("category", "boolean") or few


def columns_of(detail: DatasetDetail) -> list[ColumnInfo]:
    """Returns the stored columns, then the derived ones."""
    return [*map(_stored, detail.column_profiles), *map(_derived, detail.derived_columns)]


def names(columns: list[ColumnInfo]) -> list[str]:
    """Returns the names of columns."""
    return [column.name for column in columns]


def mostly_missing(detail: DatasetDetail) -> list[tuple[str, float]]:
    """Returns the columns with more missing cells than 30 %, with their share."""
    if not detail.rows:
        return []
    shares = [(each.name, each.missing / detail.rows) for each in detail.column_profiles]
    return [(name, share) for name, share in shares if share > MUCH_MISSING]


def by_rule(detail: DatasetDetail, rule: DerivedRule, source: str | None = None) -> str | None:
    """Returns the first derived column of a rule, of one source where it is named; None where there is none."""
    found = (each for each in detail.derived_columns if each.rule == rule and source in (None, *each.sources))
    return next((each.name for each in found), None)


def _stored(profile: ColumnProfile) -> ColumnInfo:
    """Returns a stored column."""
    return ColumnInfo(
        profile.name,
        profile.kind,
        missing=profile.missing,
        distinct=profile.distinct,
        min=profile.min,
        max=profile.max,
        hint=profile.chart_hint,
        top_values=tuple(profile.top_values),
    )


def _derived(column: DerivedColumn) -> ColumnInfo:
    """Returns a derived column."""
    return ColumnInfo(column.name, column.kind, column.rule, tuple(column.sources))
