"""How a text is laid out as a table: separator, quoting, records and their numbers of cells.

One vectorised pass over all bytes; a line feed or separator between an odd and the next even quote is text. Files
whose quotes do not pair up that way are read by the standard library's ``csv`` and written anew, well-formed.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hab_core.errors import InvalidInput

MAX_LINES = 12_000_000
"""Bounds the memory that a file of nothing but line feeds takes."""
SEPARATORS = (",", ";", "\t", "|")
_CHUNK = 1 << 22
_QUOTE, _LF, _CR = 34, 10, 13
_SHARE_OF_LINES = 4
_WIDEST = 100_000


@dataclass(frozen=True)
class Layout:
    """Where the records of a text lie.

    Attributes:
        data: The text as UTF-8, lines ended by LF or CRLF, quotes well-formed.
        separator: What stands between cells.
        quoted: Whether quotes quote; otherwise they are text.
        starts: Byte offset of each record.
        ends: Byte offset after each record, its line end not counted.
        cells: Number of cells of each record; 0 for a blank line.
        repaired: Whether the quotes had to be put in order.
    """

    data: bytes
    separator: str
    quoted: bool
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    cells: NDArray[np.int64]
    repaired: bool = False

    def record(self, index: int) -> list[str]:
        """Returns the cells of one record; unlike the standard library's ``csv``, of any length."""
        text = self.data[self.starts[index] : self.ends[index]].decode().removesuffix("\r")
        if not self.quoted:
            return text.split(self.separator)
        mark = re.escape(self.separator)
        cells = re.finditer(rf'(?:"((?:[^"]|"")*)"|([^{mark}]*))(?:{mark}|\Z)', text)
        found = itertools.islice(cells, int(self.cells[index]))
        return [plain if quoted is None else quoted.replace('""', '"') for quoted, plain in (c.groups() for c in found)]

    def line(self, index: int) -> int:
        """Returns the number of the line, from 1, on which a record begins."""
        return self.data.count(b"\n", 0, int(self.starts[index])) + 1


def find_layout(data: bytes) -> Layout:
    """Returns the layout of a text (UTF-8, lines ended by LF or CRLF).

    Raises:
        InvalidInput: A quote is opened and never closed (the message names its line), or there are too many lines.
    """
    lines = data.count(b"\n")
    if lines > MAX_LINES:
        raise InvalidInput.of("file", f"줄이 {lines:,}개입니다. {MAX_LINES:,}개까지 읽을 수 있습니다.")
    layout = _best(data, quoted=b'"' in data)
    if not layout.quoted or _well_formed(layout):
        return layout
    plain = _best(data, quoted=False)
    if not _any_opens_a_cell(plain):
        return plain
    again = _best(_repaired(data, plain.separator), quoted=True)
    return Layout(again.data, again.separator, again.quoted, again.starts, again.ends, again.cells, repaired=True)


def _best(data: bytes, *, quoted: bool) -> Layout:
    """Returns the layout by the separator that explains the most records by one number of cells."""
    marks = [mark for mark in SEPARATORS if _is_candidate(data, mark)] or [_absent(data)]
    starts, ends, counts = _scan(data, marks, quoted=quoted)
    first = _bytes(data or b"\n")[np.minimum(starts, max(len(data) - 1, 0))]
    blank = (ends == starts) | ((ends == starts + 1) & (first == _CR))
    cells = [np.where(blank, 0, found + 1) for found in counts]
    scores = [_agreement(found) for found in cells]
    best = max(range(len(marks)), key=lambda i: (scores[i], -i))
    return Layout(data, marks[best], quoted, starts, ends, cells[best])


def _is_candidate(data: bytes, mark: str) -> bool:
    """Tells whether a separator occurs often enough, or in the first line, to be the table's."""
    found = data.count(mark.encode())
    first = data.lstrip(b"\r\n").split(b"\n", 1)[0] if found else b""
    return found > 0 and (found * _SHARE_OF_LINES >= data.count(b"\n") or mark.encode() in first)


def _absent(data: bytes) -> str:
    """Returns a separator that does not occur, for a table of one column."""
    return next((mark for mark in SEPARATORS if mark.encode() not in data), ",")


def _agreement(cells: NDArray[np.int64]) -> tuple[float, int]:
    """Returns the share of the records that have the commonest number of cells (two or more), and that number."""
    filled = cells[cells > 0]
    several = filled[filled > 1]
    if not several.size:
        return 0.0, 1
    width = common_width(several)
    return round(float(np.count_nonzero(filled == width) / filled.size), 2), width


def common_width(cells: NDArray[np.int64]) -> int:
    """Returns the commonest number of cells of the records that are not blank; 0 where there are none."""
    counts = np.bincount(np.minimum(cells, _WIDEST))
    counts[0] = 0
    return int(np.argmax(counts))


