"""Statistics, correlations and predictions, in words."""

from __future__ import annotations

from typing import Any

from hab_core.analysis.texts.markdown import cell, number, percent
from hab_core.chat.offline.particles import subject, topic
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences.phrasing import AGGREGATES, LISTED, Result, counted, value_of

_MOST_COLUMNS = 8
_NOT_CAUSE = "관련은 인과를 뜻하지 않습니다."
_MEASURES = {"pearson": "상관계수", "spearman": "순위상관계수", "eta": "상관비 η"}


def column_statistics(result: Result, reading: Reading) -> str:
    """Returns the function asked for, or a short description, of each column."""
    return " ".join(_described(column, reading) for column in result["columns"][:_MOST_COLUMNS])


def _described(column: Any, reading: Reading) -> str:
    """Returns one column in a sentence."""
    name, asked = column["column"], reading.aggregate
    if column["mean"] is None:
        return _commonest(column)
    basis = f"값이 있는 {counted(column['count'], reading)} 기준"
    if asked is not None:
        other = "median" if asked == "mean" else "mean"
        beside = f"{AGGREGATES[other]} {value_of(column[other], name, reading)}"
        return f"{name}의 {topic(AGGREGATES[asked])} {value_of(column[asked], name, reading)}입니다({basis}, {beside})."
    told = ("mean", "median", "min", "max", "std", "sum")
    listed = ", ".join(f"{AGGREGATES[each]} {value_of(column[each], name, reading)}" for each in told)
    return f"{topic(name)} {listed}입니다({basis})."


def _commonest(column: Any) -> str:
    """Returns the most frequent value of a column that holds no numbers."""
    if not column["top"]:
        return f"{column['column']}에는 값이 없습니다."
    first = column["top"][0]
    count = f"{first['count']:,}개({percent(first['share'])})"
    return f"{column['column']}에서 가장 흔한 값은 {cell(first['value'])} — {count}입니다."


def outliers(result: Result, _reading: Reading) -> str:
    """Returns how many values lie outside the bounds, and the most extreme."""
    rule = next(each for each in result["rules"] if each["method"] == result["method"])
    count = rule["below"] + rule["above"]
    if rule["lower"] is None or not count:
        return f"{result['column']}에는 기준을 벗어난 이상치가 없습니다."
    extremes = ", ".join(cell(each["value"]) for each in result["outliers"][:LISTED])
    return (
        f"{result['column']}의 이상치({number(rule['lower'])} 미만 또는 {number(rule['upper'])} 초과)는 "
        f"아래쪽 {rule['below']:,}개와 위쪽 {rule['above']:,}개를 합해 {count:,}개({percent(rule['share'])})이고, "
        f"가장 극단적인 값은 {extremes}입니다."
    )


def percentiles(result: Result, reading: Reading) -> str:
    """Returns percentiles."""
    said = ", ".join(
        f"{number(each['percentile'])} 백분위수는 {number(each['value'])}" for each in result["percentiles"]
    )
    return f"{result['column']}의 {said}입니다(값이 있는 {counted(result['count'], reading)} 기준)."


def correlation(result: Result, _reading: Reading) -> str:
    """Returns the strongest correlations."""
    pairs = [pair for pair in result["pairs"] if pair["r"] is not None]
    if not pairs:
        return "상관계수를 구할 수 있는 쌍이 없습니다."
    if len(pairs) == 1:
        r = pairs[0]["r"]
        return f"{' · '.join(pairs[0]['columns'])}의 상관계수는 {r:.3f}({_strength(r)})입니다. {_NOT_CAUSE}"
    listed = ", ".join(f"{' · '.join(pair['columns'])} {pair['r']:.3f}" for pair in pairs[:LISTED])
    return f"상관이 가장 큰 쌍부터 {listed}입니다. {_NOT_CAUSE}"


def _strength(r: float) -> str:
    """Returns a correlation in words, by Cohen's bounds."""
    size = abs(r)
    if size < 0.1:
        return "거의 무관"
    return f"{'약한' if size < 0.3 else '중간 정도의' if size < 0.5 else '강한'} {'양' if r > 0 else '음'}의 관계"


def target(result: Result, _reading: Reading) -> str:
    """Returns what goes with the target."""
    found = [each for each in result["columns"] if each["value"] is not None]
    if not found:
        return f"{subject(result['target_column'])} 다른 열과 관련된 정도를 구할 수 없습니다."
    listed = ", ".join(
        f"{each['column']}({_MEASURES.get(each['measure'], each['measure'])} {each['value']:.3f})"
        for each in found[:LISTED]
    )
    return f"{subject(result['target_column'])} 관련된 정도가 큰 열부터 {listed}입니다. {_NOT_CAUSE}"


def predicted(result: Result, _reading: Reading) -> str:
    """Returns a prediction."""
    interval = result["interval"]
    head = (
        f"예상 ECLO는 {result['eclo']:.2f}({result['interpretation']})이고, {interval['level'] * 100:.0f}% 구간은 "
        f"{interval['low']:.1f}–{interval['high']:.1f}입니다."
    )
    return " ".join([head, result["detail"], *result["warnings"]])


def predicted_batch(result: Result, _reading: Reading) -> str:
    """Returns several predictions."""
    said = [
        f"{item['index'] + 1}. ECLO {item['eclo']:.2f}({item['interpretation']})"
        if item["eclo"] is not None
        else f"{item['index'] + 1}. {item['error']['message']}"
        for item in result["items"]
    ]
    return "\n".join([f"{result['completed']:,}건을 예측했습니다.", *said])
