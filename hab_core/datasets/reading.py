"""From the bytes of a CSV to a typed table and a report of how it was read.

Content type, encoding, line ends, separator, header and types are each decided by the whole file. Nothing is lost in
silence: what is left out, filled, renamed or kept as text is said in the report's Korean warnings.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import polars as pl

from hab_core.datasets.content import refuse_other_types
from hab_core.datasets.decoding import to_utf8
from hab_core.datasets.header import find_header
from hab_core.datasets.layout import find_layout
from hab_core.datasets.records import read_records
from hab_core.datasets.types import to_types
from hab_core.schemas.datasets import ReadReport

LineEnd = Literal["\n", "\r\n", "\r"]
_HASHED_AT_ONCE = 1 << 20


def read_csv(source: bytes | Path) -> tuple[pl.DataFrame, ReadReport]:
    """Returns the table of a CSV and how it was read.

    Args:
        source: The content of the file, or where it lies; its name is of no consequence.

    Returns:
        Columns of 64-bit integers, floats, dates, moments (microseconds, local time) and text, null where a cell is
        blank; and the report.

    Raises:
        UnsupportedFileType: The content is another format: workbook, archive, JSON, HTML, executable …
        InvalidInput: It cannot be read without guessing or losing something; the message says where and why:
            undecodable bytes, NUL, an unclosed quote, rows longer than the header, no data, too many columns.
    """
    data = source.read_bytes() if isinstance(source, Path) else source
    refuse_other_types(data)
    text, encoding = to_utf8(data)
    del data
    text, line_end = _to_line_feeds(text)
    layout = find_layout(text)
    del text
    header = find_header(layout)
    body = read_records(layout, header)
    repaired = ["짝이 맞지 않는 큰따옴표를 글자로 읽었습니다."] if layout.repaired else []
    frame, about_types = to_types(body.frame, body.words)
    return frame, ReadReport(
        encoding=encoding,
        separator=layout.separator,
        line_end=line_end,
        preamble=header.preamble,
        short_rows=body.short_rows,
        empty_rows=body.empty_rows,
        warnings=header.warnings + repaired + body.warnings + about_types,
    )


def content_hash(source: bytes | Path) -> str:
    """Returns ``sha256:`` and the hex digest of a file, by which the same upload is known again."""
    if isinstance(source, bytes):
        return f"sha256:{hashlib.sha256(source).hexdigest()}"
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while part := file.read(_HASHED_AT_ONCE):
            digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def _to_line_feeds(text: bytes) -> tuple[bytes, LineEnd]:
    """Returns a text whose lines end in LF or CRLF, and how they ended: old Macintosh files end them in CR alone."""
    text = text.removesuffix(b"\x1a")
    if b"\r" not in text:
        return text, "\n"
    if b"\n" not in text:
        return text.replace(b"\r", b"\n"), "\r"
    if b"\r\r\n" in text:
        text = text.replace(b"\r\r\n", b"\r\n")
    return text, "\r\n" if b"\r\n" in text else "\n"
