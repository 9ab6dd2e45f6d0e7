"""Which record is the header, and names that are unique and not blank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from hab_core.datasets.layout import Layout, common_width
from hab_core.errors import InvalidInput

MAX_COLUMNS = 1_000
_LOOKED_AT = 50
_LONGEST = 1_000_000
_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+%?")
_SHOWN = 60


class Header(NamedTuple):
    """The header of a table: which record it is, its names, the lines above it, what had to be changed."""

    record: int
    names: list[str]
    preamble: list[str]
    warnings: list[str]


def find_header(layout: Layout) -> Header:
    """Returns the header: the first record in which at least half of the table's columns have a name.

    Records above it, with fewer filled cells, are titles, units or sources and are left out.

    Raises:
        InvalidInput: There is no data under the header, or more than ``MAX_COLUMNS`` columns.
    """
    leading = [int(i) for i in layout.cells[: _LOOKED_AT * 10].nonzero()[0][:_LOOKED_AT]]
    if not leading:
        raise InvalidInput.of("file", "빈 파일입니다. 머리글과 데이터가 있는 CSV를 올려주세요.")
    widest = int(layout.cells[leading].max())
    if widest > MAX_COLUMNS * _LOOKED_AT:
        raise _too_wide(widest)
    rows = [layout.record(i) if layout.ends[i] - layout.starts[i] <= _LONGEST else [] for i in leading]
    position = _position(rows, common_width(layout.cells))
    record = leading[position]
    cells = rows[position]
    if not cells:
        raise InvalidInput.of("file", f"머리글이 너무 깁니다. {_LONGEST:,}바이트까지 읽을 수 있습니다.")
    if len(cells) > MAX_COLUMNS:
        raise _too_wide(len(cells))
    if not (layout.cells[record + 1 :] > 0).any():
        raise InvalidInput.of("file", "머리글만 있고 데이터 행이 없습니다.")
    titles = [layout.separator.join(cell for cell in row if cell.strip()) for row in rows[:position]]
    preamble = [title for title in titles if title]
    names, warnings = _unique([_tidy(cell) for cell in cells])
    return Header(record, names, preamble, _about_preamble(preamble) + warnings + _about_numbers(cells))


def _too_wide(cells: int) -> InvalidInput:
    """Returns the error of too many columns."""
    return InvalidInput.of("file", f"열이 {cells:,}개입니다. {MAX_COLUMNS:,}개까지 읽을 수 있습니다.")


def _position(rows: Sequence[Sequence[str]], width: int) -> int:
    """Returns which of the first records is the header."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    needed = max(2, width / 2) if width > 1 else 1
    position = next((i for i, count in enumerate(filled) if count >= needed), 0)
    if position and _mostly_numbers(rows[position]):
        position = next(i for i, count in enumerate(filled) if count >= min(2, needed))
    return position


def _mostly_numbers(cells: Sequence[str]) -> bool:
    """Tells whether more than half of the filled cells are numbers, as in data rather than in a header."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return sum(bool(_NUMBER.fullmatch(cell)) for cell in filled) * 2 > len(filled)


def _tidy(cell: str) -> str:
    """Returns a name on one line, without surrounding blanks and invisible marks."""
    return " ".join(cell.replace("\ufeff", " ").replace("\u200b", " ").split())


def _unique(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns names that are neither blank nor repeated, and the warnings about those that were."""
    names: list[str] = []
    taken = set(given)
    blank: list[str] = []
    repeated: list[str] = []
    seen: set[str] = set()
    for position, name in enumerate(given, start=1):
        fresh = name
        if not name:
            fresh = _free(f"열{position}", taken)
            blank.append(fresh)
        elif name in seen:
            fresh = _free(name, taken)
            repeated.append(fresh)
        seen.add(name)
        taken.add(fresh)
        names.append(fresh)
    warnings = [f"이름이 없는 열 {len(blank)}개에 이름을 붙였습니다: {_listed(blank)}"] if blank else []
    if repeated:
        warnings.append(f"이름이 겹치는 열 {len(repeated)}개의 이름을 바꾸었습니다: {_listed(repeated)}")
    return names, warnings


def _free(name: str, taken: set[str]) -> str:
    """Returns ``name`` where it is free and not a repeated one, otherwise with the first free number."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _about_preamble(preamble: Sequence[str]) -> list[str]:
    """Returns the warning about lines left out above the header."""
    if not preamble:
        return []
    return [f"머리글 위의 줄 {len(preamble)}개를 제외했습니다: {_listed(preamble)}"]


def _about_numbers(cells: Sequence[str]) -> list[str]:
    """Returns the warning about a first line that looks like data."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or not all(_NUMBER.fullmatch(cell) for cell in filled):
        return []
    return ["첫 줄이 모두 숫자입니다. 머리글이 없는 파일이라면 첫 줄에 열 이름을 넣어주세요."]


def _listed(texts: Sequence[str]) -> str:
    """Returns the first few texts, shortened."""
    shown = ", ".join(text[:_SHOWN] for text in texts[:5])
    return f"{shown} …" if len(texts) > 5 else shown
