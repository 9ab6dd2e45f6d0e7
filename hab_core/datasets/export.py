"""Tables as CSV that a spreadsheet opens rightly and safely.

Spreadsheets run cells that begin like a formula (OWASP, "CSV Injection"; ASVS 5.0, 1.2.10), so such text gets a leading
apostrophe. Text that is a number, such as -3.5, stays as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence

UTF8_BOM = b"\xef\xbb\xbf"
"""Opens a UTF-8 file for Excel, which otherwise takes it for the system's own encoding."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?%?")


def escape_formula(text: str) -> str:
    """Returns ``text`` with a leading apostrophe where a spreadsheet would run it as a formula."""
    if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_cell(value: object) -> str:
    """Returns any JSON value as the text of a cell: null is empty, lists and objects are JSON, formulas are escaped."""
    if value is None:
        return ""
    if isinstance(value, str):
        return escape_formula(value)
    if isinstance(value, bool | list | dict):
        return escape_formula(json.dumps(value, ensure_ascii=False))
    return str(value)


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Returns rows of cells as CSV lines in UTF-8, ended by CR LF (RFC 4180), without BOM.

    Half a surrogate pair, which UTF-8 cannot hold, becomes a question mark.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([csv_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", errors="replace")
