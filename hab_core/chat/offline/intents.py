"""What can be asked, in the order in which it is tried, and the tool calls that answer it.

An intent is a test of the reading and a builder of calls; the first whose test holds is taken. This list and the
words of ``words`` are all there is to extend.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from hab_core.chat.offline.calls import Call, call
from hab_core.chat.offline.column_calls import (
    date_range,
    missing,
    missing_pattern,
    numbers_named,
    outliers,
    percentile,
    related,
    statistics,
    unique,
)
from hab_core.chat.offline.group_calls import (
    by_day,
    contrasted,
    counted_groups,
    crossed,
    groups_of,
    measured_groups,
    shared,
    trend,
    where,
)
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.row_calls import (
    by_date,
    extreme_column,
    filtered,
    rows_asked,
    sample,
    sorted_by_likely,
    sorted_rows,
)

_EXTREME = r"큰|컸|크|많|높|긴|길|비싼|비쌌|작|적|낮|짧|싼|넓|저렴|순으로|순서로|상위|하위|설치된|심각|위험"
_DAY_ASKED = re.compile(r"(?:많은|많았던|적은|적었던|많이\s?\S{1,6}|다발)\s?(?:날짜|날|일자)(?=[은이에을?]|\s|$)")


class Intent(NamedTuple):
    """Something that can be asked.

    Attributes:
        name: What it is called in the accuracy table.
        holds: Whether a question asks it.
        calls: The tool calls that answer it.
    """

    name: str
    holds: Callable[[Reading], bool]
    calls: Callable[[Reading], list[Call]]


def plan(reading: Reading) -> tuple[str, list[Call]] | None:
    """Returns the name of the first intent that a question has and its calls; None where it has none."""
    for intent in INTENTS:
        if intent.holds(reading):
            calls = intent.calls(reading)
            if calls:
                return intent.name, calls
    return None


def _is_related(reading: Reading) -> bool:
    """Whether the question is about columns that go together."""
    if reading.has("correlation"):
        return True
    if not reading.has("relation"):
        return False
    enough = len(numbers_named(reading)) + len(reading.keys) >= 2
    return enough or (bool(reading.measures) and reading.has("influence"))


def _is_cross(reading: Reading) -> bool:
    """Whether two keys are counted against each other."""
    if len(reading.keys) < 2 or reading.measures:
        return False
    return (
        reading.has("cross")
        or len(reading.groups) >= 2
        or (len(reading.groups) == 1 and not reading.has("most", "least"))
    )


def _is_share(reading: Reading) -> bool:
    """Whether a share is asked for."""
    if not reading.has("share") or reading.measures:
        return False
    if reading.target is None and reading.conditions:
        reading.target = reading.conditions[-1]
    return bool(reading.conditions or reading.groups or reading.others)


def _is_trend(reading: Reading) -> bool:
    """Whether a course over time is asked for."""
    timed = reading.lexicon.date is not None or reading.lexicon.year_column is not None
    calendar = not groups_of(reading) or (
        all(group.unit == "year" for group in reading.groups) and bool(reading.groups)
    )
    return timed and reading.has("trend") and calendar


def _is_sort(reading: Reading) -> bool:
    """Whether rows themselves are asked for in the order of a measure."""
    if not reading.measures or not reading.has("most", "least", "superlative"):
        return False
    if reading.has("mean", "sum", "median", "std", "distribution", "summary"):
        return False
    valued = re.search(
        r"(?:최댓|최솟|최대|최소|최고|최저)\s?(?:값|치|는|은|가|이|얼마|몇)|(?:큰|작은|높은|낮은)\s?값",
        reading.question.text,
    )
    asked = re.search(_EXTREME, reading.question.text)
    return not valued and bool(asked) and bool(rows_asked(reading) or (reading.top and not reading.groups))


def _is_date_range(reading: Reading) -> bool:
    """Whether the time covered is asked for, not how rows spread over it."""
    timed = (reading.lexicon.date or reading.lexicon.year_column) is not None
    grouped = any(group.unit != "year" for group in reading.groups) or reading.has("each", "most", "least", "trend")
    return timed and reading.has("date_range") and not (reading.groups and grouped) and not reading.measures


def _is_geo(reading: Reading) -> bool:
    """Whether the place of the rows is asked for: by a word for it, or by naming both coordinates."""
    geo = reading.lexicon.profile.geo
    if geo is None or reading.groups:
        return False
    return reading.has("geo") or {geo.latitude, geo.longitude} <= set(reading.measures)


def _is_filtered(reading: Reading) -> bool:
    """Whether rows are asked for by conditions; a time alone (점심에 뭐 먹지) needs a word for rows beside it."""
    parts = {reading.lexicon.part(rule) for rule in ("year", "month", "day", "weekday", "hour", "time_period")}
    of_values = any(condition["column"] not in parts for condition in reading.conditions)
    rows = reading.lexicon.source.rows_are.noun in reading.question.text
    return bool(reading.conditions) and (of_values or rows or reading.has("count", "list", "share"))


def _is_by_date(reading: Reading) -> bool:
    """Whether the latest or the oldest rows are asked for."""
    dated = bool(reading.lexicon.date or reading.lexicon.year_column)
    if not dated or reading.has("sample"):  # 처음 5줄 are those of the file
        return False
    return reading.has("recent", "oldest") and reading.has("most", "least", "list", "superlative")


def _is_total(reading: Reading) -> bool:
    """Whether all rows are asked for, not those that an unknown word means."""
    counted = reading.has("count") and reading.lexicon.source.rows_are.noun in reading.question.text
    return reading.has("info") or (counted and not reading.unknown)


INTENTS: tuple[Intent, ...] = (
    Intent("missing_pattern", lambda r: r.has("missing") and r.has("why_missing"), missing_pattern),
    Intent("missing", lambda r: r.has("missing"), missing),
    Intent("outlier", lambda r: r.has("outlier"), outliers),
    Intent("percentile", lambda r: r.has("percentile"), percentile),
    Intent("types", lambda r: r.has("types"), lambda r: [call(r, "detect_data_types")]),
    Intent(
        "date_range",
        _is_date_range,
        date_range,
    ),
    Intent(
        "geo",
        _is_geo,
        lambda r: [call(r, "get_geo_bounds")],
    ),
    Intent("related", _is_related, related),
    Intent("contrast", lambda r: len(r.contrasts) > 1, contrasted),
    Intent("trend", _is_trend, trend),
    Intent("measured_groups", lambda r: bool(r.measures) and bool(groups_of(r)) and not _is_sort(r), measured_groups),
    Intent("share", _is_share, shared),
    Intent("cross", _is_cross, crossed),
    Intent("counted_groups", lambda r: not r.measures and bool(r.groups or r.compared), counted_groups),
    Intent("by_day", lambda r: bool(_DAY_ASKED.search(r.question.text)) and r.lexicon.part("day") is not None, by_day),
    Intent("sort", _is_sort, sorted_rows),
    Intent("sort_likely", lambda r: extreme_column(r) is not None, sorted_by_likely),
    Intent("statistics", lambda r: bool(r.measures) and (not r.has("unique") or bool(r.aggregates)), statistics),
    Intent("unique", lambda r: r.has("unique") and bool(r.keys or r.measures), unique),
    Intent("counted", lambda r: bool(r.others), counted_groups),
    Intent("by_date", _is_by_date, by_date),
    Intent("sample", lambda r: r.has("sample") and not r.conditions, sample),
    Intent("info", lambda r: r.has("info") and not r.conditions, lambda r: [call(r, "get_dataframe_info")]),
    Intent(
        "where",
        lambda r: (
            bool(r.lexicon.gu) and r.has("most", "least") and bool(re.search("어디|어느|지역|곳", r.question.text))
        ),
        where,
    ),
    Intent("filtered", _is_filtered, filtered),
    Intent(
        "distribution",
        lambda r: r.has("distribution"),
        lambda r: [call(r, "summarize_categorical_distribution")],
    ),
    Intent("summary", lambda r: r.has("summary"), lambda r: [call(r, "get_column_statistics")]),
    Intent("total", _is_total, lambda r: [call(r, "get_dataframe_info")]),
)
"""Everything that can be asked of a table; the prediction of ECLO is recognised before, by ``prediction``."""
