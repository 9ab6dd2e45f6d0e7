"""How rows and values spread over the calendar, in words."""

from __future__ import annotations

from typing import Any

from hab_core.analysis.texts.markdown import number, percent
from hab_core.chat.offline.particles import by, subject, topic
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences.phrasing import LISTED, Result, counted, measure_name, noun

_ALL_BUCKETS = 12
_UNITS = {
    "year": "연도",
    "month": "달",
    "day": "날짜(일)",
    "weekday": "요일",
    "hour": "시각",
    "time_period": "시간대 구분",
}
_PERIOD_HOURS = {"심야": "22–06시", "출근시간대": "07–09시", "일반시간대": "10–17시", "퇴근시간대": "18–21시"}
_NO_DATES = "날짜가 있는 자료가 없습니다."


def temporal_pattern(result: Result, reading: Reading) -> str:
    """Returns how rows, or the values of a column, spread over the calendar."""
    if result["value_column"] is not None:
        return _values(result, reading)
    buckets = result["buckets"]
    by_label = {bucket["label"]: bucket for bucket in buckets}
    most, least = by_label.get(result["busiest"]), by_label.get(result["quietest"])
    if most is None or least is None:
        return _NO_DATES
    unit = topic(_UNITS[result["by"]])
    said = [
        f"{subject(noun(reading))} 가장 {word} {unit} {_bucket(bucket, reading)}입니다."
        for word, bucket in (("많은", most), ("적은", least))
    ]
    if reading.ascending:
        said.reverse()
    course = _course(buckets, "count") if _asks_course(result, reading) else ""
    return " ".join(filter(None, [course, *said, _listed(buckets, reading)]))


def date_range(result: Result, _reading: Reading) -> str:
    """Returns the time covered by each date column."""
    said = [
        f"{topic(each['column'])} {str(each['first'])[:10]}부터 {str(each['last'])[:10]}까지 "
        f"{each['span_days']:,}일입니다."
        for each in result["columns"]
        if each["first"] is not None
    ]
    return " ".join(said) or _NO_DATES


def _bucket(bucket: Any, reading: Reading) -> str:
    """Returns a part of the calendar with its count and share."""
    hours = _PERIOD_HOURS.get(bucket["label"])
    name = f"{bucket['label']}({hours})로" if hours else by(bucket["label"])
    return f"{name} {counted(bucket['count'], reading)}({percent(bucket['share'])})"


def _listed(buckets: list[Any], reading: Reading) -> str:
    """Returns every part of the calendar with its count where they are few, else the fullest."""
    few = len(buckets) <= _ALL_BUCKETS
    shown = buckets if few else sorted(buckets, key=lambda each: -each["count"])[:LISTED]
    listed = ", ".join(f"{bucket['label']} {counted(bucket['count'], reading)}" for bucket in shown)
    return f"{'차례로' if few else '많은 순으로'} {listed}입니다."


def _asks_course(result: Result, reading: Reading) -> bool:
    """Whether the question is how things changed over the years."""
    return result["by"] == "year" and reading.has("trend")


def _course(buckets: list[Any], what: str) -> str:
    """Returns how the last part of the calendar compares with the first."""
    present = [bucket for bucket in buckets if bucket[what] is not None]
    if len(present) < 2 or not present[0][what]:
        return ""
    first, last = present[0], present[-1]
    change = last[what] - first[what]
    ends = f"{first['label']} {number(first[what])}에서 {last['label']} {by(number(last[what]))}"
    if not change:
        return f"{ends} 같습니다."
    rate = abs(change / first[what]) * 100
    return f"{ends} {number(abs(change))}({rate:.1f}%) {'늘었습니다' if change > 0 else '줄었습니다'}."


def _values(result: Result, reading: Reading) -> str:
    """Returns how the values of a column spread over the calendar."""
    name = measure_name(result["aggregate"], result["value_column"])
    valued = [bucket for bucket in result["buckets"] if bucket["value"] is not None]
    if not valued:
        return f"{topic(name)} 구할 수 없습니다."
    ranked = sorted(valued, key=lambda bucket: bucket["value"], reverse=not reading.ascending)
    first, last = ranked[0], ranked[-1]
    words = ("낮은", "높은") if reading.ascending else ("높은", "낮은")
    head = (
        f"{subject(name)} 가장 {words[0]} {topic(_UNITS[result['by']])} {by(first['label'])} "
        f"{number(first['value'])}이고, "
        f"가장 {words[1]} 것은 {by(last['label'])} {number(last['value'])}입니다."
    )
    course = _course(result["buckets"], "value") if _asks_course(result, reading) else ""
    few = len(valued) <= _ALL_BUCKETS
    shown = valued if few else ranked[:LISTED]
    listed = ", ".join(f"{bucket['label']} {number(bucket['value'])}" for bucket in shown)
    return " ".join(filter(None, [course, head, f"{'차례로' if few else '순위는'} {listed}입니다."]))
