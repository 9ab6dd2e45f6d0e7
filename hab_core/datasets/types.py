"""From columns of text to numbers and dates, only where the whole column agrees.

Stored are values, not spellings: ``1,234`` becomes 1234, ``1.50`` becomes 1.5 and ``2007년 1월 1일 01시`` the moment it
names. Whatever a number or date cannot hold keeps its text: leading zeros, whole numbers beyond 64 bits, identifiers.
Decimals are 64-bit floats. Blank cells are null in every column; words for "missing" such as ``-`` or ``N/A`` are null
in number and date columns and stay text elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import polars as pl

from hab_core.datasets.dates import parse_dates
from hab_core.datasets.profile import CODE_NAME

MISSING_WORDS = ("-", "--", "N/A", "n/a", "NA", "#N/A", "NULL", "null", "NaN", "nan", "None", "none", ".")
_INTEGER = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)$"
_NUMBER = (
    r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?$"
    r"|^[+-]?\.[0-9]+$"
    r"|^[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-][0-9]{1,3}$"
)
_LEADING_ZERO = r"^[+-]?0[0-9]"
_SHORTEST_CODE = 5
_MOST_STRAYS = 20
_STRAY_SHARE = 0.1


class _Verdict(NamedTuple):
    """What a column becomes, and which of its words did not fit.

    Attributes:
        dtype: Its new type; None where it stays text.
        parsed: For dates: each word (stripped) and its date.
        strays: Words that alone keep the column text.
        wanted: What the other words are, where there are strays.
    """

    dtype: pl.DataType | None = None
    parsed: pl.DataFrame | None = None
    strays: tuple[str, ...] = ()
    wanted: Literal["숫자", "날짜"] = "숫자"


def to_types(frame: pl.DataFrame, words: Mapping[str, pl.Series]) -> tuple[pl.DataFrame, list[str]]:
    """Returns the table with typed columns, and warnings about words that kept a column text or became null.

    Args:
        frame: Columns of text; blank cells null.
        words: The different values of each column, nulls left out: what decides its type.
    """
    verdicts = {name: _judge(words[name].str.strip_chars().alias(name)) for name in frame.columns}
    wanted = [_converted(name, verdict) for name, verdict in verdicts.items() if verdict.dtype is not None]
    typed = frame.lazy().with_columns(wanted).collect()
    warnings = []
    for name, verdict in verdicts.items():
        warnings += _about_strays(frame[name], verdict) if verdict.strays else _about_missing(frame[name], typed[name])
    return typed, warnings


def _judge(words: pl.Series) -> _Verdict:
    """Returns what a column of these different words becomes."""
    given = words.filter(~words.is_in(MISSING_WORDS))
    if given.is_empty():
        return _Verdict()
    numeric = given.str.contains(_NUMBER)
    if numeric.all():
        return _judge_numbers(given)
    dates = parse_dates(given)
    if dates.null_count() == 0:
        return _dated(given, dates)
    if _nearly(numeric):
        return _Verdict(strays=tuple(given.filter(~numeric)), wanted="숫자")
    if _nearly(dates.is_not_null()):
        return _Verdict(strays=tuple(given.filter(dates.is_null())), wanted="날짜")
    return _Verdict()


def _judge_numbers(words: pl.Series) -> _Verdict:
    """Returns what a column of numbers becomes: compact dates, text for codes, whole numbers or decimals."""
    if not words.str.contains(_INTEGER).all():
        return _Verdict() if words.str.contains(_LEADING_ZERO).any() else _Verdict(pl.Float64())
    dates = parse_dates(words)
    if dates.null_count() == 0:
        return _dated(words, dates)
    if words.str.contains(_LEADING_ZERO).any() or _is_code(words):
        return _Verdict()
    whole = words.str.replace_all(",", "", literal=True).cast(pl.Int64, strict=False)
    return _Verdict() if whole.null_count() else _Verdict(pl.Int64())


def _dated(words: pl.Series, dates: pl.Series) -> _Verdict:
    """Returns the verdict of a column of dates; words that differ in blanks alone count once."""
    return _Verdict(dates.dtype, pl.DataFrame({"word": words, "date": dates}).unique("word"))


def _is_code(words: pl.Series) -> bool:
    """Tells whether whole numbers are identifiers: named so, and all of one length, so text sorts them as well."""
    lengths = words.str.len_chars()
    return bool(CODE_NAME.search(words.name)) and lengths.min() == lengths.max() and lengths[0] >= _SHORTEST_CODE


def _nearly(fits: pl.Series) -> bool:
    """Tells whether so few different words do not fit that they look like slips."""
    strays = len(fits) - int(fits.sum())
    return strays <= _MOST_STRAYS and strays < len(fits)


def _converted(name: str, verdict: _Verdict) -> pl.Expr:
    """Returns the expression that types a column; words for "missing" become null."""
    text = pl.col(name).str.strip_chars()
    if verdict.parsed is not None:
        return text.replace_strict(verdict.parsed["word"], verdict.parsed["date"], default=None)
    return text.str.replace_all(",", "", literal=True).cast(verdict.dtype or pl.String, strict=False)


def _about_strays(text: pl.Series, verdict: _Verdict) -> list[str]:
    """Returns the warning about a column kept text by a few words, where nearly all of its rows would fit."""
    stray = text.str.strip_chars().is_in(verdict.strays)
    count, given = int(stray.sum()), len(text) - text.null_count()
    if count > given * _STRAY_SHARE:
        return []
    row = stray.arg_max() or 0
    stray_word = text[row].strip()[:40]
    mostly = f"'{text.name}' 열은 대부분 {verdict.wanted}이지만 {row + 1:,}행의 '{stray_word}' 등 {count:,}개 값이"
    return [f"{mostly} {verdict.wanted}가 아니어서 글자로 두었습니다."]


def _about_missing(text: pl.Series, typed: pl.Series) -> list[str]:
    """Returns the warning about words for "missing" that became null."""
    lost = typed.null_count() - text.null_count()
    if not lost:
        return []
    words = text.filter(typed.is_null() & text.is_not_null()).str.strip_chars().unique().sort()
    return [f"'{text.name}' 열의 '{', '.join(words)}' {lost:,}개를 빈 값으로 읽었습니다."]
