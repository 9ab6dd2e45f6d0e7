"""One sentence under each chart, made of the tool's figures: what stands out, not what the axes say anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hab_ui.wording import escape, label, number, percent

NOTHING = "조건에 맞는 값이 없습니다."


def value_counts(result: dict[str, Any]) -> str:
    """Says which value is the most frequent, and how much the first three make up."""
    values = result["values"]
    if not values:
        return NOTHING
    first, told = values[0], sum(each["share"] for each in values[:3])
    text = f"가장 많은 값은 {label(first['value'])}({first['count']:,}건, {percent(first['share'])})입니다."
    if result["distinct"] > 3:
        text += f" 상위 3개 값이 전체의 {percent(told)}를 차지합니다."
    return text + _missing(result["missing"])


def groups(result: dict[str, Any]) -> str:
    """Says which group has the greatest and which the least value of those that are shown."""
    known = [(each["keys"][0], each["values"][0]) for each in result["groups"] if each["values"][0] is not None]
    if not known:
        return NOTHING
    highest, lowest = max(known, key=lambda pair: pair[1]), min(known, key=lambda pair: pair[1])
    name = escape(result["aggregates"][0]["name"])
    shown = f" 묶음 {result['group_count']:,}개 중 {len(known)}개를 그렸습니다." if result["truncated"] else ""
    return (
        f"{name}: 가장 높은 곳은 {label(highest[0])}({number(highest[1])}), "
        f"그린 것 중 가장 낮은 곳은 {label(lowest[0])}({number(lowest[1])})입니다.{shown}"
    )


def distribution(column: dict[str, Any]) -> str:
    """Says where the middle of a column lies and how wide it is."""
    if not column["count"]:
        return NOTHING
    lean = column["skewness"]
    side = " 큰 값 쪽으로 꼬리가 깁니다." if lean is not None and lean > 1 else ""
    side = " 작은 값 쪽으로 꼬리가 깁니다." if lean is not None and lean < -1 else side
    return (
        f"중앙값은 **{number(column['median'])}**, 평균은 {number(column['mean'])}이며 값의 절반이 "
        f"{number(column['q1'])}–{number(column['q3'])} 사이에 있습니다.{side}{_missing(column['missing'])}"
    )


HOW_BOXES = "상자는 25–75%, 수염은 5–95% 구간입니다."
HOW_DENSITIES = "곡선 아래 넓이는 모두 같아 건수가 달라도 모양을 견줄 수 있습니다."


def medians(column: str, found: Sequence[tuple[str, Any]], how: str) -> str:
    """Says where the median of a column is highest and where lowest, then how the chart is read."""
    known = [(name, value) for name, value in found if value is not None]
    if not known:
        return NOTHING
    if len(known) == 1:
        return f"{escape(column)}의 중앙값은 **{number(known[0][1])}**입니다. {how}"
    highest, lowest = max(known, key=lambda pair: pair[1]), min(known, key=lambda pair: pair[1])
    if highest[1] == lowest[1]:
        return f"{escape(column)}의 중앙값은 {len(known)}개 묶음에서 모두 **{number(highest[1])}**입니다. {how}"
    return (
        f"중앙값이 가장 높은 묶음은 {label(highest[0])}({number(highest[1])}), "
        f"가장 낮은 묶음은 {label(lowest[0])}({number(lowest[1])})입니다. {how}"
    )


def scatter(drawn: int, rows: int, correlated: dict[str, Any]) -> str:
    """Says how strongly two columns go together, and whether all points are there."""
    if not drawn:
        return NOTHING
    pair = next(iter(correlated["pairs"]), None)
    r = pair["r"] if pair else None
    text = "상관계수를 구할 수 없습니다." if r is None else f"피어슨 상관계수는 **{r:.2f}**로 {_strength(r)}."
    sampled = f"전체 {rows:,}행 중 {drawn:,}행을 뽑아 그렸습니다." if drawn < rows else f"{rows:,}행을 모두 그렸습니다."
    return f"{text} {sampled}"


def week(counts: dict[tuple[Any, Any], int]) -> str:
    """Says at which hour of the week there is most."""
    if not counts:
        return NOTHING
    (day, hour), most = max(counts.items(), key=lambda pair: pair[1])
    total = sum(counts.values())
    weekend = sum(count for (name, _), count in counts.items() if name in ("토요일", "일요일"))
    return (
        f"가장 많은 때는 **{escape(day)} {hour}시**({most:,}건)이고, "
        f"주말이 전체 {total:,}건의 {percent(weekend / total)}입니다."
    )


def pattern(result: dict[str, Any]) -> str:
    """Says which part of the calendar stands out."""
    if result["busiest"] is None:
        return NOTHING
    text = f"가장 많은 때는 {label(result['busiest'])}, 가장 적은 때는 {label(result['quietest'])}입니다."
    if result["value_column"] and result["highest_value"] is not None:
        text = (
            f"{escape(result['value_column'])} {result['aggregate']}: 가장 높은 때는 {label(result['highest_value'])}, "
            f"가장 낮은 때는 {label(result['lowest_value'])}입니다."
        )
    return text + _missing(result["missing"])


def trend(name: str, months: Sequence[str], values: Sequence[Any]) -> str:
    """Says in which month most was and how the last twelve compare with the twelve before."""
    known = [(month, value) for month, value in zip(months, values, strict=True) if value is not None]
    if not known:
        return NOTHING
    highest, lowest = max(known, key=lambda pair: pair[1]), min(known, key=lambda pair: pair[1])
    text = (
        f"{escape(name)}: 가장 높은 달은 **{highest[0]}**({number(highest[1])}), "
        f"가장 낮은 달은 **{lowest[0]}**({number(lowest[1])})입니다."
    )
    return text + _change(values)


def _change(values: Sequence[Any]) -> str:
    """Returns how the mean of the last twelve months compares with the twelve before; nothing where there are fewer."""
    last, before = values[-12:], values[-24:-12]
    if len(before) < 12 or any(value is None for value in (*last, *before)) or not sum(before):
        return ""
    change = sum(last) / sum(before) - 1
    return f" 최근 12개월 평균은 그 전 12개월보다 {abs(change):.1%} {'높' if change >= 0 else '낮'}습니다."


def _strength(r: float) -> str:
    """Returns a correlation in words."""
    size = abs(r)
    if size < 0.1:
        return "거의 관련이 없습니다"
    word = "약한" if size < 0.3 else "중간 정도의" if size < 0.5 else "강한"
    return f"{word} {'양' if r > 0 else '음'}의 관련이 있습니다"


def _missing(count: int) -> str:
    """Returns how many cells say nothing; nothing where all do."""
    return f" 빈 값 {count:,}개는 뺐습니다." if count else ""
