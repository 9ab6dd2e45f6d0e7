"""Calls that count rows or compute something by group, over the calendar, as shares and side by side."""

from __future__ import annotations

from typing import Any

from hab_core.chat.offline.calls import Call, call
from hab_core.chat.offline.reading import Group, Reading, is_additive

_TEMPORAL = frozenset({"year", "month", "day", "weekday", "hour", "time", "time_period"})
_DEFAULT_TOP = 10
_MOST_KEYS = 4


def groups_of(reading: Reading) -> list[Group]:
    """Returns what rows are grouped by: the groups, the column whose values are compared, else other columns."""
    groups = list(reading.groups)
    if reading.compared and all(group.column != reading.compared for group in groups):
        groups.append(Group(reading.compared))
    return groups or [Group(name) for name in reading.others]


def _functions(reading: Reading, measure: str) -> str | list[str]:
    """Returns the functions to compute by group: all that are named, else the one that suits the measure."""
    named = [name for name in reading.aggregates if name in ("mean", "median", "std", "sum")]
    return named if len(named) > 1 else aggregate_of(reading, measure)


def aggregate_of(reading: Reading, measure: str) -> str:
    """Returns the function to compute of a measure: the one named, the sum of counts, else the mean."""
    if reading.aggregate in ("mean", "median", "std", "sum"):
        return reading.aggregate
    if reading.aggregate in ("max", "min") and not reading.has("superlative"):
        return reading.aggregate
    return "sum" if is_additive(measure) else "mean"


def measured_groups(reading: Reading) -> list[Call]:
    """Returns the calls that compute a measure by group: over the calendar, or by any column."""
    groups, measure = groups_of(reading), reading.measures[0]
    aggregate = _functions(reading, measure)
    only = groups[0]
    simple = len(groups) == 1 and len(reading.measures) == 1 and aggregate in ("mean", "sum", "median", "min", "max")
    if simple and _on_calendar(reading, only):
        return [
            call(
                reading, "get_temporal_pattern", by=by, column=reading.lexicon.date, value_column=measure,
                aggregate=aggregate,
            )
            for by in _units(reading, only)
        ]  # fmt: skip
    keys: Any = only.column if len(groups) == 1 else [group.column for group in groups[:_MOST_KEYS]]
    values: Any = measure if len(reading.measures) == 1 else reading.measures[:8]
    return [
        call(
            reading, "group_by_aggregate", group_by=keys, value_column=values, aggregate=aggregate,
            ascending=True if reading.ascending else None, limit=reading.top,
        )
    ]  # fmt: skip


def _on_calendar(reading: Reading, group: Group) -> bool:
    """Whether a group is a part of the date column."""
    return group.unit in _TEMPORAL and reading.lexicon.date is not None and group.column != reading.lexicon.year_column


def _units(reading: Reading, group: Group) -> list[str]:
    """Returns the units of a group; 시간대 means the hours and the four periods of the day, so both are given."""
    if group.unit != "time":
        return [str(group.unit)]
    return ["hour", "time_period"] if reading.lexicon.part("hour") else ["time_period"]


def counted_groups(reading: Reading) -> list[Call]:
    """Returns the calls that count rows by group."""
    groups = groups_of(reading)
    only = groups[0]
    if _on_calendar(reading, only):
        return [
            call(reading, "get_temporal_pattern", by=by, column=reading.lexicon.date) for by in _units(reading, only)
        ]
    top = reading.top or (_DEFAULT_TOP if reading.has("superlative") else None)
    return [call(reading, "get_value_counts", column=only.column, top_n=top, ascending=reading.ascending or None)]


def crossed(reading: Reading) -> list[Call]:
    """Returns the call that sets two keys against each other."""
    return [call(reading, "cross_tabulation", columns=reading.keys[:2])]


def contrasted(reading: Reading) -> list[Call]:
    """Returns one call for each set of conditions that is set against the others."""
    found = []
    for label, conditions in reading.contrasts.items():
        both = [*reading.conditions, *conditions]
        if reading.measures:
            each = call(reading, "get_column_statistics", both, columns=reading.measures[:8])
        else:
            each = call(reading, "filter_dataframe", both, limit=1)
        found.append(each._replace(label=label))
    return found


def shared(reading: Reading) -> list[Call]:
    """Returns the calls for a share: of the last condition named among the rows that meet the others."""
    target = reading.target
    if reading.groups or target is None:
        return counted_groups(reading) if groups_of(reading) else []
    others = [each for each in reading.conditions if each != target and each["column"] != target["column"]]
    if target["operator"] == "==" and reading.lexicon.kind(target["column"]) in ("category", "boolean"):
        return [call(reading, "get_value_counts", others, column=target["column"], top_n=100)]
    calls = [call(reading, "filter_dataframe", others)] if others else []
    return [*calls, call(reading, "filter_dataframe")]


def trend(reading: Reading) -> list[Call]:
    """Returns the calls for a course over time: by year where there are several, else by month."""
    lexicon = reading.lexicon
    if lexicon.year_column:
        return [call(reading, "get_value_counts", column=lexicon.year_column, top_n=50)]
    spans_years = not any(
        each["column"] == lexicon.part("year") and each["operator"] == "==" for each in reading.conditions
    )
    measure = reading.measures[0] if reading.measures else None
    return [
        call(
            reading, "get_temporal_pattern", by="year" if spans_years else "month", column=lexicon.date,
            value_column=measure, aggregate=aggregate_of(reading, measure) if measure else None,
        )
    ]  # fmt: skip


def by_day(reading: Reading) -> list[Call]:
    """Returns the call that counts rows by calendar day."""
    parts = [part for rule in ("year", "month", "day") if (part := reading.lexicon.part(rule)) is not None]
    limit = reading.top or _DEFAULT_TOP
    return [call(reading, "group_by_aggregate", group_by=parts, limit=limit, ascending=reading.ascending or None)]


def where(reading: Reading) -> list[Call]:
    """Returns the call that counts rows by district, for 어디."""
    return [
        call(
            reading,
            "get_value_counts",
            column=reading.lexicon.gu,
            top_n=reading.top or _DEFAULT_TOP,
            ascending=reading.ascending or None,
        )
    ]
