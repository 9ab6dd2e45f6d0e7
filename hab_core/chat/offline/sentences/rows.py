"""Rows, in words."""

from __future__ import annotations

import re

from hab_core.analysis.texts.markdown import percent
from hab_core.chat.offline.particles import by, topic
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences.phrasing import LISTED, Result, counted, noun, shown_cell, value_of

_NAME_LIKE = re.compile(r"(?:명|이름|장소)$|일시$|^시군구|주소$")
_LABELS = 3
_MOST_ROWS = 20


def filtered(result: Result, reading: Reading) -> str:
    """Returns how many rows meet the conditions, and the first of them where rows are asked for."""
    head = (
        f"{topic(noun(reading))} {by(counted(result['rows'], reading))}, "
        f"전체 {counted(result['total_rows'], reading)}의 {percent(result['share'])}입니다."
    )
    if reading.has("list") and not reading.has("count", "share") and result["table"]["items"]:
        return f"{head} 처음 몇 {reading.lexicon.source.rows_are.counter}입니다.\n{_rows(result, reading, None)}"
    return head


def sorted_rows(result: Result, reading: Reading) -> str:
    """Returns the first rows in order."""
    key, table = result["column"][0], result["table"]
    small, big = ("이른", "늦은") if key in (reading.lexicon.date, reading.lexicon.year_column) else ("작은", "큰")
    head = (
        f"{key} 값이 {small if result['ascending'][0] else big} 순으로 {counted(len(table['items']), reading)}입니다."
    )
    if table["items"] and key in table["columns"]:
        first = table["items"][0][table["columns"].index(key)]
        head += f" 첫 번째의 {topic(key)} {value_of(first, key, reading)}입니다."
    return f"{head}\n{_rows(result, reading, key)}"


def sample_rows(result: Result, reading: Reading) -> str:
    """Returns some rows."""
    return f"표의 일부 {counted(len(result['table']['items']), reading)}입니다.\n{_rows(result, reading, None)}"


def _rows(result: Result, reading: Reading, key: str | None) -> str:
    """Returns the first rows as a numbered list of what tells them apart."""
    columns = result["table"]["columns"]
    others = [i for i, name in enumerate(columns) if name != key]
    telling = ([i for i in others if _NAME_LIKE.search(columns[i])] or others)[:_LABELS]
    at = columns.index(key) if key in columns else None
    lines = []
    for place, row in enumerate(result["table"]["items"][: min(reading.top or LISTED, _MOST_ROWS)], start=1):
        told = ", ".join(shown_cell(row[i]) for i in telling if row[i] is not None)
        value = f"{key} {value_of(row[at], key, reading)} — " if key is not None and at is not None else ""
        lines.append(f"{place}. {value}{told}")
    return "\n".join(lines)
