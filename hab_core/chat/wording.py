"""The words around figures: sentences, lines, and the records of results that the words before a figure name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from hab_core.chat.figures import DATE_UNITS, Figure

_SENTENCE = re.compile(r"(?<!\d)[.!?](?=\s|$)|(?<=\d)\.(?=\s|$)|\n")
_NEAR = 25
_Place = tuple[int, str]


class Wording:
    """An answer with its figures and the names of the records that it may speak of."""

    def __init__(self, response: str, figures: Sequence[Figure], labels: Mapping[_Place, Sequence[str]]) -> None:
        """Finds every name of a record that stands in the answer."""
        self._response = response
        self._figures = figures
        self._ends = [0, *(match.end() for match in _SENTENCE.finditer(response)), len(response) + 1]
        named: dict[str, list[_Place]] = {}
        for place, names in labels.items():
            for name in names:
                if name and name in response:
                    named.setdefault(name, []).append(place)
        self._named = named
        self._spoken = _outermost([spoken for name in named for spoken in _occurrences(response, name)])

    def sentence(self, figure: Figure) -> tuple[int, int]:
        """Returns where the sentence of a figure begins and ends; a line of a list is a sentence."""
        for start, end in pairwise(self._ends):
            if start <= figure.start < end:
                return start, end
        return 0, len(self._response)

    def records_before(self, figure: Figure) -> set[_Place]:
        """Returns the records that the words before a figure name, within its sentence.

        All names between the figure before it and this one count (A와 B는 각각 …); where there are none, the names
        that the figure before it had hold on.
        """
        start, _ = self.sentence(figure)
        if figure.unit in DATE_UNITS or any(at == figure.start for at, _ in self._spoken):
            return set()
        floors = [other.end for other in self._figures if start <= other.end <= figure.start and _measures(other)]
        for floor in [*reversed(floors), start]:
            names = [name for at, name in self._spoken if floor <= at < figure.start]
            if names:
                return {place for name in names for place in self._named[name]}
        return set()

    def named_in(self, start: int, end: int) -> set[_Place]:
        """Returns the records that the words of a stretch name."""
        return {place for at, name in self._spoken if start <= at < end for place in self._named[name]}

    def sentence_before(self, figure: Figure, count: int = 1) -> int:
        """Returns where the sentence begins that stands ``count`` before that of a figure."""
        start, _ = self.sentence(figure)
        at = self._ends.index(start) if start in self._ends else 0
        return self._ends[max(0, at - count)]

    def measured_by(self, label: Figure) -> Figure | None:
        """Returns the figure that a label such as 18시 belongs to: the next one, close by and no label itself."""
        following = next((other for other in self._figures if other.start >= label.end), None)
        if following is None or not _measures(following) or following.unit in ("배", "%p"):
            return None
        between = self._response[label.end : following.start]
        return following if len(between) <= _NEAR and not re.search(r"[,.]|부터|까지|에서\s", between) else None

    def lines(self) -> Iterator[list[Figure]]:
        """Yields the figures of each line."""
        start = 0
        for line in self._response.split("\n"):
            end = start + len(line)
            yield [figure for figure in self._figures if start <= figure.start < end]
            start = end + 1


def _measures(figure: Figure) -> bool:
    """Whether a figure says how much, and not when."""
    return not figure.date and figure.unit not in DATE_UNITS


def _occurrences(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Yields where a name stands that is no part of a longer number or, where it is one letter, of a word."""
    at = text.find(name)
    while at >= 0:
        before = text[at - 1] if at else " "
        after = text[at + len(name) : at + len(name) + 1] or " "
        inside_number = (name[0].isdigit() and (before.isdigit() or before in ".,")) or (
            name[-1].isdigit()
            and (after.isdigit() or (after in ".,%" and text[at + len(name) + 1 : at + len(name) + 2].isdigit()))
        )
        bare_number = name.replace(".", "").isdigit() and after != ":"
        if not inside_number and not bare_number and not (len(name) == 1 and before.isalnum()):
            yield at, name
        at = text.find(name, at + 1)


def _outermost(spoken: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Returns the names that lie in no longer one, in order."""
    kept: list[tuple[int, str]] = []
    for at, name in sorted(spoken, key=lambda each: (-len(each[1]), each[0])):
        if all(at + len(name) <= start or at >= start + len(other) for start, other in kept):
            kept.append((at, name))
    return sorted(kept)
