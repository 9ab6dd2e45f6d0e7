"""Text of others as Markdown that is safe to show.

What comes from a language model, or from cells of somebody's table, may hold pictures, links, HTML and Streamlit's own
directives. They are shown as text, so that showing an answer never sends a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_UNTOUCHED = (
    re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL),
    re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$", re.MULTILINE),
)
"""Code, in which nothing works, and the lines below the heads of tables."""
_SPECIAL = re.compile(r"\\.|\*\*|[$~<:\[\]]", re.DOTALL)
_JOINER = "\u2060"
"""Stands on both sides of ``**``: CommonMark does not see the end of bold text between a sign and a Korean particle."""


def safe(text: str) -> str:
    """Returns a text in which headings, lists, tables, bold text and code work and nothing else."""
    at, parts = 0, []
    for start, end in untouched(text):
        parts += [escape(text[at:start]), text[start:end]]
        at = end
    return "".join([*parts, escape(text[at:])])


def untouched(text: str) -> Iterator[tuple[int, int]]:
    """Gives the ends of the parts that are to stay as they are, in order."""
    at = 0
    for start, end in sorted(match.span() for pattern in _UNTOUCHED for match in pattern.finditer(text)):
        if start >= at:
            yield start, end
            at = end


def escape(text: str) -> str:
    """Returns a text without code, made harmless; what is escaped already stays so."""
    return _SPECIAL.sub(lambda found: _harmless(found.group()), text)


def _harmless(token: str) -> str:
    """Returns a special token as what can be shown."""
    if token.startswith("\\"):
        return token
    return f"{_JOINER}{token}{_JOINER}" if token.startswith("*") else f"\\{token}"
