"""The Markdown of the tools as HTML for notebooks: paragraphs, bold names, remarks and tables, all of it escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[|\s:-]+")


def to_html(text: str) -> str:
    """Returns Markdown as HTML in ``div``, ``table`` and ``b``; what it does not know stays as it is, escaped."""
    return "".join(_blocks(text))


def _blocks(text: str) -> Iterator[str]:
    """Gives each table and each other line of a text."""
    for is_table, lines in groupby(text.splitlines(), lambda line: line.startswith("|")):
        if is_table:
            yield _table([_cells(line) for line in lines if not _RULE.fullmatch(line)])
        else:
            yield from (f"<div>{_inline(line)}</div>" for line in lines if line.strip())


def _table(rows: list[list[str]]) -> str:
    """Returns rows, the first of which holds the titles, as a table."""
    lines = []
    for number, row in enumerate(rows):
        tag = "td" if number else "th"
        lines.append("".join(f"<{tag} style='text-align:left'>{_inline(cell)}</{tag}>" for cell in row))
    return f"<table style='font-size:.9em'>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _cells(line: str) -> list[str]:
    """Returns the cells of a line of a table."""
    return [cell.strip().replace("\\|", "|") for cell in _BETWEEN_CELLS.split(line)[1:-1]]


def _inline(text: str) -> str:
    """Returns a piece of text; its entities are Markdown's own, so they are read before everything is escaped."""
    return _BOLD.sub(r"<b>\1</b>", escape(unescape(text)))
