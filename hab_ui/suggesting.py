"""Which charts suit a dataset, without asking: by the hints of its profile, time first."""

from __future__ import annotations

from collections.abc import Sequence

from hab_core.schemas.datasets import DatasetDetail
from hab_ui.columns import ColumnInfo, by_rule, columns_of
from hab_ui.filters import Condition
from hab_ui.plans import Plan, bars, histogram, trend, week


def suggest(detail: DatasetDetail, where: Sequence[Condition]) -> list[Plan]:
    """Returns the charts of a dataset, the most telling ones first."""
    columns = columns_of(detail)
    found = [plan for column in columns if column.kind == "date" for plan in _of_date(detail, column, where)]
    found += [_histogram(detail, column, where) for column in columns if column.rule == "eclo"]
    found += [_bars(detail, column, where) for column in columns if column.rule == "gu"]
    found += [_bars(detail, column, where) for column in columns if column.hint == "bar" and _says_something(column)]
    found += [
        _histogram(detail, column, where)
        for column in columns
        if column.hint == "histogram" and _says_something(column)
    ]
    return found


def _of_date(detail: DatasetDetail, date: ColumnInfo, where: Sequence[Condition]) -> list[Plan]:
    """Returns the charts of a date column: over the months, and over the week where it has hours."""
    if date.min == date.max:
        return []
    year, month, weekday, hour = (by_rule(detail, rule, date.name) for rule in ("year", "month", "weekday", "hour"))
    found = []
    if year and month and str(date.min)[:7] != str(date.max)[:7]:
        found.append(trend(detail.id, date.name, year, month, where))
    if weekday and hour:
        found.append(week(detail.id, weekday, hour, where))
    return found


def _bars(detail: DatasetDetail, column: ColumnInfo, where: Sequence[Condition]) -> Plan:
    """Returns the counts of a column's values."""
    return bars(detail.id, column.name, where)


def _histogram(detail: DatasetDetail, column: ColumnInfo, where: Sequence[Condition]) -> Plan:
    """Returns the distribution of a column."""
    return histogram(detail.id, column.name, where)


def _says_something(column: ColumnInfo) -> bool:
    """Tells whether a column has at least two values."""
    return column.distinct is None or column.distinct > 1
