"""Calls about columns: their gaps, outliers, percentiles, statistics, values, and how they go together."""

from __future__ import annotations

from typing import Any

from hab_core.chat.offline import numbers
from hab_core.chat.offline.calls import Call, call
from hab_core.chat.offline.reading import Reading, is_additive


def _missing_columns(reading: Reading) -> list[str] | None:
    """Returns the columns whose gaps are asked about; None where all are."""
    named = [*reading.measures, *reading.others, *(group.column for group in reading.groups), *reading.context]
    stored = reading.lexicon.source.table.stored_columns
    return [name for name in dict.fromkeys(named) if name in stored] or None


def missing(reading: Reading) -> list[Call]:
    """Returns the calls that count gaps."""
    return [call(reading, "get_missing_values", columns=_missing_columns(reading))]


def missing_pattern(reading: Reading) -> list[Call]:
    """Returns the calls that look into gaps."""
    return [call(reading, "analyze_missing_pattern", columns=_missing_columns(reading))]


def numbers_named(reading: Reading) -> list[str]:
    """Returns the columns of numbers that are named, as measures or as groups."""
    groups = [group.column for group in reading.groups if group.unit is None]
    return list(dict.fromkeys(reading.measures + [name for name in groups if reading.lexicon.is_number(name)]))


def outliers(reading: Reading) -> list[Call]:
    """Returns one call for each column whose outliers are asked for; the likeliest where none is named."""
    named = numbers_named(reading) or likely_measure(reading)
    return [call(reading, "get_outliers", column=name) for name in named[:3]]


def likely_measure(reading: Reading) -> list[str]:
    """Returns the column of numbers that a table is about: ECLO, else its first count or quantity."""
    names = reading.lexicon.source.table.columns
    if "ECLO" in names:
        return ["ECLO"]
    quantities = [name for name in names if reading.lexicon.kind(name) in ("integer", "number")]
    quantities = [name for name in quantities if reading.lexicon.rule(name) is None]
    return sorted(quantities, key=lambda name: not is_additive(name))[:1]


def percentile(reading: Reading) -> list[Call]:
    """Returns the call for percentiles."""
    asked = numbers.percentiles(reading.question.text)
    percentile: Any = asked[0] if len(asked) == 1 else asked
    named = numbers_named(reading) or likely_measure(reading)
    return [call(reading, "calculate_percentile", column=named[0], percentile=percentile)] if asked and named else []


def related(reading: Reading) -> list[Call]:
    """Returns the calls that show how columns go together."""
    measures, keys = numbers_named(reading), [key for key in reading.keys if key not in numbers_named(reading)]
    if len(measures) >= 2:
        return [call(reading, "get_correlation", columns=measures)]
    if measures:
        tool = "get_column_correlation_with_target"
        return [call(reading, tool, target_column=measures[0], columns=keys or None)]
    if len(keys) >= 2:
        return [call(reading, "cross_tabulation", columns=keys[:2])]
    if reading.has("correlation"):
        return [call(reading, "get_correlation")]
    return []


def statistics(reading: Reading) -> list[Call]:
    """Returns the call that describes the measures."""
    return [call(reading, "get_column_statistics", columns=reading.measures[:20])]


def unique(reading: Reading) -> list[Call]:
    """Returns the calls that list the values of columns."""
    return [call(reading, "get_unique_values", column=key) for key in [*reading.keys, *reading.measures][:3]]


def date_range(reading: Reading) -> list[Call]:
    """Returns the call for the time covered; years in a column of numbers are described."""
    if reading.lexicon.year_column and (reading.lexicon.date is None or "설치" in reading.question.text):
        return [call(reading, "get_column_statistics", columns=[reading.lexicon.year_column])]
    return [call(reading, "get_date_range")]
