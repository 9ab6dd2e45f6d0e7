"""Calls that show rows: filtered, in order, the latest, some."""

from __future__ import annotations

import re

from hab_core.chat.offline.calls import Call, call
from hab_core.chat.offline.column_calls import likely_measure
from hab_core.chat.offline.reading import Reading

_DEFAULT_TOP = 10
_MOST_SHOWN = 50
_LIKELY = {r"비싼|저렴|싼": r"요금|가격|금액|비용", r"빠른|느린": r"속도", r"큰|작은|넓은|좁은|심각|위험|대형": r""}
_ROWS = re.compile(r"(?:사고|카메라|cctv|주차장|보호구역|시설|곳|건|개|대|행|자료|데이터|지점)")
"""Words for rows: what a superlative may be about."""
_GROUPS_COUNTED = re.compile(r"(?:동네|지역|구|동|요일|달|시간대?|연도|해)\s?(?:상위\s?)?\d+\s?(?:곳|개|군데)")
"""Groups with a counter that rows have too: 동네 5곳."""


def sorted_rows(reading: Reading) -> list[Call]:
    """Returns the call that puts rows in the order of a measure, which is shown beside the stored columns."""
    key, stored = reading.measures[0], reading.lexicon.source.table.stored_columns
    return [
        call(
            reading, "sort_dataframe", column=key, ascending=reading.ascending, limit=reading.top or _few(reading),
            columns=None if key in stored else [key, *stored][:_MOST_SHOWN],
        )
    ]  # fmt: skip


def _few(reading: Reading) -> int:
    """Returns how many rows to show where no number is said: a few, since the first may have equals."""
    return 5 if reading.has("superlative") else _DEFAULT_TOP


def by_date(reading: Reading) -> list[Call]:
    """Returns the call that shows the latest or the oldest rows."""
    oldest = reading.has("oldest") and not reading.has("recent")
    column = reading.lexicon.date if reading.lexicon.year_column is None else reading.lexicon.year_column
    return [call(reading, "sort_dataframe", column=column, ascending=oldest, limit=reading.top or _few(reading))]


def filtered(reading: Reading) -> list[Call]:
    """Returns the call that counts and shows the rows that meet the conditions."""
    return [call(reading, "filter_dataframe", limit=reading.top or _DEFAULT_TOP)]


def sample(reading: Reading) -> list[Call]:
    """Returns the call that shows some rows."""
    text = reading.question.text
    method = (
        "tail"
        if re.search(r"마지막|뒤|끝", text)
        else "head"
        if re.search(r"처음|첫|앞|몇\s?(?:줄|행)", text)
        else "random"
    )
    return [call(reading, "get_sample_rows", n=min(reading.top or 5, 100), method=method)]


def extreme_column(reading: Reading) -> str | None:
    """Returns the column that 가장 큰, 가장 비싼 … is about where none is named: of prices, of speed, the main one."""
    if not reading.has("superlative") or reading.measures or not rows_asked(reading):
        return None
    for adjective, names in _LIKELY.items():
        if re.search(adjective, reading.question.text):
            numbers_ = [name for name in reading.lexicon.source.table.columns if reading.lexicon.is_number(name)]
            named = [name for name in numbers_ if names and re.search(names, name)]
            return next(iter(named if names else likely_measure(reading)), None)
    return None


def rows_asked(reading: Reading) -> bool:
    """Whether what follows the first superlative, or the whole question without one, speaks of rows."""
    text = reading.question.text
    match = re.search(r"가장|제일|젤|많은|적은|높은|낮은|큰|비싼|최다|상위", text)
    behind = text[match.end() :] if match else text
    return _ROWS.search(_GROUPS_COUNTED.sub("", behind)) is not None


def sorted_by_likely(reading: Reading) -> list[Call]:
    """Returns the call that puts rows in the order of a column that an adjective stands for."""
    column = extreme_column(reading)
    if column is None:
        return []
    reading.measures.append(column)
    return sorted_rows(reading)
