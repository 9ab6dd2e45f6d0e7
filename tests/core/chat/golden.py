"""Answers as Claude would write them, made from tool results, whose every figure is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hab_core.chat.sources import Source
from hab_core.chat.tools import ToolBox
from hab_core.schemas.chat import ToolCall


class Golden(NamedTuple):
    """An answer and the calls it rests on."""

    text: str
    calls: list[ToolCall]


Result = dict[str, Any]
Write = Callable[[Result], str]


def golden_answers(source: Source) -> list[Golden]:
    """Returns answers in the styles people write figures: counts, %, 만·천, decimals, dates, differences, ratios."""
    box = ToolBox([source])
    found = []
    for name, arguments, writers in _ANSWERS:
        call = box.run(name, arguments).call
        assert call.result is not None, call.error
        found += [Golden(write(call.result), [call]) for write in writers]
    return found


def _weekdays(r: Result) -> str:
    a, b, *_, z = r["values"]
    return (
        f"사고가 가장 많은 요일은 **{a['value']}**로 {a['count']:,}건(전체의 {a['share'] * 100:.1f}%)입니다. "
        f"{b['value']}({b['count']:,}건)이 뒤를 잇고, 가장 적은 요일은 {z['value']}로 {z['count']:,}건입니다. "
        f"{a['value']}과 {z['value']}의 차이는 {a['count'] - z['count']:,}건입니다."
    )


def _two_values(r: Result) -> str:
    a, b, *_ = r["values"]
    both = a["count"] + b["count"]
    return (
        f"{a['value']}과 {b['value']}은 각각 {a['count']:,}건과 {b['count']:,}건으로, 둘을 합하면 {both:,}건입니다. "
        f"전체 {r['rows']:,}건 가운데 {both / r['rows'] * 100:.1f}%를 차지합니다."
    )


def _top_three(r: Result) -> str:
    three = r["values"][:3]
    listed = ", ".join(f"{each['value']} {each['count']:,}건({each['share'] * 100:.1f}%)" for each in three)
    return f"{listed}으로 상위 세 곳이 전체의 {sum(each['share'] for each in three) * 100:.1f}%를 차지합니다."


def _hours(r: Result) -> str:
    buckets = sorted(r["buckets"], key=lambda each: -each["count"])
    a, b, z = buckets[0], buckets[1], buckets[-1]
    return (
        f"사고는 **{a['label']}**에 가장 많이 발생했습니다({a['count']:,}건, {a['share'] * 100:.1f}%). 그다음은 "
        f"{b['label']} {b['count']:,}건입니다. 가장 적은 시간은 {z['label']}로 {z['count']:,}건에 그칩니다."
    )


def _hour_table(r: Result) -> str:
    rows = "\n".join(f"| {b['label']} | {b['count']:,} | {b['share'] * 100:.1f}% |" for b in r["buckets"][6:12])
    return f"| 시각 | 건수 | 비율 |\n|---|---|---|\n{rows}\n\n아침 시간대의 건수입니다."


def _list(r: Result) -> str:
    return "요일별 건수입니다.\n" + "\n".join(
        f"{i}. {each['value']}: {each['count']:,}건 ({each['share'] * 100:.1f}%)"
        for i, each in enumerate(r["values"], 1)
    )


def _in_thousands(r: Result) -> str:
    a = r["values"][0]
    return f"전체 약 {r['rows'] / 1000:.1f}천 건 가운데 {a['value']}이 약 {a['share'] * 100:.0f}%입니다."


def _groups(r: Result) -> str:
    a, b, *_, z = r["groups"]
    first, last = a["values"][0], z["values"][0]
    return (
        f"평균 ECLO가 가장 높은 곳은 {a['keys'][0]}({first:.2f})이고 "
        f"{b['keys'][0]} {b['values'][0]:.2f}가 뒤를 잇습니다. "
        f"가장 낮은 {z['keys'][0]}는 {last:.2f}로 {a['keys'][0]}의 {first:.2f}보다 {first - last:.2f} 낮습니다."
    )


def _years(r: Result) -> str:
    a, b, *_ = r["buckets"]
    change = b["count"] - a["count"]
    word = "늘었습니다" if change > 0 else "줄었습니다"
    return (
        f"{a['label']} {a['count']:,}건에서 {b['label']} {b['count']:,}건으로 {abs(change):,}건"
        f"({abs(change) / a['count'] * 100:.1f}%) {word}."
    )


def _statistics(r: Result) -> str:
    c = r["columns"][0]
    return (
        f"ECLO의 평균은 {c['mean']:.2f}, 중앙값은 {c['median']:g}이며 최댓값은 {c['max']}입니다. "
        f"표준편차는 {c['std']:.2f}입니다. "
        f"값이 있는 {c['count']:,}건을 기준으로 했습니다."
    )


def _dates(r: Result) -> str:
    first, last = str(r["columns"][0]["first"]), str(r["columns"][0]["last"])
    korean = [f"{day[:4]}년 {int(day[5:7])}월 {int(day[8:10])}일" for day in (first, last)]
    days = r["columns"][0]["span_days"]
    return f"{korean[0]}부터 {korean[1]}까지({first[:10]} ~ {last[:10]}) {days:,}일 동안의 자료입니다."


def _percentile(r: Result) -> str:
    return f"ECLO 상위 10%에 들려면 {r['percentiles'][0]['value']:g} 이상이어야 합니다. 즉 90백분위수는 그 값입니다."


def _filtered(r: Result) -> str:
    share = f"전체 사고 {r['total_rows']:,}건의 {r['share'] * 100:.1f}%"
    return f"비 오는 날 발생한 사고는 {r['rows']:,}건으로, {share}입니다."


_ANSWERS: list[tuple[str, dict[str, Any], list[Write]]] = [
    ("get_value_counts", {"column": "요일"}, [_weekdays, _two_values, _list, _in_thousands]),
    ("get_value_counts", {"column": "시군구.구"}, [_top_three, _two_values, _weekdays]),
    ("get_temporal_pattern", {"by": "hour"}, [_hours, _hour_table]),
    ("get_temporal_pattern", {"by": "year"}, [_years]),
    ("group_by_aggregate", {"group_by": "시군구.구", "value_column": "ECLO"}, [_groups]),
    ("get_column_statistics", {"column": "ECLO"}, [_statistics]),
    ("get_date_range", {}, [_dates]),
    ("calculate_percentile", {"column": "ECLO", "percentile": 90}, [_percentile]),
    (
        "filter_dataframe",
        {"conditions": [{"column": "기상상태", "operator": "==", "value": "비"}], "limit": 1},
        [_filtered],
    ),
]
