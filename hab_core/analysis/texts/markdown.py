"""Numbers, cells and tables as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from hab_core.schemas.analysis_results import RowTable, ToolResult

MAX_LINES = 30
_CELL = 60
_NOTHING = "-"
_MARKS = str.maketrans({"|": "\\|", "\n": " ", "\r": " ", "\t": " ", "`": "'", "<": "&lt;", ">": "&gt;"})


def number(value: float | int | None) -> str:
    """Returns a number for reading: thousands separated, whole ones whole, others with about four digits that count."""
    if value is None:
        return _NOTHING
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.4g}"
    digits = max(0, min(6, 3 - math.floor(math.log10(size)))) if size < 1000 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float | None) -> str:
    """Returns a share from 0 to 1 in percent."""
    return _NOTHING if share is None else f"{share * 100:.1f}%"


def probability(p: float | None) -> str:
    """Returns a p value."""
    if p is None:
        return _NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def cell(value: Any) -> str:
    """Returns a cell on one line, with the marks of Markdown made harmless."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "예" if value else "아니오"
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else number(value)
    text = str(value)
    return (text if len(text) <= _CELL else text[: _CELL - 1] + "…").translate(_MARKS)


def name(column: str) -> str:
    """Returns the name of a column, set off from the text."""
    return f"**{cell(column)}**"


def grid(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Returns a Markdown table of at most ``MAX_LINES`` lines, which says how many it leaves out."""
    every = list(lines)
    table = grid_of(header, every[:MAX_LINES])
    left = len(every) - MAX_LINES
    return table + (f"\n\n… 외 {left:,}줄" if left > 0 else "")


def grid_of(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table with all of its lines."""
    rows = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *rows])


def row_grid(table: RowTable, most_columns: int = 12) -> str:
    """Returns rows of the table as Markdown; says how many columns it leaves out."""
    columns = table.columns[:most_columns]
    text = grid(
        [cell(each) for each in columns], ([cell(value) for value in row[:most_columns]] for row in table.items)
    )
    left = len(table.columns) - len(columns)
    return text + (f"\n\n… 외 {left}개 열" if left > 0 else "")


def complete(body: str, result: ToolResult) -> str:
    """Returns the whole text: the conditions, the body, or what there is to say of no rows, and the remarks."""
    if not result.rows:
        body = "조건에 맞는 행이 없습니다." if result.conditions else "표에 행이 없습니다."
    parts = [f"조건: {cell_free(result.conditions)}"] if result.conditions else []
    parts.append(body)
    if result.notes:
        parts.append("\n".join(f"- 참고: {cell_free(note)}" for note in result.notes))
    return "\n\n".join(parts)


def cell_free(text: str) -> str:
    """Returns running text with the marks of Markdown made harmless, at its full length."""
    return text.translate(_MARKS)
