"""What can be asked, in the order in which it is tried, and the tool calls that answer it.

An intent is a test of the reading and a builder of calls; the first whose test holds is taken. This list and the
words of ``words`` are all there is to extend.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from hab_core.chat.offline import numbers
from hab_core.chat.offline.reading import Condition, Group, Reading, is_additive

_TEMPORAL = frozenset({"year", "month", "day", "weekday", "hour", "time", "time_period"})
_DEFAULT_TOP = 10
_MOST_KEYS = 4
_MOST_SHOWN = 50
_EXTREME = r"큰|컸|크|많|높|긴|길|비싼|비쌌|작|적|낮|짧|싼|넓|저렴|순으로|순서로|상위|하위|설치된|심각|위험"
_LIKELY = {r"비싼|저렴|싼": r"요금|가격|금액|비용", r"빠른|느린": r"속도", r"큰|작은|넓은|좁은|심각|위험|대형": r""}
_DAY_ASKED = re.compile(r"(?:많은|많았던|적은|적었던|많이\s?\S{1,6}|다발)\s?(?:날짜|날|일자)(?=[은이에을?]|\s|$)")
_ROWS_ASKED = re.compile(r"(?:사고|카메라|cctv|주차장|보호구역|시설|곳|건|개|대|행|자료|데이터|지점)")


class Call(NamedTuple):
    """A tool with its arguments; where several calls are set against each other, what the question calls this one."""

    tool: str
    arguments: dict[str, Any]
    label: str = ""


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


def _call(reading: Reading, tool: str, conditions: list[Condition] | None = None, **arguments: Any) -> Call:
    """Returns a call under the conditions of the question, or under others."""
    given = reading.conditions if conditions is None else conditions
    kept = {name: value for name, value in arguments.items() if value is not None}
    return Call(tool, kept | ({"conditions": given} if given else {}))


def _missing_columns(reading: Reading) -> list[str] | None:
    """Returns the columns whose gaps are asked about; None where all are."""
    named = [*reading.measures, *reading.others, *(group.column for group in reading.groups), *reading.context]
    stored = reading.lexicon.source.table.stored_columns
    return [name for name in dict.fromkeys(named) if name in stored] or None


def _missing(reading: Reading) -> list[Call]:
    """Returns the calls that count gaps."""
    return [_call(reading, "get_missing_values", columns=_missing_columns(reading))]


def _missing_pattern(reading: Reading) -> list[Call]:
    """Returns the calls that look into gaps."""
    return [_call(reading, "analyze_missing_pattern", columns=_missing_columns(reading))]


def _numbers(reading: Reading) -> list[str]:
    """Returns the columns of numbers that are named, as measures or as groups."""
    groups = [group.column for group in reading.groups if group.unit is None]
    return list(dict.fromkeys(reading.measures + [name for name in groups if reading.lexicon.is_number(name)]))


def _outliers(reading: Reading) -> list[Call]:
    """Returns one call for each column whose outliers are asked for; the likeliest where none is named."""
    named = _numbers(reading) or _likely_measure(reading)
    return [_call(reading, "get_outliers", column=name) for name in named[:3]]


def _likely_measure(reading: Reading) -> list[str]:
    """Returns the column of numbers that a table is about: ECLO, else its first count or quantity."""
    names = reading.lexicon.source.table.columns
    if "ECLO" in names:
        return ["ECLO"]
    quantities = [name for name in names if reading.lexicon.kind(name) in ("integer", "number")]
    quantities = [name for name in quantities if reading.lexicon.rule(name) is None]
    return sorted(quantities, key=lambda name: not is_additive(name))[:1]


def _percentile(reading: Reading) -> list[Call]:
    """Returns the call for percentiles."""
    asked = numbers.percentiles(reading.question.text)
    percentile: Any = asked[0] if len(asked) == 1 else asked
    named = _numbers(reading) or _likely_measure(reading)
    return [_call(reading, "calculate_percentile", column=named[0], percentile=percentile)] if asked and named else []


def _related(reading: Reading) -> list[Call]:
    """Returns the calls that show how columns go together."""
    measures, keys = _numbers(reading), [key for key in reading.keys if key not in _numbers(reading)]
    if len(measures) >= 2:
        return [_call(reading, "get_correlation", columns=measures)]
    if measures:
        tool = "get_column_correlation_with_target"
        return [_call(reading, tool, target_column=measures[0], columns=keys or None)]
    if len(keys) >= 2:
        return [_call(reading, "cross_tabulation", columns=keys[:2])]
    if reading.has("correlation"):
        return [_call(reading, "get_correlation")]
    return []


def _is_related(reading: Reading) -> bool:
    """Whether the question is about columns that go together."""
    if reading.has("correlation"):
        return True
    if not reading.has("relation"):
        return False
    enough = len(_numbers(reading)) + len(reading.keys) >= 2
    return enough or (bool(reading.measures) and reading.has("influence"))


def _cross(reading: Reading) -> list[Call]:
    """Returns the call that sets two keys against each other."""
    return [_call(reading, "cross_tabulation", columns=reading.keys[:2])]


def _is_cross(reading: Reading) -> bool:
    """Whether two keys are counted against each other."""
    if len(reading.keys) < 2 or reading.measures:
        return False
    return (
        reading.has("cross")
        or len(reading.groups) >= 2
        or (len(reading.groups) == 1 and not reading.has("most", "least"))
    )


def _functions(reading: Reading, measure: str) -> str | list[str]:
    """Returns the functions to compute by group: all that are named, else the one that suits the measure."""
    named = [name for name in reading.aggregates if name in ("mean", "median", "std", "sum")]
    return named if len(named) > 1 else _aggregate(reading, measure)


def _aggregate(reading: Reading, measure: str) -> str:
    """Returns the function to compute of a measure: the one named, the sum of counts, else the mean."""
    if reading.aggregate in ("mean", "median", "std", "sum"):
        return reading.aggregate
    if reading.aggregate in ("max", "min") and not reading.has("superlative"):
        return reading.aggregate
    return "sum" if is_additive(measure) else "mean"


def _groups(reading: Reading) -> list[Group]:
    """Returns what rows are grouped by: the groups, the column whose values are compared, else other columns."""
    groups = list(reading.groups)
    if reading.compared and all(group.column != reading.compared for group in groups):
        groups.append(Group(reading.compared))
    return groups or [Group(name) for name in reading.others]


def _measured_groups(reading: Reading) -> list[Call]:
    """Returns the calls that compute a measure by group: over the calendar, or by any column."""
    groups, measure = _groups(reading), reading.measures[0]
    aggregate = _functions(reading, measure)
    only = groups[0]
    simple = len(groups) == 1 and len(reading.measures) == 1 and aggregate in ("mean", "sum", "median", "min", "max")
    if simple and _on_calendar(reading, only):
        return [
            _call(
                reading, "get_temporal_pattern", by=by, column=reading.lexicon.date, value_column=measure,
                aggregate=aggregate,
            )
            for by in _units(reading, only)
        ]  # fmt: skip
    keys: Any = only.column if len(groups) == 1 else [group.column for group in groups[:_MOST_KEYS]]
    values: Any = measure if len(reading.measures) == 1 else reading.measures[:8]
    return [
        _call(
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


def _counted_groups(reading: Reading) -> list[Call]:
    """Returns the calls that count rows by group."""
    groups = _groups(reading)
    only = groups[0]
    if _on_calendar(reading, only):
        return [
            _call(reading, "get_temporal_pattern", by=by, column=reading.lexicon.date) for by in _units(reading, only)
        ]
    top = reading.top or (_DEFAULT_TOP if reading.has("superlative") else None)
    return [_call(reading, "get_value_counts", column=only.column, top_n=top, ascending=reading.ascending or None)]


def _share(reading: Reading) -> list[Call]:
    """Returns the calls for a share: of the last condition named among the rows that meet the others."""
    target = reading.target
    if reading.groups or target is None:
        return _counted_groups(reading) if _groups(reading) else []
    others = [each for each in reading.conditions if each != target and each["column"] != target["column"]]
    if target["operator"] == "==" and reading.lexicon.kind(target["column"]) in ("category", "boolean"):
        return [_call(reading, "get_value_counts", others, column=target["column"], top_n=100)]
    calls = [_call(reading, "filter_dataframe", others)] if others else []
    return [*calls, _call(reading, "filter_dataframe")]


def _is_share(reading: Reading) -> bool:
    """Whether a share is asked for."""
    if not reading.has("share") or reading.measures:
        return False
    if reading.target is None and reading.conditions:
        reading.target = reading.conditions[-1]
    return bool(reading.conditions or reading.groups or reading.others)


def _trend(reading: Reading) -> list[Call]:
    """Returns the calls for a course over time: by year where there are several, else by month."""
    lexicon = reading.lexicon
    if lexicon.year_column:
        return [_call(reading, "get_value_counts", column=lexicon.year_column, top_n=50)]
    spans_years = not any(
        each["column"] == lexicon.part("year") and each["operator"] == "==" for each in reading.conditions
    )
    measure = reading.measures[0] if reading.measures else None
    return [
        _call(
            reading, "get_temporal_pattern", by="year" if spans_years else "month", column=lexicon.date,
            value_column=measure, aggregate=_aggregate(reading, measure) if measure else None,
        )
    ]  # fmt: skip


def _is_trend(reading: Reading) -> bool:
    """Whether a course over time is asked for."""
    timed = reading.lexicon.date is not None or reading.lexicon.year_column is not None
    calendar = not _groups(reading) or (all(group.unit == "year" for group in reading.groups) and bool(reading.groups))
    return timed and reading.has("trend") and calendar


def _contrast(reading: Reading) -> list[Call]:
    """Returns one call for each set of conditions that is set against the others."""
    found = []
    for label, conditions in reading.contrasts.items():
        both = [*reading.conditions, *conditions]
        if reading.measures:
            call = _call(reading, "get_column_statistics", both, columns=reading.measures[:8])
        else:
            call = _call(reading, "filter_dataframe", both, limit=1)
        found.append(call._replace(label=label))
    return found


def _statistics(reading: Reading) -> list[Call]:
    """Returns the call that describes the measures."""
    return [_call(reading, "get_column_statistics", columns=reading.measures[:20])]


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
    return not valued and bool(asked) and bool(reading.top or _ROWS_ASKED.search(_behind(reading)))


def _behind(reading: Reading) -> str:
    """Returns what follows the first superlative."""
    match = re.search(r"가장|제일|젤|많은|적은|높은|낮은|큰|비싼|최다|상위", reading.question.text)
    return reading.question.text[match.end() :] if match else reading.question.text


def _sort(reading: Reading) -> list[Call]:
    """Returns the call that puts rows in the order of a measure, which is shown beside the stored columns."""
    key, stored = reading.measures[0], reading.lexicon.source.table.stored_columns
    return [
        _call(
            reading, "sort_dataframe", column=key, ascending=reading.ascending, limit=reading.top or _few(reading),
            columns=None if key in stored else [key, *stored][:_MOST_SHOWN],
        )
    ]  # fmt: skip


def _few(reading: Reading) -> int:
    """Returns how many rows to show where no number is said: a few, since the first may have equals."""
    return 5 if reading.has("superlative") else _DEFAULT_TOP


def _by_date(reading: Reading) -> list[Call]:
    """Returns the call that shows the latest or the oldest rows."""
    oldest = reading.has("oldest") and not reading.has("recent")
    column = reading.lexicon.date if reading.lexicon.year_column is None else reading.lexicon.year_column
    return [_call(reading, "sort_dataframe", column=column, ascending=oldest, limit=reading.top or _few(reading))]


def _is_date_range(reading: Reading) -> bool:
    """Whether the time covered is asked for, not how rows spread over it."""
    timed = (reading.lexicon.date or reading.lexicon.year_column) is not None
    grouped = any(group.unit != "year" for group in reading.groups) or reading.has("each", "most", "least", "trend")
    return timed and reading.has("date_range") and not (reading.groups and grouped) and not reading.measures


def _date_range(reading: Reading) -> list[Call]:
    """Returns the call for the time covered; years in a column of numbers are described."""
    if reading.lexicon.year_column and (reading.lexicon.date is None or "설치" in reading.question.text):
        return [_call(reading, "get_column_statistics", columns=[reading.lexicon.year_column])]
    return [_call(reading, "get_date_range")]


def _is_geo(reading: Reading) -> bool:
    """Whether the place of the rows is asked for: by a word for it, or by naming both coordinates."""
    geo = reading.lexicon.profile.geo
    if geo is None or reading.groups:
        return False
    return reading.has("geo") or {geo.latitude, geo.longitude} <= set(reading.measures)


def _filtered(reading: Reading) -> list[Call]:
    """Returns the call that counts and shows the rows that meet the conditions."""
    return [_call(reading, "filter_dataframe", limit=reading.top or _DEFAULT_TOP)]


def _sample(reading: Reading) -> list[Call]:
    """Returns the call that shows some rows."""
    text = reading.question.text
    method = (
        "tail"
        if re.search(r"마지막|뒤|끝", text)
        else "head"
        if re.search(r"처음|첫|앞|몇\s?(?:줄|행)", text)
        else "random"
    )
    return [_call(reading, "get_sample_rows", n=min(reading.top or 5, 100), method=method)]


def _where(reading: Reading) -> list[Call]:
    """Returns the call that counts rows by district, for 어디."""
    return [
        _call(
            reading,
            "get_value_counts",
            column=reading.lexicon.gu,
            top_n=reading.top or _DEFAULT_TOP,
            ascending=reading.ascending or None,
        )
    ]


def _by_day(reading: Reading) -> list[Call]:
    """Returns the call that counts rows by calendar day."""
    parts = [part for rule in ("year", "month", "day") if (part := reading.lexicon.part(rule)) is not None]
    limit = reading.top or _DEFAULT_TOP
    return [_call(reading, "group_by_aggregate", group_by=parts, limit=limit, ascending=reading.ascending or None)]


def _extreme_column(reading: Reading) -> str | None:
    """Returns the column that 가장 큰, 가장 비싼 … is about where none is named: of prices, of speed, the main one."""
    if not reading.has("superlative") or reading.measures or not _ROWS_ASKED.search(_behind(reading)):
        return None
    for adjective, names in _LIKELY.items():
        if re.search(adjective, reading.question.text):
            numbers_ = [name for name in reading.lexicon.source.table.columns if reading.lexicon.is_number(name)]
            named = [name for name in numbers_ if names and re.search(names, name)]
            return next(iter(named if names else _likely_measure(reading)), None)
    return None


def _sort_likely(reading: Reading) -> list[Call]:
    """Returns the call that puts rows in the order of a column that an adjective stands for."""
    column = _extreme_column(reading)
    if column is None:
        return []
    reading.measures.append(column)
    return _sort(reading)


def _unique(reading: Reading) -> list[Call]:
    """Returns the calls that list the values of columns."""
    return [_call(reading, "get_unique_values", column=key) for key in [*reading.keys, *reading.measures][:3]]


INTENTS: tuple[Intent, ...] = (
    Intent("missing_pattern", lambda r: r.has("missing") and r.has("why_missing"), _missing_pattern),
    Intent("missing", lambda r: r.has("missing"), _missing),
    Intent("outlier", lambda r: r.has("outlier"), _outliers),
    Intent("percentile", lambda r: r.has("percentile"), _percentile),
    Intent("types", lambda r: r.has("types"), lambda r: [_call(r, "detect_data_types")]),
    Intent(
        "date_range",
        _is_date_range,
        _date_range,
    ),
    Intent(
        "geo",
        _is_geo,
        lambda r: [_call(r, "get_geo_bounds")],
    ),
    Intent("related", _is_related, _related),
    Intent("contrast", lambda r: len(r.contrasts) > 1, _contrast),
    Intent("trend", _is_trend, _trend),
    Intent("measured_groups", lambda r: bool(r.measures) and bool(_groups(r)) and not _is_sort(r), _measured_groups),
    Intent("share", _is_share, _share),
    Intent("cross", _is_cross, _cross),
    Intent("counted_groups", lambda r: not r.measures and bool(r.groups or r.compared), _counted_groups),
    Intent("by_day", lambda r: bool(_DAY_ASKED.search(r.question.text)) and r.lexicon.part("day") is not None, _by_day),
    Intent("sort", _is_sort, _sort),
    Intent("sort_likely", lambda r: _extreme_column(r) is not None, _sort_likely),
    Intent("statistics", lambda r: bool(r.measures) and (not r.has("unique") or bool(r.aggregates)), _statistics),
    Intent("unique", lambda r: r.has("unique") and bool(r.keys or r.measures), _unique),
    Intent("counted", lambda r: bool(r.others), _counted_groups),
    Intent(
        "by_date",
        lambda r: r.has("recent", "oldest") and r.has("most", "list") and bool(r.lexicon.date or r.lexicon.year_column),
        _by_date,
    ),
    Intent("sample", lambda r: r.has("sample") and not r.conditions, _sample),
    Intent("info", lambda r: r.has("info") and not r.conditions, lambda r: [_call(r, "get_dataframe_info")]),
    Intent(
        "where",
        lambda r: (
            bool(r.lexicon.gu) and r.has("most", "least") and bool(re.search("어디|어느|지역|곳", r.question.text))
        ),
        _where,
    ),
    Intent("filtered", lambda r: bool(r.conditions), _filtered),
    Intent(
        "distribution",
        lambda r: r.has("distribution"),
        lambda r: [_call(r, "summarize_categorical_distribution")],
    ),
    Intent("summary", lambda r: r.has("summary"), lambda r: [_call(r, "get_column_statistics")]),
    Intent(
        "total",
        lambda r: (r.has("count") and r.lexicon.source.rows_are.noun in r.question.text) or r.has("info"),
        lambda r: [_call(r, "get_dataframe_info")],
    ),
)
"""Everything that can be asked of a table; the prediction of ECLO is recognised before, by ``prediction``."""
