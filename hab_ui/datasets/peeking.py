"""A look at a file before it is sent: what kind of file it seems to be, and its first lines.

The server reads the whole file and decides; this only tells the user at once what can be told from its beginning.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import PurePath

from hab_core.errors import FileTooLarge, UnsupportedFileType

_LOOKED_AT = 64 * 1024
_LINES = 5
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp949": "CP949"}
_OTHER_KINDS = frozenset(
    {".json", ".geojson", ".xml", ".html", ".htm", ".xls", ".xlsx", ".hwp", ".hwpx", ".pdf", ".zip", ".parquet"}
)
"""Endings of files that people have beside their CSV and that are none."""


@dataclass(frozen=True)
class Peek:
    """The beginning of a file.

    Attributes:
        encoding: How it seems to be written, for people.
        header: The cells of its first line.
        rows: The cells of the lines after it.
    """

    encoding: str
    header: list[str]
    rows: list[list[str]]


def peek(name: str, content: bytes, limit_mb: int) -> Peek:
    """Looks at the beginning of a file.

    Args:
        name: What it is called.
        content: Its bytes.
        limit_mb: How large it may be.

    Raises:
        FileTooLarge: It is larger than the server accepts.
        UnsupportedFileType: It cannot be CSV.
    """
    if len(content) > limit_mb * 1024 * 1024:
        raise FileTooLarge.over(limit_mb)
    head = content[:_LOOKED_AT]
    if PurePath(name).suffix.lower() in _OTHER_KINDS or (b"\0" in head and not _is_utf16(head)):
        raise UnsupportedFileType
    encoding, text = _decoded(head, whole=len(content) == len(head))
    lines = [line for line in text.splitlines() if line.strip()][: _LINES + 1]
    cells = list(csv.reader(lines, delimiter=_separator(lines)))
    return Peek(encoding, cells[0] if cells else [], cells[1:])


def _is_utf16(head: bytes) -> bool:
    """Whether bytes begin with the mark of UTF-16."""
    return head[:2] in (b"\xff\xfe", b"\xfe\xff")


def _decoded(head: bytes, *, whole: bool) -> tuple[str, str]:
    """Returns how bytes seem to be written, and their text without the last line, which may have been cut."""
    if _is_utf16(head):
        return "UTF-16", head.decode("utf-16", errors="replace")
    if not whole:
        head = head.rpartition(b"\n")[0] or head
    for codec, name in _ENCODINGS.items():
        try:
            return name, head.decode(codec)
        except UnicodeDecodeError:
            continue
    return "알 수 없음", head.decode("utf-8", errors="replace")


def _separator(lines: list[str]) -> str:
    """Returns the separator that the first line holds most of."""
    return max(",\t;|", key=lines[0].count) if lines else ","
