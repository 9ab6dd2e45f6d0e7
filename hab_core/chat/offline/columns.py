"""Which columns a question may mean: every name, its synonyms and its telling parts as surfaces to look for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from hab_core.chat.offline.text import Question, Token, squeeze
from hab_core.chat.offline.words import COLUMN_SYNONYMS, LIGHT_PIECES, PIECES
from hab_core.schemas.datasets import ColumnKind

_MOST_SURFACES = 150
_SHORTEST_PART = 2


class Meant(NamedTuple):
    """A column that a surface may mean, and how completely the surface names it, 0 to 1."""

    column: str
    completeness: float


def surfaces_of(columns: Iterable[tuple[str, ColumnKind]], row_noun: str) -> dict[str, list[Meant]]:
    """Returns what to look for in a question and the columns it may mean, the best first.

    Args:
        columns: Names and kinds; derived parts of dates and places are not among them.
        row_noun: What the rows are called; it never stands for a column.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for name, kind in columns:
        for surface, completeness in _surfaces(name, kind):
            if surface != squeeze(row_noun) or completeness == 1.0:
                found[surface][name] = max(completeness, found[surface].get(name, 0.0))
    return {
        surface: sorted((Meant(*each) for each in names.items()), key=lambda each: -each.completeness)
        for surface, names in found.items()
    }


def find_columns(question: Question, surfaces: dict[str, list[Meant]]) -> Iterator[Token]:
    """Yields every place where a column may be meant."""
    for surface, meant in surfaces.items():
        if surface in question.compact:
            for start, end in question.occurrences(surface):
                yield Token("column", start, end, meant)


def _surfaces(name: str, kind: ColumnKind) -> Iterator[tuple[str, float]]:
    """Yields the surfaces of one column with their completeness."""
    whole = squeeze(name)
    if not whole:
        return
    yield whole, 1.0
    if kind == "code":
        return
    for group in _groups(COLUMN_SYNONYMS):
        if group[0] == whole:
            yield from ((synonym, 0.95 - 0.01 * i) for i, synonym in enumerate(group[1:]))
    pieces = split(name)
    count = 0
    for first in range(len(pieces)):
        for last in range(len(pieces), first, -1):
            part = pieces[first:last]
            share = sum(map(len, part)) / len(whole)
            if share < 1 and not _tells(part):
                continue
            for words in product(*map(_synonyms, part)):
                surface = "".join(words)
                count += 1
                if len(surface) >= _SHORTEST_PART and count <= _MOST_SURFACES and surface not in LIGHT_PIECES:
                    yield surface, min(share, 0.9)


def _tells(part: list[str]) -> bool:
    """Returns whether some pieces of a name can stand for it."""
    return any(piece not in LIGHT_PIECES and len(piece) >= _SHORTEST_PART for piece in part)


def split(name: str) -> list[str]:
    """Returns the parts of a name: at blanks and signs, and at the words of ``PIECES`` and ``LIGHT_PIECES``."""
    known = sorted({word for group in _groups(PIECES) for word in group[:1]} | LIGHT_PIECES, key=len, reverse=True)
    pattern = "|".join(map(re.escape, (word for word in known if len(word) >= _SHORTEST_PART)))
    parts: list[str] = []
    for word in re.split(r"[\s_\-./()\[\]]+", name):
        pieces = re.split(f"({pattern})", squeeze(word))
        parts += [piece for piece in pieces if piece]
    tail = parts[-1] if parts else ""
    if len(tail) > _SHORTEST_PART and tail[-1] in "수명":
        parts[-1:] = [tail[:-1], tail[-1]]
    return parts


def _synonyms(piece: str) -> tuple[str, ...]:
    """Returns a part of a name and what else it is called."""
    return next((group for group in _groups(PIECES) if group[0] == piece), (piece,))


def _groups(groups: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yields groups of synonyms in the form in which they are looked for."""
    return (tuple(squeeze(word) for word in group) for group in groups)
