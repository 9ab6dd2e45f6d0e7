"""Time in a question: years, months, hours and weekdays as conditions, and units such as 요일별."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hab_core.chat.offline.lexicon import Lexicon
from hab_core.chat.offline.text import Question, Token
from hab_core.schemas.eclo import WEEKDAYS

Conditions = list[dict[str, Any]]
NIGHT = [*range(18, 24), *range(6)]
"""야간 as TAAS counts it; 주간 are the other hours."""
DAY = list(range(6, 18))
_HOURS = {
    r"야간(?:\s?시간대?)?|한?밤\s?(?:시간대?|중|사이)?(?=[에의\s□사]|$)|밤에": NIGHT,
    r"주간(?:\s?시간대?)|주간(?=에|의|\s?사고|과|와|이랑|보다|\s)|한?낮(?:\s?시간대?)?(?=[에과와의\s]|$)|대낮": DAY,
    r"새벽(?:\s?시간대?|녘)?": list(range(6)),
    r"아침(?:\s?시간대?)?": [6, 7, 8, 9],
    r"점심(?:\s?시간대?|때)?": [11, 12, 13],
    r"저녁(?:\s?시간대?|때)?": [18, 19, 20, 21],
    r"오전(?:\s?시간대?)?(?!\s?\d)": list(range(12)),
    r"오후(?:\s?시간대?)?(?!\s?\d)": list(range(12, 24)),
}
_PERIODS = {
    r"심야(?:\s?시간대?)?": ["심야"],
    r"출퇴근\s?(?:시간대?|때|길)?": ["출근시간대", "퇴근시간대"],
    r"출근\s?(?:시간대?|때|길)?": ["출근시간대"],
    r"퇴근\s?(?:시간대?|때|길)?": ["퇴근시간대"],
    r"일반\s?시간대": ["일반시간대"],
}
_SEASONS = {
    r"봄(?:철|에)?(?=[\s의]|$)": [3, 4, 5],
    r"여름(?:철|에)?": [6, 7, 8],
    r"가을(?:철|에)?": [9, 10, 11],
    r"겨울(?:철|에)?": [12, 1, 2],
    r"상반기": [1, 2, 3, 4, 5, 6],
    r"하반기": [7, 8, 9, 10, 11, 12],
    r"1\s?분기": [1, 2, 3],
    r"2\s?분기": [4, 5, 6],
    r"3\s?분기": [7, 8, 9],
    r"4\s?분기": [10, 11, 12],
}
_FROM, _TO = r"(?:이후|부터|이래|후|넘어서)", r"(?:이전|까지|전)"
_YEAR = r"(?P<year>(?:19|20)\d\d)\s?년?도?"
_ASKED = (
    r"(?:많은|적은|높은|낮은|큰|작은|최다인|잦은|안전한|위험한|어느|어떤|무슨|나는|난|빈번한|많았던|적었던|드문|"
    r"발생한)"
)
UNITS = {
    "time": r"시간대",
    "hour": r"몇\s?시(?!간)|시간\s?별|시각\s?별|시\s?별|시간(?=은|이|에|을|\s|\?|$)|시각(?=은|이|\s|$)",
    "weekday": r"요일",
    "month": rf"월\s?별|달\s?별|매월|매달|몇\s?월|{_ASKED}\s?(?:달|월)(?=[\s은이에을?]|$)|월마다|달마다|계절\s?별|"
    rf"(?:달|월)(?=은|이\s)",
    "year": r"연도|년도|연\s?별|년\s?별|해마다|매년|매해|년마다|연간|해가\s?갈수록|"
    rf"{_ASKED}\s?해(?=[\s는가에?]|$)|해를?\s?거듭",
    "day": r"날짜\s?별|일자\s?별|일\s?별|매일",
    "gu": rf"군\s?구|구\s?군|자치구|구\s?별|구마다|{_ASKED}\s?구(?=[\s는가에를을이로?]|$)|(?<![가-힣])구(?=(?:들|"
    rf"를|는|가|에서|에)?(?:\s|$|[?,]))|구(?=(?:는|가|를|에서|에)?\s?(?:어디|어느))"
    r"|시군구|행정구역|지역|\(구\)",
    "dong": rf"(?<![가-힣])동(?=(?:들|을|은|이)(?:\s|$))|동네|읍면동|법정동|행정동|동\s?별|동마다|"
    rf"{_ASKED}\s?동(?=[\s은이에을?]|$)",
}


class Unit(NamedTuple):
    """A unit that rows may be grouped by: the columns that stand for it, the first for choice."""

    name: str
    columns: list[str]


def find_units(question: Question, lexicon: Lexicon) -> Iterator[Token]:
    """Yields the units of time and place in a question, where the table has them."""
    for name, pattern in UNITS.items():
        columns = unit_columns(name, lexicon)
        for match in re.finditer(pattern, question.text):
            if columns and (token := question.token("unit", *match.span(), Unit(name, columns))):
                yield token


def unit_columns(name: str, lexicon: Lexicon) -> list[str]:
    """Returns the columns that stand for a unit; empty where the table has none."""
    if name == "gu":
        return [lexicon.gu] if lexicon.gu else []
    if name == "time":
        return [each for each in (lexicon.part("hour"), lexicon.part("time_period")) if each]
    if name == "year" and lexicon.year_column:
        return [lexicon.year_column]
    rules: dict[str, Any] = {"hour": "hour", "weekday": "weekday", "month": "month", "year": "year", "day": "day"}
    column = lexicon.part(rules.get(name, name))
    if column is None and name == "weekday":
        return ["요일"] if "요일" in lexicon.source.table.stored_columns else []
    return [column] if column else []


def find_times(question: Question, lexicon: Lexicon) -> Iterator[Token]:
    """Yields the times a question names, each with the conditions it stands for."""
    for pattern, build in _RULES:
        for match in pattern.finditer(question.text):
            conditions = build(match, lexicon)
            if conditions and (token := question.token("time", *match.span(), conditions)):
                yield token


def _condition(column: str | None, operator: str, value: Any) -> Conditions:
    """Returns one condition; none where the table has no such column."""
    return [{"column": column, "operator": operator, "value": value}] if column else []


def _year(lexicon: Lexicon) -> str | None:
    """Returns the column of years."""
    return lexicon.year_column or lexicon.part("year")


def _years(match: re.Match[str], lexicon: Lexicon) -> Conditions:
    """Returns the condition of 2019년부터 2021년까지."""
    first, last = int(match["year"]), int(match["last"])
    return _condition(_year(lexicon), "between", [min(first, last), max(first, last)])


def _one_year(match: re.Match[str], lexicon: Lexicon) -> Conditions:
    """Returns the condition of 2021년, 2021년 이후 or 2021년 3월."""
    column, year = _year(lexicon), int(match["year"])
    if match["bound"]:
        return _condition(column, ">=" if re.fullmatch(_FROM, match["bound"]) else "<=", year)
    found = _condition(column, "==", year)
    for part, rule in (("month", "month"), ("day", "day")):
        if match[part]:
            found += _condition(lexicon.part(rule), "==", int(match[part]))  # type: ignore[arg-type]
    return found


def _months(match: re.Match[str], lexicon: Lexicon) -> Conditions:
    """Returns the condition of 3월 or 6월부터 8월까지."""
    first, last = int(match["month"]), int(match["last"] or match["month"])
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return []
    if first == last:
        return _condition(lexicon.part("month"), "==", first)
    months = [*range(first, last + 1)] if first < last else [*range(first, 13), *range(1, last + 1)]
    return _condition(lexicon.part("month"), "in", months)


def _hour(half: str | None, hour: int) -> int:
    """Returns an hour of 24 from one of 12: 밤 11시, 오후 3시."""
    evening = half in ("오후", "저녁") or (half == "밤" and hour >= 6) or (half == "낮" and hour < 6)
    if evening and hour < 12:
        return hour + 12
    return 0 if half in ("오전", "새벽", "밤") and hour == 12 else hour % 24


def _hours(match: re.Match[str], lexicon: Lexicon) -> Conditions:
    """Returns the condition of 오후 6시 or 18시부터 20시까지; the hour that ends a stretch does not belong to it."""
    first = _hour(match["half"], int(match["hour"]))
    if int(match["hour"]) > 24:
        return []
    if not match["last"]:
        operator = {"이후": ">=", "이전": "<"}.get(match["bound"] or "", "==")
        return _condition(lexicon.part("hour"), operator, first)
    last = int(match["last"])
    last = _hour(match["half"], last) if match["half"] and last <= 12 else last % 24
    hours = [*range(first, last)] if first < last else [*range(first, 24), *range(last)]
    return _condition(lexicon.part("hour"), "in", hours)


def _weekdays(match: re.Match[str], lexicon: Lexicon) -> Conditions:
    """Returns the condition of 주말, 평일 or a weekday."""
    columns = unit_columns("weekday", lexicon)
    column = columns[0] if columns and not lexicon.dates_the_file else None
    word = match.group()
    if word.startswith(("주말", "휴일")):
        return _condition(column, "in", list(WEEKDAYS[5:]))
    if word.startswith(("평일", "주중")):
        return _condition(column, "in", list(WEEKDAYS[:5]))
    return _condition(column, "==", f"{word[0]}요일")


def _of_list(rule: str, values: list[Any]) -> Callable[[re.Match[str], Lexicon], Conditions]:
    """Returns the builder of a condition on a part of the date."""

    def build(_match: re.Match[str], lexicon: Lexicon) -> Conditions:
        column = lexicon.part(rule)  # type: ignore[arg-type]
        return _condition(column, "==", values[0]) if len(values) == 1 else _condition(column, "in", values)

    return build


_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str], Lexicon], Conditions]]] = [
    (re.compile(rf"{_YEAR}\s?(?:~|-|–|부터|에서)\s?(?P<last>(?:19|20)\d\d)\s?년?(?:\s?까지|\s?사이)?"), _years),
    (
        re.compile(
            rf"{_YEAR}(?:(?:\s?[-.]\s?|\s)(?P<month>1[0-2]|0?[1-9])(?:월|(?=[-.\s]|$))"
            rf"(?:\s?[-.]?\s?(?P<day>[12]\d|3[01]|0?[1-9])일?)?)?(?:\s?(?P<bound>{_FROM}|{_TO})(?![가-힣]*체))?"
        ),
        _one_year,
    ),
    (
        re.compile(r"(?<!\d)(?P<month>1[0-2]|0?[1-9])\s?월?\s?(?:~|-|–|부터|에서)\s?(?P<last>1[0-2]|0?[1-9])\s?월"),
        _months,
    ),
    (re.compile(r"(?<![\d개])(?P<month>1[0-2]|0?[1-9])\s?월(?P<last>)(?!\s?별|요일)"), _months),
    (
        re.compile(
            r"(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?<![\d:])(?P<hour>\d{1,2})\s?시?\s?(?:~|-|–|부터|"
            r"에서)\s?"
            r"(?:오전|오후|새벽|저녁|밤)?\s?(?P<last>\d{1,2})\s?시(?:\s?(?:까지|사이))?(?P<bound>)"
        ),
        _hours,
    ),
    (
        re.compile(
            r"(?:(?P<half>오전|오후|새벽|아침|저녁|밤|낮)\s?)?(?<![\d:])(?P<hour>\d{1,2})\s?시(?!간|속|"
            r"군)(?P<last>)(?:\s?(?P<bound>이후|이전))?"
        ),
        _hours,
    ),
    (re.compile(r"주말|휴일|평일|주중|[월화수목금토일]요일"), _weekdays),
    *((re.compile(pattern), _of_list("hour", list(hours))) for pattern, hours in _HOURS.items()),
    *((re.compile(pattern), _of_list("time_period", list(names))) for pattern, names in _PERIODS.items()),
    *((re.compile(pattern), _of_list("month", list(months))) for pattern, months in _SEASONS.items()),
]
