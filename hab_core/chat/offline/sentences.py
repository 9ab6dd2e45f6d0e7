"""Results as Korean sentences: the answer first, then what helps to judge it. No figure that the result lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hab_core.analysis.texts.markdown import cell, number, percent
from hab_core.chat.offline.intents import Call
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.particles import by, subject, topic

Result = dict[str, Any]
_LISTED = 5
_ALL_BUCKETS = 12
_AGGREGATES = {
    "mean": "평균", "median": "중앙값", "std": "표준편차", "sum": "합계", "max": "최댓값", "min": "최솟값",
}  # fmt: skip
_UNITS = {
    "year": "연도", "month": "달", "day": "날짜(일)", "weekday": "요일", "hour": "시각", "time_period": "시간대 구분",
}  # fmt: skip
_PERIOD_HOURS = {"심야": "22–06시", "출근시간대": "07–09시", "일반시간대": "10–17시", "퇴근시간대": "18–21시"}
_RULE_UNITS = {"year": "년", "month": "월", "day": "일", "hour": "시"}
_NAME_LIKE = re.compile(r"(?:명|이름|장소)$|일시$|^시군구|주소$")
_LABELS = 3


def say(call: Call, result: Result, reading: Reading) -> str:
    """Returns what a tool found as one or two sentences."""
    if not result.get("rows") and call.tool not in ("filter_dataframe",):
        return "조건에 맞는 자료가 없습니다."
    return _SENTENCES[call.tool](result, reading)


def conditions_in_words(result: Result) -> str:
    """Returns the conditions of a result for the head of an answer; empty where there are none."""
    text = str(result.get("conditions") or "")
    return f"조건({text})에서 " if text else ""


def _label(column: str) -> str:
    """Returns what a column is called in a sentence: 구 of 시군구.구, 사고유형 대분류 of 사고유형.대분류."""
    stem, _, suffix = column.rpartition(".")
    if not stem:
        return column
    return f"{stem} {suffix}" if suffix in ("대분류", "소분류") else suffix


def _key(value: Any, column: str, reading: Reading) -> str:
    """Returns a key in a sentence: hours as 18시, years without a comma."""
    if value is None:
        return "(빈 값)"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int):
        return cell(value)
    return f"{value}{_RULE_UNITS.get(str(reading.lexicon.rule(column)), '')}"


def _listed_key(value: Any, column: str, reading: Reading) -> str:
    """Returns a key before a figure; a bare number is set off from it."""
    key = _key(value, column, reading)
    return f"{key}:" if key[-1:].isdigit() else key


def _counted(count: int, reading: Reading) -> str:
    """Returns a count with the counter of the rows: 15,234건."""
    return f"{count:,}{reading.lexicon.source.rows_are.counter}"


def _noun(reading: Reading) -> str:
    """Returns what the rows are called."""
    return reading.lexicon.source.rows_are.noun


def _temporal(result: Result, reading: Reading) -> str:
    """Returns how rows or values spread over the calendar."""
    if result["value_column"] is not None:
        return _temporal_values(result, reading)
    buckets, unit = result["buckets"], _UNITS[result["by"]]
    ends = {name: next((b for b in buckets if b["label"] == result[name]), None) for name in ("busiest", "quietest")}
    if ends["busiest"] is None or ends["quietest"] is None:
        return "날짜가 있는 자료가 없습니다."
    order = (("least", "적은", "quietest"), ("most", "많은", "busiest"))
    if not reading.ascending:
        order = (order[1], order[0])
    said = [
        f"{subject(_noun(reading))} 가장 {word} {topic(unit)} {_bucket(ends[end], reading)}입니다." for _, word, end in order
    ]
    trend = _course(buckets, "count") if result["by"] == "year" and reading.has("trend") else ""
    listed = _listed_buckets(buckets, reading)
    return " ".join(filter(None, [trend, *said, listed]))


def _bucket(bucket: Any, reading: Reading) -> str:
    """Returns a part of the calendar with its count and share."""
    hours = _PERIOD_HOURS.get(bucket["label"])
    label = f"{bucket['label']}({hours})로" if hours else by(bucket["label"])
    return f"{label} {_counted(bucket['count'], reading)}({percent(bucket['share'])})"


def _listed_buckets(buckets: list[Any], reading: Reading) -> str:
    """Returns every part of the calendar with its count where they are few, else the fullest."""
    few = len(buckets) <= _ALL_BUCKETS
    shown = buckets if few else sorted(buckets, key=lambda each: -each["count"])[:_LISTED]
    head = "차례로" if few else "많은 순으로"
    listed = ", ".join(f"{bucket['label']} {_counted(bucket['count'], reading)}" for bucket in shown)
    return f"{head} {listed}입니다."


def _course(buckets: list[Any], what: str) -> str:
    """Returns how the last part of the calendar compares with the first."""
    present = [bucket for bucket in buckets if bucket[what] is not None]
    if len(present) < 2 or not present[0][what]:
        return ""
    first, last = present[0], present[-1]
    change = last[what] - first[what]
    rate = change / first[what]
    direction = "늘었습니다" if change > 0 else "줄었습니다" if change < 0 else "같습니다"
    ends = f"{first['label']} {number(first[what])}에서 {last['label']} {by(number(last[what]))}"
    if not change:
        return f"{ends} {direction}."
    return f"{ends} {number(abs(change))}({abs(rate) * 100:.1f}%) {direction}."


def _temporal_values(result: Result, reading: Reading) -> str:
    """Returns how the values of a column spread over the calendar."""
    word = result["aggregate"]
    name = f"{word} {result['value_column']}" if word == "평균" else f"{result['value_column']} {word}"
    valued = [bucket for bucket in result["buckets"] if bucket["value"] is not None]
    if not valued:
        return f"{topic(name)} 구할 수 없습니다."
    ranked = sorted(valued, key=lambda bucket: bucket["value"], reverse=not reading.ascending)
    first, last = ranked[0], ranked[-1]
    high, low = ("낮은", "높은") if reading.ascending else ("높은", "낮은")
    unit = _UNITS[result["by"]]
    head = f"{subject(name)} 가장 {high} {topic(unit)} {by(first['label'])} {number(first['value'])}이고, 가장 {low} 것은 {by(last['label'])} {number(last['value'])}입니다."
    course = _course(result["buckets"], "value") if reading.has("trend") and result["by"] == "year" else ""
    few = len(valued) <= _ALL_BUCKETS
    shown = valued if few else ranked[:_LISTED]
    listed = ", ".join(f"{bucket['label']} {number(bucket['value'])}" for bucket in shown)
    return " ".join(filter(None, [course, head, f"{'차례로' if few else '순위는'} {listed}입니다."]))


def _value_counts(result: Result, reading: Reading) -> str:
    """Returns how often values occur, or the share of the value that was asked for."""
    values, column = result["values"], result["column"]
    if not values:
        return f"{column}에 값이 없습니다."
    target = reading.target
    if reading.has("share") and target is not None and target["column"] == column:
        found = next((each for each in values if each["value"] == target["value"]), None)
        total = result["rows"] - result["missing"]
        if found is not None:
            share = f"{_counted(total, reading)} 가운데 {percent(found['share'])}"
            return f"{subject(_label(column))} {cell(found['value'])}인 {topic(_noun(reading))} {by(_counted(found['count'], reading))}, {share}입니다."
        return f"{_counted(total, reading)} 가운데 {subject(_label(column))} {cell(target['value'])}인 것은 없습니다."
    word = "적은" if reading.ascending else "많은"
    first = values[0]
    label = _label(column)
    head = f"{subject(_noun(reading))} 가장 {word} {topic(label)} {by(_key(first['value'], column, reading))} {_counted(first['count'], reading)}({percent(first['share'])})입니다."
    rest = ", ".join(
        f"{_listed_key(v['value'], column, reading)} {_counted(v['count'], reading)}({percent(v['share'])})"
        for v in values[1 : _shown(reading)]
    )
    return f"{head} 이어서 {rest} 순입니다." if rest else head


def _shown(reading: Reading) -> int:
    """Returns how many values a sentence lists."""
    return min(reading.top or _LISTED + 2, 20)


def _groups(result: Result, reading: Reading) -> str:
    """Returns groups by their first aggregate."""
    spec, groups = result["aggregates"][0], [g for g in result["groups"] if g["values"][0] is not None]
    groups = [group for group in groups if None not in group["keys"]] or groups
    name = _measure_name(spec["aggregate"], spec["column"])
    keys = "·".join(map(_label, result["group_by"]))
    if not groups:
        return f"{topic(name)} 구할 수 없습니다."
    word = "낮은" if reading.ascending else "높은"
    first = groups[0]
    head = f"{keys}별로 {subject(name)} 가장 {word} 것은 {by(_keys(first, result, reading))} {number(first['values'][0])}입니다."
    rest = ", ".join(f"{_listed_keys(group, result, reading)} {number(group['values'][0])}" for group in groups[1 : _shown(reading)])
    more = f" 이어서 {rest} 순입니다." if rest else ""
    if reading.has("compare") and len(groups) == 2:
        gap = abs(groups[0]["values"][0] - groups[1]["values"][0])
        more += f" 차이는 {number(gap)}입니다."
    return head + more


def _keys(group: Any, result: Result, reading: Reading) -> str:
    """Returns the keys of a group."""
    return " · ".join(_key(key, column, reading) for key, column in zip(group["keys"], result["group_by"], strict=True))


def _listed_keys(group: Any, result: Result, reading: Reading) -> str:
    """Returns the keys of a group before a figure."""
    keys = _keys(group, result, reading)
    return f"{keys}:" if keys[-1].isdigit() else keys


def _measure_name(aggregate: str, column: str | None) -> str:
    """Returns what was computed: 평균 ECLO, 사망자수 합계."""
    word = _AGGREGATES.get(aggregate, aggregate)
    if column is None:
        return "건수"
    return f"{word} {column}" if aggregate == "mean" else f"{column} {word}"


def _statistics(result: Result, reading: Reading) -> str:
    """Returns the function asked for, or a short description, of each column."""
    return " ".join(_statistic(column, reading) for column in result["columns"][:8])


def _statistic(column: Any, reading: Reading) -> str:
    """Returns one column in a sentence."""
    name, asked = column["column"], reading.aggregate
    if column["mean"] is None:
        if column["top"]:
            first = column["top"][0]
            return f"{name}에서 가장 흔한 값은 {cell(first['value'])} — {first['count']:,}개({percent(first['share'])})입니다."
        return f"{name}에는 값이 없습니다."
    basis = f"값이 있는 {_counted(column['count'], reading)} 기준"
    if asked in _AGGREGATES:
        extra = f", 평균 {number(column['mean'])}" if asked != "mean" else f", 중앙값 {number(column['median'])}"
        return f"{name}의 {topic(_AGGREGATES[asked])} {_figure(column[asked])}입니다({basis}{extra})."
    return (
        f"{topic(name)} 평균 {number(column['mean'])}, 중앙값 {number(column['median'])}, 최소 {_figure(column['min'])}, "
        f"최대 {_figure(column['max'])}, 표준편차 {number(column['std'])}, 합계 {_figure(column['sum'])}입니다({basis})."
    )


def _figure(value: Any) -> str:
    """Returns a number, or a cell of another kind."""
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else cell(value)


def _filtered(result: Result, reading: Reading) -> str:
    """Returns how many rows meet the conditions, and the first of them where rows are asked for."""
    head = (
        f"{topic(_noun(reading))} {by(_counted(result['rows'], reading))}, 전체 {_counted(result['total_rows'], reading)}의 "
        f"{percent(result['share'])}입니다."
    )
    if reading.has("list") and not reading.has("count", "share") and result["table"]["items"]:
        return f"{head} 앞의 몇 {reading.lexicon.source.rows_are.counter}은 다음과 같습니다.\n{_rows(result, reading, None)}"
    return head


def _sorted(result: Result, reading: Reading) -> str:
    """Returns the first rows in order."""
    key = result["column"][0]
    word = "작은" if result["ascending"][0] else "큰"
    if reading.lexicon.kind(key) == "date":
        word = "이른" if result["ascending"][0] else "늦은"
    items, at = result["table"]["items"], result["table"]["columns"].index(key) if key in result["table"]["columns"] else None
    first = f" 첫 번째의 {topic(key)} {_cell(items[0][at])}입니다." if items and at is not None else ""
    head = f"{key} 값이 {word} 순으로 {_counted(len(items), reading)}입니다.{first}"
    return f"{head}\n{_rows(result, reading, key)}"


def _rows(result: Result, reading: Reading, key: str | None) -> str:
    """Returns the first rows as a numbered list of what tells them apart."""
    columns = result["table"]["columns"]
    telling = [i for i, name in enumerate(columns) if _NAME_LIKE.search(name) and name != key][:_LABELS]
    telling = telling or [i for i, name in enumerate(columns) if name != key][:_LABELS]
    at = columns.index(key) if key in columns else None
    lines = []
    for place, row in enumerate(result["table"]["items"][: min(reading.top or _LISTED, 20)], start=1):
        told = ", ".join(_cell(row[i]) for i in telling if row[i] is not None)
        value = f"{key} {_cell(row[at])} — " if at is not None else ""
        lines.append(f"{place}. {value}{told}")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    """Returns a cell in a sentence: moments without the seconds."""
    text = cell(value)
    return text[:16].replace("T", " ") if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?", text) else text


def _missing(result: Result, reading: Reading) -> str:
    """Returns which columns have gaps."""
    gaps = [each for each in result["columns"] if each["missing"]]
    if len(result["columns"]) == 1:
        only = result["columns"][0]
        return f"{only['column']}의 빈 값은 {only['missing']:,}개({percent(only['share'])})입니다."
    if not gaps:
        return "빈 값이 있는 열은 없습니다."
    listed = ", ".join(f"{each['column']} {each['missing']:,}개({percent(each['share'])})" for each in gaps[:_LISTED + 3])
    return (
        f"빈 값이 있는 열은 {result['columns_with_missing']:,}개이고, 빈 값은 모두 {result['missing_cells']:,}개({percent(result['missing_share'])})입니다. "
        f"많은 순으로 {listed}입니다."
    )


def _missing_pattern(result: Result, reading: Reading) -> str:
    """Returns what the gaps depend on."""
    if not result["findings"]:
        return "빈 값이 있는 열이 없어 분석할 결측이 없습니다."
    together = next((pair for pair in result["pairs"] if pair["together"]), None)
    said = [f"{topic(each['column'])} {each['missing']:,}개({percent(each['share'])})가 비어 있습니다. {each['explanation']}" for each in result["findings"][:4]]
    if together is not None:
        said.insert(0, f"{' · '.join(together['columns'])} 열은 {_counted(together['together'], reading)}에서 함께 비어 있습니다.")
    return " ".join(said)


def _outliers(result: Result, reading: Reading) -> str:
    """Returns how many values lie outside the bounds, and the most extreme."""
    rule = next(each for each in result["rules"] if each["method"] == result["method"])
    count = rule["below"] + rule["above"]
    if rule["lower"] is None or not count:
        return f"{result['column']}에는 기준을 벗어난 이상치가 없습니다."
    bounds = f"{number(rule['lower'])} 미만 또는 {number(rule['upper'])} 초과"
    extremes = ", ".join(cell(each["value"]) for each in result["outliers"][:_LISTED])
    return f"{result['column']}의 이상치({bounds})는 {count:,}개({percent(rule['share'])})이고, 가장 극단적인 값은 {extremes}입니다."


def _percentiles(result: Result, reading: Reading) -> str:
    """Returns percentiles."""
    said = ", ".join(f"{number(each['percentile'])} 백분위수는 {number(each['value'])}" for each in result["percentiles"])
    return f"{result['column']}의 {said}입니다(값이 있는 {_counted(result['count'], reading)} 기준)."


def _correlation(result: Result, reading: Reading) -> str:
    """Returns the strongest correlations."""
    pairs = [pair for pair in result["pairs"] if pair["r"] is not None]
    if not pairs:
        return "상관계수를 구할 수 있는 쌍이 없습니다."
    if len(pairs) == 1:
        only = pairs[0]
        return f"{' · '.join(only['columns'])}의 상관계수는 {only['r']:.3f}({_strength(only['r'])})입니다. 상관은 인과를 뜻하지 않습니다."
    listed = ", ".join(f"{' · '.join(pair['columns'])} {pair['r']:.3f}" for pair in pairs[:_LISTED])
    return f"상관이 가장 큰 쌍부터 {listed}입니다. 상관은 인과를 뜻하지 않습니다."


def _strength(r: float) -> str:
    """Returns a correlation in words."""
    size, sign = abs(r), "양" if r > 0 else "음"
    if size < 0.1:
        return "거의 무관"
    return f"{'약한' if size < 0.3 else '중간 정도의' if size < 0.5 else '강한'} {sign}의 관계"


def _target(result: Result, reading: Reading) -> str:
    """Returns what goes with the target."""
    found = [each for each in result["columns"] if each["value"] is not None]
    if not found:
        return f"{subject(result['target_column'])} 다른 열과 관련된 정도를 구할 수 없습니다."
    names = {"pearson": "상관계수", "spearman": "순위상관", "eta": "상관비 η"}
    listed = ", ".join(f"{each['column']}({names.get(each['measure'], each['measure'])} {each['value']:.3f})" for each in found[:_LISTED])
    return f"{result['target_column']}과(와) 관련이 큰 열부터 {listed}입니다. 관련은 인과를 뜻하지 않습니다."


def _cross(result: Result, reading: Reading) -> str:
    """Returns the fullest combinations and how strongly the columns are related."""
    combos = [
        (cell_["count"], row, column)
        for row, line in zip(result["row_values"], result["cells"], strict=True)
        for column, cell_ in zip(result["column_values"], line, strict=True)
    ]
    first, second = result["columns"]
    combos.sort(key=lambda each: -each[0])
    listed = ", ".join(f"{_key(row, first, reading)} × {_key(column, second, reading)} {_counted(count, reading)}" for count, row, column in combos[:_LISTED])
    strength = f" 두 열의 관련(크래머 V)은 {result['cramers_v']:.3f}입니다." if result["cramers_v"] is not None else ""
    return f"{_label(first)} × {_label(second)} 조합은 많은 순으로 {listed}입니다.{strength}"


def _date_range(result: Result, reading: Reading) -> str:
    """Returns the time covered."""
    said = []
    for each in result["columns"]:
        if each["first"] is not None:
            said.append(f"{topic(each['column'])} {str(each['first'])[:10]}부터 {str(each['last'])[:10]}까지 {each['span_days']:,}일입니다.")
    return " ".join(said) or "날짜가 있는 자료가 없습니다."


def _geo(result: Result, reading: Reading) -> str:
    """Returns where the rows lie."""
    if result["south"] is None:
        return "좌표가 있는 자료가 없습니다."
    center = result["center"]
    return (
        f"위치는 위도 {result['south']:.4f}–{result['north']:.4f}, 경도 {result['west']:.4f}–{result['east']:.4f} 범위에 있고, "
        f"중심은 위도 {center['latitude']:.4f}, 경도 {center['longitude']:.4f}입니다(남북 {number(result['height_km'])}km, "
        f"동서 {number(result['width_km'])}km, 좌표가 있는 {_counted(result['count'], reading)})."
    )


def _info(result: Result, reading: Reading) -> str:
    """Returns the table as a whole."""
    names = ", ".join(each["name"] for each in result["columns"][:12])
    more = " 등" if len(result["columns"]) > 12 else ""
    head = f"{reading.lexicon.source.name}: {_noun(reading)} {_counted(result['rows'], reading)}, 열 {result['column_count']:,}개입니다."
    gaps = f" 빈 값은 {result['missing_cells']:,}개({percent(result['missing_share'])})입니다."
    return f"{head} 열은 {names}{more}입니다.{gaps}"


def _types(result: Result, reading: Reading) -> str:
    """Returns the kinds of the columns."""
    by_kind: dict[str, list[str]] = {}
    for each in result["columns"]:
        if not each["derived"]:
            by_kind.setdefault(_KINDS.get(each["kind"], each["kind"]), []).append(each["name"])
    return " ".join(f"{kind}: {', '.join(names[:12])}{' 등' if len(names) > 12 else ''}." for kind, names in by_kind.items())


_KINDS = {
    "integer": "정수", "number": "숫자", "category": "범주", "text": "글자", "code": "코드", "date": "날짜",
    "boolean": "예/아니오", "latitude": "위도", "longitude": "경도",
}  # fmt: skip


def _sample(result: Result, reading: Reading) -> str:
    """Returns some rows."""
    return f"표의 일부 {_counted(len(result['table']['items']), reading)}입니다.\n{_rows(result, reading, None)}"


def _unique(result: Result, reading: Reading) -> str:
    """Returns the different values."""
    shown = result["values"][:20]
    more = " 등" if result["distinct"] > len(shown) else ""
    return f"{result['column']}의 값은 {result['distinct']:,}가지입니다: {', '.join(_key(value, result['column'], reading) for value in shown)}{more}."


def _categories(result: Result, reading: Reading) -> str:
    """Returns the most frequent value of each column of classes."""
    said = ", ".join(f"{each['column']} {cell(each['mode'])}({percent(each['mode_share'])})" for each in result["columns"][:12])
    return f"범주 열마다 가장 흔한 값은 {said}입니다."


def _predicted(result: Result, reading: Reading) -> str:
    """Returns a prediction."""
    interval = result["interval"]
    level = f"{interval['level'] * 100:.0f}"
    head = f"예상 ECLO는 {result['eclo']:.2f}({result['interpretation']})이고, {level}% 구간은 {interval['low']:.1f}–{interval['high']:.1f}입니다."
    return " ".join([head, result["detail"], *result["warnings"]])


def _predicted_batch(result: Result, reading: Reading) -> str:
    """Returns several predictions."""
    said = [
        f"{item['index'] + 1}. ECLO {item['eclo']:.2f}({item['interpretation']})"
        if item["eclo"] is not None
        else f"{item['index'] + 1}. {item['error']['message']}"
        for item in result["items"]
    ]
    return f"{result['completed']:,}건을 예측했습니다.\n" + "\n".join(said)


_SENTENCES: dict[str, Callable[[Result, Reading], str]] = {
    "get_temporal_pattern": _temporal,
    "get_value_counts": _value_counts,
    "group_by_aggregate": _groups,
    "get_column_statistics": _statistics,
    "filter_dataframe": _filtered,
    "sort_dataframe": _sorted,
    "get_missing_values": _missing,
    "analyze_missing_pattern": _missing_pattern,
    "get_outliers": _outliers,
    "calculate_percentile": _percentiles,
    "get_correlation": _correlation,
    "get_column_correlation_with_target": _target,
    "cross_tabulation": _cross,
    "get_date_range": _date_range,
    "get_geo_bounds": _geo,
    "get_dataframe_info": _info,
    "detect_data_types": _types,
    "get_sample_rows": _sample,
    "get_unique_values": _unique,
    "summarize_categorical_distribution": _categories,
    "predict_eclo": _predicted,
    "predict_eclo_batch": _predicted_batch,
}
