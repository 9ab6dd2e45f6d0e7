"""Counts, groups and combinations, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from hab_core.analysis.texts.markdown import cell, number, percent
from hab_core.chat.offline.particles import by, subject, topic
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences.phrasing import (
    AGGREGATES,
    LISTED,
    Result,
    before_figure,
    counted,
    key_of,
    label,
    measure_name,
    noun,
    shown_values,
)

_MOST_COLUMNS = 12
_MOST_VALUES = 20


def value_counts(result: Result, reading: Reading) -> str:
    """Returns how often values occur, or the share of the value that was asked for."""
    values, column = result["values"], result["column"]
    if not values:
        return f"{column}에 값이 없습니다."
    target = reading.target
    if reading.has("share") and target is not None and target["column"] == column:
        return _share(result, target["value"], reading)
    word = "적은" if reading.ascending else "많은"
    first, *others = values[: shown_values(reading)]
    tied = _tied([each["count"] for each in values])
    names = [key_of(each["value"], column, reading) for each in (first, *others)[:tied]]
    head = (
        f"{subject(noun(reading))} 가장 {word} {topic(label(column))} {_in_first_place(names, tied)} "
        f"{counted(first['count'], reading)}({percent(first['share'])})입니다."
    )
    rest = ", ".join(
        f"{before_figure(key_of(each['value'], column, reading))} "
        f"{counted(each['count'], reading)}({percent(each['share'])})"
        for each in others[tied - 1 :]
    )
    return f"{head} 이어서 {rest} 순입니다." if rest else head


def _tied(amounts: Sequence[Any]) -> int:
    """Returns how many share the first place of an order."""
    return 1 + sum(1 for _ in takewhile(lambda amount: amount == amounts[0], amounts[1:]))


def _in_first_place(names: Sequence[str], tied: int) -> str:
    """Returns who holds the first place, ``맑음으로``, or the first of those who share it, ``맑음, 비로 각각``."""
    if tied == 1:
        return by(names[0])
    return f"{by(', '.join(names) + (' 등' if tied > len(names) else ''))} 각각"


def _share(result: Result, wanted: Any, reading: Reading) -> str:
    """Returns the share of one value of the rows that have any."""
    total = counted(result["rows"] - result["missing"], reading)
    found = next((each for each in result["values"] if each["value"] == wanted), None)
    named = f"{subject(label(result['column']))} {cell(wanted)}인"
    if found is None:
        return f"{total} 가운데 {named} 것은 없습니다."
    count = by(counted(found["count"], reading))
    return f"{named} {topic(noun(reading))} {count}, {total} 가운데 {percent(found['share'])}입니다."


def groups(result: Result, reading: Reading) -> str:
    """Returns groups by their first aggregate; groups without a key only where there are no others."""
    spec = result["aggregates"][0]
    found = [group for group in result["groups"] if group["values"][0] is not None]
    found = [group for group in found if None not in group["keys"]] or found
    word = AGGREGATES.get(spec["aggregate"], spec["aggregate"])
    name = measure_name(word, spec["column"]) if spec["column"] else AGGREGATES["count"]
    if not found:
        return f"{topic(name)} 구할 수 없습니다."
    first, *others = found[: shown_values(reading)]
    extreme = "낮은" if reading.ascending else "높은"
    keys = "·".join(map(label, result["group_by"]))
    tied = _tied([group["values"][0] for group in found])
    best = _in_first_place([_keys(group, result, reading) for group in (first, *others)[:tied]], tied)
    said = f"{keys}별로 {subject(name)} 가장 {extreme} 것은 {best} {number(first['values'][0])}입니다."
    rest = ", ".join(
        f"{before_figure(_keys(group, result, reading))} {number(group['values'][0])}" for group in others[tied - 1 :]
    )
    return " ".join(filter(None, [said, f"이어서 {rest} 순입니다." if rest else "", _gap(found, reading)]))


def _gap(found: list[Any], reading: Reading) -> str:
    """Returns how far two groups that are compared lie apart."""
    if len(found) != 2 or not reading.has("compare"):
        return ""
    high, low = found[0]["values"][0], found[1]["values"][0]
    return f"{number(high)}에서 {number(low)}까지 차이는 {number(abs(high - low))}입니다."


def _keys(group: Any, result: Result, reading: Reading) -> str:
    """Returns the keys of a group."""
    pairs = zip(group["keys"], result["group_by"], strict=True)
    return " · ".join(key_of(key, column, reading) for key, column in pairs)


def cross_tab(result: Result, reading: Reading) -> str:
    """Returns the fullest combinations and how strongly the columns are related."""
    first, second = result["columns"]
    combinations = [
        (each["count"], row, column)
        for row, line in zip(result["row_values"], result["cells"], strict=True)
        for column, each in zip(result["column_values"], line, strict=True)
    ]
    combinations.sort(key=lambda each: -each[0])
    listed = ", ".join(
        f"{key_of(row, first, reading)} × {before_figure(key_of(column, second, reading))} {counted(count, reading)}"
        for count, row, column in combinations[:LISTED]
    )
    related = f" 두 열의 관련(크래머 V)은 {result['cramers_v']:.3f}입니다." if result["cramers_v"] is not None else ""
    return f"{label(first)} × {label(second)} 조합은 많은 순으로 {listed}입니다.{related}"


def categories(result: Result, _reading: Reading) -> str:
    """Returns the most frequent value of each column of classes."""
    said = ", ".join(
        f"{each['column']} {cell(each['mode'])}({percent(each['mode_share'])})"
        for each in result["columns"][:_MOST_COLUMNS]
    )
    return f"범주 열마다 가장 흔한 값은 {said}입니다."


def unique_values(result: Result, reading: Reading) -> str:
    """Returns the different values of a column."""
    column, shown = result["column"], result["values"][:_MOST_VALUES]
    more = " 등" if result["distinct"] > len(shown) else ""
    listed = ", ".join(key_of(value, column, reading) for value in shown)
    return f"{label(column)}의 값은 {result['distinct']:,}가지입니다: {listed}{more}."
