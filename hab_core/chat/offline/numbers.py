"""Numbers in a question: bounds such as 50 이상, ages such as 30대, how many to show, percentiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hab_core.chat.offline.lexicon import Lexicon
from hab_core.chat.offline.text import Question, Token
from hab_core.chat.offline.values import role_column
from hab_core.chat.offline.words import NUMERALS

_SCALES = {"백": 100, "천": 1_000, "만": 10_000, "백만": 1_000_000, "천만": 10_000_000, "억": 100_000_000}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE = r"백만|천만|백|천|만|억"
_UNIT = r"km/h|km|㎞|킬로|원|명|건|면|대|개|곳|세|살|점|m|미터|시간|분|회|구획|칸|℃|도|%"
_MORE = r"(?:큰|많|높|비싼|비싸|넓|빠른|긴|길|넘)"
_LESS = r"(?:작|적|낮|싼|저렴|좁|느린|짧|못)"
_BOUND = re.compile(
    rf"(?P<number>{_NUMBER})\s?(?P<scale>{_SCALE})?\s?(?P<unit>{_UNIT})?\s?(?:을|를|이|가|도|의)?\s?"
    rf"(?P<bound>이상|이하|초과|미만|넘|보다\s?더?\s?{_MORE}|보다\s?더?\s?{_LESS})"
)
_RANGE = re.compile(
    rf"(?P<low>{_NUMBER})\s?(?P<scale>{_SCALE})?\s?(?:{_UNIT})?\s?(?P<from>이상|초과|에서|부터|~|-|–)\s?"
    rf"(?P<high>{_NUMBER})\s?(?P<scale2>{_SCALE})?\s?(?P<unit>{_UNIT})?\s?(?P<to>이하|미만|사이|까지|인|의|$|\s)"
)
_EQUAL = re.compile(
    rf"^\s?(?:이|가|은|는|을|를)?\s?(?:딱\s?|정확히\s?|시속\s?|"
    rf"약\s?)?(?P<number>{_NUMBER})\s?(?P<scale>{_SCALE})?\s?(?P<unit>{_UNIT})?"
    r"\s?(?:인|짜리|이고|으로|구간|도로|카메라|사고|지점|곳)"
)
_OPERATORS = {"이상": ">=", "초과": ">", "넘": ">", "이하": "<=", "미만": "<"}
_UNIT_EQUAL = re.compile(
    rf"(?P<number>{_NUMBER})(?P<scale>{_SCALE})?\s?(?P<unit>km/h|km|킬로|원|면)\s?(?:인|짜리|구간|도로|카메라|구역|지점|주차장)"
)
_DECADE = re.compile(
    r"(?P<first>[1-9]0)\s?(?:대?\s?(?:~|-|에서|부터)\s?(?P<last>[1-9]0)\s?)?대(?:\s?(?P<bound>이상|이하|미만|초과))?"
    r"(?!\s?(?:의\s)?카메라)"
)
_OLDEST = 200
_ONE_AGE = re.compile(
    r"(?<!\d)(?P<age>\d{1,3})\s?(?:세|살)(?!\s?(?:을|를|이|가|도|의)?\s?(?:이상|이하|초과|미만|넘|부터|까지|에서|"
    r"~|-))"
)
_AGE_WORDS = {r"고령|노인|어르신": range(65, 200), r"어린이|아동": range(13), r"청소년": range(13, 19)}
_UNITS_OF = {
    "km/h": "속도", "km": "속도|길이|거리", "㎞": "속도|길이|거리", "킬로": "속도",
    "원": "요금|금액|가격|비용", "면": "구획|면수", "구획": "구획", "칸": "구획|칸", "대": "대수", "명": "자수|인원|명",
    "세": "연령|나이", "살": "연령|나이", "점": "점수|eclo",
    "m": "폭|길이|거리|높이|면적", "미터": "폭|길이|거리|높이", "분": "시간|분",
}  # fmt: skip
_COUNTED = r"개|건|곳|명|가지|군데|줄|행|위|대|순위|등|개씩|지역|동네|구|동|종류"
_TOP = re.compile(
    rf"(?:상위|하위|top|톱|탑|베스트)\s?(?P<top>\d{{1,3}})(?!\s?(?:%|퍼센트|프로|\d))|"
    rf"(?<![\d.])(?P<n>\d{{1,3}})\s?(?:{_COUNTED})(?![가-힣]*(?:이상|이하|초과|미만))"
    rf"|(?<![가-힣])(?P<word>{'|'.join(NUMERALS)})\s?(?:{_COUNTED})(?!\s?(?:라도|도\s))"
)
_PERCENTILE = re.compile(
    rf"(?P<side>상위|하위)?\s?(?P<number>{_NUMBER})\s?(?P<sign>%|퍼센트|프로|백분위|퍼센타일|분위|번째\s?백분위|"
    rf"p(?![a-z]))"
)
_MANY_PERCENTILES = re.compile(
    rf"(?P<list>{_NUMBER}(?:\s?(?:,|과|와|및|·|/)\s?{_NUMBER})+)\s?(?:%|퍼센트|번째)?\s?(?:백분위|퍼센타일|분위)"
)


def _amount(number: str, scale: str | None) -> int | float:
    """Returns a number as written: 1,500 · 2.5 · 3만."""
    value = float(number.replace(",", "")) * _SCALES.get(scale or "", 1)
    return int(value) if value.is_integer() else value


def find_bounds(
    question: Question, text: str, named: list[tuple[int, str]], lexicon: Lexicon
) -> Iterator[tuple[tuple[int, int], list[dict[str, Any]]]]:
    """Yields the spans and the conditions of bounds, ranges and ages.

    Args:
        question: The question.
        text: Its text with everything that is understood already blotted out.
        named: Columns with their place in the text.
        lexicon: The table.
    """
    taken: list[tuple[int, int]] = [match.span() for match in _DECADE.finditer(text)] if lexicon.ages else []
    for pattern in (_RANGE, _BOUND, _UNIT_EQUAL):
        for match in pattern.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            column = _column_for(match, question, named, lexicon)
            if column is not None:
                taken.append(match.span())
                yield match.span(), _bounded(column, match, lexicon)
    if lexicon.ages:
        yield from _ages(question, text, named, lexicon)


def _column_for(match: re.Match[str], question: Question, named: list[tuple[int, str]], lexicon: Lexicon) -> str | None:
    """Returns the column that a bound is about: the nearest number before it, else by its unit, else one after it."""
    fitting = [(place, name) for place, name in named if lexicon.is_number(name) or name in lexicon.ages]
    before = [name for place, name in fitting if place < match.start()]
    if before:
        return before[-1]
    unit = match["unit"] or ""
    if unit in ("세", "살") and lexicon.ages:
        return _age_column(question.text[: match.start()], named, lexicon)
    numbers = [name for name in lexicon.source.table.columns if lexicon.is_number(name)]
    meaning = _UNITS_OF.get(unit)
    by_unit = [name for name in numbers if meaning and re.search(meaning, name.casefold())]
    after = [name for place, name in fitting if place >= match.end()]
    return next(iter(by_unit + after), None)


def _bounded(column: str, match: re.Match[str], lexicon: Lexicon) -> list[dict[str, Any]]:
    """Returns the conditions of one bound or range; of ages written as text the ages that lie within."""
    facts = match.groupdict()
    if "low" in facts:
        low, high = _amount(match["low"], match["scale"] or match["scale2"]), _amount(match["high"], match["scale2"])
        under = ">" if match["from"] == "초과" else ">="
        over = "<" if match["to"] == "미만" else "<="
        limits = [(under, low), (over, high)]
    else:
        operator = _operator(match["bound"]) if "bound" in facts else "=="
        limits = [(operator, _amount(match["number"], match["scale"]))]
    if column in lexicon.ages:
        return [_years(column, [age for age in lexicon.ages[column] if _within(age, limits)], lexicon)]
    if [operator for operator, _ in limits] == [">=", "<="]:
        return [{"column": column, "operator": "between", "value": [low, high]}]
    return [{"column": column, "operator": operator, "value": value} for operator, value in limits]


def _operator(bound: str) -> str:
    """Returns the operator of 이상, 보다 큰 and so on."""
    if bound.startswith("보다"):
        return ">" if re.search(_MORE, bound) else "<"
    return _OPERATORS[bound]


def _within(age: int, limits: list[tuple[str, int | float]]) -> bool:
    """Whether an age meets all limits."""
    tests = {">=": age.__ge__, ">": age.__gt__, "<=": age.__le__, "<": age.__lt__}
    return all(tests[operator](int(value)) for operator, value in limits)


def _years(column: str, ages: list[int], lexicon: Lexicon) -> dict[str, Any]:
    """Returns the condition of certain ages in a column of text such as 54세."""
    words = [lexicon.ages[column][age] for age in sorted(ages)]
    if len(words) == 1:
        return {"column": column, "operator": "==", "value": words[0]}
    return {"column": column, "operator": "in", "value": words or ["-"]}


def _age_column(before: str, named: list[tuple[int, str]], lexicon: Lexicon) -> str:
    """Returns which column of ages is meant: one named, that of the party spoken of, else the first."""
    columns = list(lexicon.ages)
    return next((name for _, name in named if name in columns), None) or role_column(columns, before) or columns[0]


def _ages(
    question: Question, text: str, named: list[tuple[int, str]], lexicon: Lexicon
) -> Iterator[tuple[tuple[int, int], list[dict[str, Any]]]]:
    """Yields 30대, 20~30대, 고령 … as conditions on the ages."""
    found: list[tuple[re.Match[str], range]] = []
    for match in _DECADE.finditer(text):
        first, last = int(match["first"]), int(match["last"] or match["first"])
        ranges = {"이상": range(first, _OLDEST), "초과": range(last + 10, _OLDEST), "이하": range(last + 10)}
        found.append((match, (ranges | {"미만": range(first)}).get(match["bound"] or "", range(first, last + 10))))
    found += [(match, range(int(match["age"]), int(match["age"]) + 1)) for match in _ONE_AGE.finditer(text)]
    for pattern, ages in _AGE_WORDS.items():
        found += [(match, ages) for match in re.finditer(pattern, text)]
    for match, ages in found:
        around = question.text[: match.end() + 12]
        column = _age_column(around, named, lexicon)
        yield match.span(), [_years(column, [age for age in lexicon.ages[column] if age in ages], lexicon)]


def equal_to(token: Token, question: Question) -> tuple[int | float, int] | None:
    """Returns the number that a column is said to be equal to (제한속도가 30인), and where it ends in the text."""
    after = question.after(token)
    match = _EQUAL.match(after)
    if match is None or _BOUND.match(after[match.start("number") :]):
        return None
    return _amount(match["number"], match["scale"]), question.span(token)[1] + match.end("unit")


def top_n(text: str) -> int | None:
    """Returns how many are asked for: 상위 5개, 10건, 다섯 곳; None where that is not said."""
    match = _TOP.search(text)
    if match is None:
        return None
    number = match["top"] or match["n"]
    return max(1, int(number)) if number else NUMERALS[match["word"]]


def percentiles(text: str) -> list[float]:
    """Returns the percentiles asked for, 0 to 100: 상위 10 % is the 90th; quartiles where 사분위 is said."""
    listed = _MANY_PERCENTILES.search(text)
    if listed:
        return [float(number) for number in re.findall(_NUMBER, listed["list"]) if float(number) <= 100]
    match = _PERCENTILE.search(text)
    if match is None:
        return [25.0, 50.0, 75.0] if "사분위" in text else []
    value = float(match["number"].replace(",", ""))
    if match["sign"] == "분위" and value <= 4 and match["side"] is None:
        value *= 25
    if value > 100:
        return []
    return [100 - value if match["side"] == "상위" else value]
