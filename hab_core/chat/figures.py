"""Figures in Korean text: counts with commas, 만·천·억, decimals, percentages, dates and hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_SCALES = {
    "백": 100,
    "천": 1_000,
    "만": 10_000,
    "십만": 100_000,
    "백만": 1_000_000,
    "천만": 10_000_000,
    "억": 100_000_000,
}
_SCALE = "십만|백만|천만|백|천|만|억"
_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::\d\d)?)?)?"
    r"|년\s?(?P<month2>\d{1,2})월(?:\s?(?P<day2>\d{1,2})일(?:\s?(?P<hour2>\d{1,2})시)?)?)(?!\d)"
)
_NUMBER = re.compile(
    rf"(?<![A-Za-z_\d.])(?P<sign>[-−](?=\d))?(?P<number>{_PLAIN})"
    rf"(?:(?P<scale>{_SCALE})(?!분위|번째|촌|덕)(?P<more>(?:\s?(?:{_PLAIN})(?:천|백|만))*(?:\s?(?:\d,\d{{3}}(?!\d)|(?:{_PLAIN})(?=\s?(?:건|명|개|대|곳|원|행|회|번|면))))?)?)?"
    r"(?P<near>여)?\s?(?P<unit>%p|%포인트|퍼센트포인트|%|퍼센트|프로(?=[\s.,로]|$)|배|위|번째|순위|km|시간|시|년|월|일|세|건|명|개|대|곳|행|열|가지|원|면|점|회|번|분|m)?"
)
_MORE = re.compile(rf"({_PLAIN})(천|백|만)?")
_LIST_MARK = re.compile(r"(?m)^\s*(?:[-*]\s*)?(?:\*\*)?\d{1,2}(?:[.)](?=\s|\*)|위[:.)\s])")
DATE_UNITS = frozenset({"시", "월", "일", "년", "세"})
"""Units that name a part of the date, or an age, and measure nothing."""
_COUNTABLE = {"년": (1900, 2100), "일": (1, 31)}
"""Units that also count years and days: outside these numbers they do."""
_ORDINALS = frozenset({"위", "번째", "순위"})
_PERCENT = {"%": "%", "퍼센트": "%", "프로": "%", "%p": "%p", "%포인트": "%p", "퍼센트포인트": "%p"}
_HEADINGS = re.compile(r"(?m)^#{1,6}\s*\d+[.)]")
_FRACTIONS = re.compile(r"\d+\s?분의\s?\d+")
_CONSTANTS = re.compile(
    r"심야\s?\(?22\s?[–~-]\s?0?6시?|출근시간대\s?\(?0?7\s?[–~-]\s?0?9시?|일반시간대\s?\(?10\s?[–~-]\s?17시?|퇴근시간대\s?\(?18\s?[–~-]\s?21시?"
)
"""The periods of the day with their hours: a definition, no finding."""


class Figure(NamedTuple):
    """A figure as it stands in a text.

    Attributes:
        text: The figure as written, without its unit where that is a counter.
        start: Its offset in the text.
        end: The offset behind its unit.
        value: What it says, scale applied; of a percentage the number before the sign.
        step: The size of its last digit; the value it rounds lies within half a step.
        unit: ``%``, ``%p``, ``배``, a counter, a part of the date, or empty.
        date: Year, month, day, hour and minute of a date, as many as are written; empty otherwise.
        rough: Whether it says of itself that it is rounded: 여.
    """

    text: str
    start: int
    end: int
    value: float
    step: float
    unit: str
    date: tuple[int, ...] = ()
    rough: bool = False


def find_figures(text: str, names: Sequence[str] = ()) -> list[Figure]:
    """Returns the figures of a text in order.

    Left out are numbers of list items, ordinals, the definitions of the periods of the day, and digits that belong
    to ``names`` (of columns, places, things) that stand in the text as they are.
    """
    blank = _blanked(text, names)
    dates = list(_dates(blank))
    for date in dates:
        blank = blank[: date.start] + " " * (date.end - date.start) + blank[date.end :]
    numbers = [figure for match in _NUMBER.finditer(blank) if (figure := _number(match, text)) is not None]
    return sorted([*dates, *numbers], key=lambda figure: figure.start)


def _blanked(text: str, names: Sequence[str]) -> str:
    """Returns the text with everything that is no figure turned to blanks, at the same length."""
    for pattern in (_HEADINGS, _LIST_MARK, _CONSTANTS, _FRACTIONS):
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    for name in sorted(names, key=len, reverse=True):
        if name in text:
            text = text.replace(name, "\x00" * len(name))
    return text


def _dates(text: str) -> Iterator[Figure]:
    """Yields dates: of at least a year and a month."""
    for match in _DATE.finditer(text):
        month, day = match["month"] or match["month2"], match["day"] or match["day2"]
        hour, minute = match["hour"] or match["hour2"], match["minute"]
        if month is None:
            continue
        parts = tuple(int(part) for part in (match["year"], month, day, hour, minute) if part is not None)
        yield Figure(match.group(), match.start(), match.end(), float(parts[0]), 1.0, "date", parts)


def _number(match: re.Match[str], text: str) -> Figure | None:
    """Returns the figure of a match; None for an ordinal or a part of a word in Latin letters."""
    unit = match["unit"] or ""
    if unit in _ORDINALS:
        return None
    behind = text[match.end("number") : match.end("number") + 1]
    if behind.isascii() and behind.isalpha() and unit not in ("km", "m"):
        return None
    value, step = _value(match["number"], match["scale"])
    for number, scale in _MORE.findall(match["more"] or ""):
        part, step = _value(number, scale)
        value += part
    if match["sign"]:
        value = -value
    if unit in _COUNTABLE and not _COUNTABLE[unit][0] <= value <= _COUNTABLE[unit][1]:
        unit += "간"
    end = match.end("unit") if unit else match.end()
    shown = text[
        match.start() : match.end("more")
        if match["more"]
        else match.end("scale")
        if match["scale"]
        else match.end("number")
    ]
    shown = text[match.start() : match.end("unit")] if unit in _PERCENT or unit == "배" else shown
    return Figure(shown.strip(), match.start(), end, value, step, _PERCENT.get(unit, unit), (), bool(match["near"]))


def _value(number: str, scale: str | None) -> tuple[float, float]:
    """Returns a number with its scale applied, and the size of its last digit."""
    factor = _SCALES.get(scale or "", 1)
    decimals = len(number.partition(".")[2])
    return float(number.replace(",", "")) * factor, factor * 10.0**-decimals