def _bytes(data: bytes) -> NDArray[np.uint8]:
    """Returns the bytes as numbers, without a copy."""
    return np.frombuffer(data, dtype=np.uint8)


def _scan(
    data: bytes, marks: Sequence[str], *, quoted: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[np.int64]]]:
    """Returns the start and end of each record and, for each separator, how many of them the record holds."""
    buffer = _bytes(data)
    breaks: list[NDArray[np.int64]] = []
    before: list[list[NDArray[np.int64]]] = [[] for _ in marks]
    totals = [0] * len(marks)
    inside = 0
    for offset in range(0, len(data), _CHUNK):
        part = buffer[offset : offset + _CHUNK]
        outside, inside = _outside(part, inside) if quoted else (None, 0)
        found = _positions(part, _LF, outside)
        breaks.append(found + offset)
        for i, mark in enumerate(marks):
            separators = _positions(part, ord(mark), outside)
            before[i].append(np.searchsorted(separators, found) + totals[i])
            totals[i] += separators.size
    ends = np.concatenate(breaks) if breaks else np.empty(0, np.int64)
    open_end = not ends.size or ends[-1] != len(data) - 1
    ends = np.append(ends, len(data)) if open_end else ends
    starts = np.concatenate(([0], ends[:-1] + 1))
    counts = [
        np.diff(np.concatenate([np.array([0]), *before[i], np.array([totals[i]] if open_end else [], np.int64)]))
        for i in range(len(marks))
    ]
    return starts, ends, [np.asarray(found, dtype=np.int64) for found in counts]


def _outside(part: NDArray[np.uint8], inside: int) -> tuple[NDArray[np.bool_] | None, int]:
    """Returns which bytes lie outside quotes (None: all), and whether the part ends inside (1) or outside (0)."""
    quotes = part == _QUOTE
    if not inside and not quotes.any():
        return None, 0
    parity = np.cumsum(quotes, dtype=np.uint8)  # wraps at 256, which keeps it odd or even
    parity += np.uint8(inside)
    parity &= np.uint8(1)
    return parity == 0, int(parity[-1])


def _positions(part: NDArray[np.uint8], byte: int, outside: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Returns where a byte stands outside quotes."""
    found = part == byte
    if outside is not None:
        found &= outside
    return np.flatnonzero(found)


def _well_formed(layout: Layout) -> bool:
    """Tells whether quotes pair up: each opens at the start of a cell and closes at its end, or is doubled."""
    buffer = _bytes(b"".join((b"\n", layout.data, b"\n\n")))
    edges = [ord(layout.separator), _LF, _QUOTE]
    seen = 0
    for offset in range(0, buffer.size, _CHUNK):
        quotes = np.flatnonzero(buffer[offset : offset + _CHUNK] == _QUOTE) + offset
        opening, closing = quotes[seen % 2 :: 2], quotes[1 - seen % 2 :: 2]
        seen += quotes.size
        windows_end = (buffer[closing + 1] == _CR) & (buffer[closing + 2] == _LF)
        ends_cell = np.isin(buffer[closing + 1], edges) | windows_end
        if not (np.isin(buffer[opening - 1], edges).all() and ends_cell.all()):
            return False
    return seen % 2 == 0


def _any_opens_a_cell(plain: Layout) -> bool:
    """Tells whether a quote stands at the start of a cell, when quotes are taken as text."""
    mark = plain.separator.encode()
    text = plain.data
    return text.startswith(b'"') or any(edge + b'"' in text for edge in (b"\n", mark, mark + b" "))


def _repaired(data: bytes, separator: str) -> bytes:
    """Returns a text with unpaired quotes as well-formed CSV.

    Raises:
        InvalidInput: A quote that opens a cell is not closed before the end or within the length of a cell.
    """
    text = data.decode()
    spaced = f'{separator} "' in text
    lines = _Lines(text)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    try:
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=spaced):
            if len(lines.taken) > 1 or lines.at_end:
                list(csv.reader(lines.taken, delimiter=separator, skipinitialspace=spaced, strict=True))
            writer.writerow(row)
            lines.next_record()
    except csv.Error:
        _refuse_unclosed(lines.first)
    return out.getvalue().encode()


class _Lines:
    """The lines of a text, of which those of the present record are remembered."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._length = len(text)
        self.taken: list[str] = []
        self.first = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        """Returns the next line with its end."""
        line = next(self._lines)
        self.taken.append(line)
        return line

    @property
    def at_end(self) -> bool:
        """Whether every line was taken."""
        return self._lines.tell() >= self._length

    def next_record(self) -> None:
        """Forgets the lines of the record that is done."""
        self.first += len(self.taken)
        self.taken.clear()


def _refuse_unclosed(line: int) -> NoReturn:
    """Raises the error of a quote that is never closed."""
    message = f'{line}번째 줄에서 열린 큰따옴표(")가 닫히지 않았습니다. 따옴표를 확인해주세요.'
    raise InvalidInput.of("file", message)
