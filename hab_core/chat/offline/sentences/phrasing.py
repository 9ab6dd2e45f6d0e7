"""Parts of sentences: columns, keys, counts and cells as Korean says them."""

from __future__ import annotations

import re
from typing import Any

from hab_core.analysis.texts.markdown import cell, number
from hab_core.chat.offline.reading import Reading

Result = dict[str, Any]
LISTED = 5
"""How many things a sentence lists where no number was asked for."""
AGGREGATES = {
    "mean": "평균",
    "median": "중앙값",
    "std": "표준편차",
    "sum": "합계",
    "max": "최댓값",
    "min": "최솟값",
    "count": "건수",
    "nunique": "가짓수",
}
_RULE_UNITS = {"year": "년", "month": "월", "day": "일", "hour": "시"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?")
_MOST_LISTED = 20
_YEARS = range(1900, 2101)


def label(column: str) -> str:
    """Returns what a column is called in a sentence: 구 of 시군구.구, 사고유형 대분류 of 사고유형.대분류."""
    stem, _, suffix = column.rpartition(".")
    if not stem:
        return column
    return f"{stem} {suffix}" if suffix in ("대분류", "소분류") else suffix


def key_of(value: Any, column: str, reading: Reading) -> str:
    """Returns a key in a sentence: hours as 18시, years without a comma."""
    if value is None:
        return "(빈 값)"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int):
        return cell(value)
    return f"{value}{_RULE_UNITS.get(str(reading.lexicon.rule(column)), '')}"


def before_figure(key: str) -> str:
    """Returns a key that a figure follows; one that ends in a digit is set off from it."""
    return f"{key}:" if key[-1:].isdigit() else key


def counted(count: int, reading: Reading) -> str:
    """Returns a count with the counter of the rows: 15,234건."""
    return f"{count:,}{reading.lexicon.source.rows_are.counter}"


def noun(reading: Reading) -> str:
    """Returns what the rows are called."""
    return reading.lexicon.source.rows_are.noun


def figure(value: Any) -> str:
    """Returns a number, or a cell of another kind."""
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else shown_cell(value)


def value_of(value: Any, column: str, reading: Reading) -> str:
    """Returns a value of a column: years without a comma, other numbers with one."""
    year = column == reading.lexicon.year_column and isinstance(value, int | float) and value in _YEARS
    return figure(value).replace(",", "") if year else figure(value)


def shown_cell(value: Any) -> str:
    """Returns a cell in a sentence: moments without the seconds."""
    text = cell(value)
    return text[:16].replace("T", " ") if _MOMENT.fullmatch(text) else text


def measure_name(word: str, column: str) -> str:
    """Returns what was computed: 평균 ECLO, 사망자수 합계."""
    return f"{word} {column}" if word == AGGREGATES["mean"] else f"{column} {word}"


def shown_values(reading: Reading) -> int:
    """Returns how many values a sentence lists."""
    return min(reading.top or LISTED + 2, _MOST_LISTED)
