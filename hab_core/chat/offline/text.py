"""A question as the rules read it: normalised, and without blanks so that spacing does not matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

_KEPT = re.compile(r"[0-9a-z가-힣]")
_PARTICLES = frozenset(
    (
        *("", "인", "일", "가", "이", "은", "는", "에", "와", "과", "랑", "만", "도", "의", "을", "를"),
        *("때", "날", "일때", "인날", "올때", "보다", "이나"),
    )
)
_ANYWHERE = 3


class Token(NamedTuple):
    """Something the rules recognised: ``kind`` of thing, place in ``Question.compact``, and what it means."""

    kind: str
    start: int
    end: int
    meaning: Any

    @property
    def length(self) -> int:
        """How many characters it covers."""
        return self.end - self.start


@dataclass(frozen=True)
class Question:
    """A question; ``text`` is NFC, lower case, single blanks."""

    text: str

    @classmethod
    def of(cls, message: str) -> Question:
        """Returns the question of a message as a person typed it."""
        text = unicodedata.normalize("NFC", message).casefold()
        return cls(" ".join(text.split()))

    @cached_property
    def _kept(self) -> list[tuple[str, int, bool]]:
        """The characters of ``compact`` with their place in ``text`` and whether a word begins there.

        The particle 의 at the end of a word is left out: 가해운전자의 연령 is found by 가해운전자연령.
        """
        kept: list[tuple[str, int, bool]] = []
        for word in re.finditer(r"\S+", self.text):
            letters = list(_KEPT.finditer(word.group()))
            if len(letters) > 2 and letters[-1].group() == "의":
                letters.pop()
            begins = True
            for letter in letters:
                place = word.start() + letter.start()
                before = self.text[place - 1] if place else " "
                kept.append((letter.group(), place, begins or not _KEPT.match(before)))
                begins = False
        return kept

    @cached_property
    def compact(self) -> str:
        """The letters and digits of ``text`` without blanks and signs."""
        return "".join(letter for letter, _, _ in self._kept)

    def span(self, token: Token) -> tuple[int, int]:
        """Returns where a token stands in ``text``."""
        return self._kept[token.start][1], self._kept[token.end - 1][1] + 1

    def token(self, kind: str, start: int, end: int, meaning: Any) -> Token | None:
        """Returns the token of a span of ``text``; None where it has no letters."""
        inside = [i for i, (_, place, _) in enumerate(self._kept) if start <= place < end]
        return Token(kind, inside[0], inside[-1] + 1, meaning) if inside else None

    def occurrences(self, surface: str) -> Iterator[tuple[int, int]]:
        """Yields where ``surface`` (lower case, no blanks) stands in ``compact``.

        Three letters are found anywhere, two at the beginning of a word, one only as a word with a particle.
        """
        start = self.compact.find(surface)
        while start >= 0:
            end = start + len(surface)
            if len(surface) >= _ANYWHERE or (
                self._kept[start][2] and (len(surface) > 1 or self.rest(end) in _PARTICLES)
            ):
                yield start, end
            start = self.compact.find(surface, start + 1)

    def rest(self, end: int) -> str:
        """Returns what follows a place of ``compact`` within the same word."""
        rest = ""
        for letter, _, begins in self._kept[end:]:
            if begins:
                break
            rest += letter
        return rest

    def before(self, token: Token) -> str:
        """Returns the text before a token."""
        return self.text[: self.span(token)[0]]

    def after(self, token: Token) -> str:
        """Returns the text after a token."""
        return self.text[self.span(token)[1] :]

    def masked(self, tokens: Iterable[Token]) -> str:
        """Returns ``text`` with the tokens blotted out, at the same length."""
        letters = list(self.text)
        for token in tokens:
            start, end = self.span(token)
            letters[start:end] = "□" * (end - start)
        return "".join(letters)


def choose(candidates: Iterable[Token], order: Iterable[str]) -> list[Token]:
    """Returns tokens that do not overlap, in the order of the question: longer ones win, then earlier kinds."""
    rank = {kind: i for i, kind in enumerate(order)}
    chosen: list[Token] = []
    for token in sorted(candidates, key=lambda each: (-each.length, rank[each.kind], each.start)):
        if all(token.end <= other.start or token.start >= other.end for other in chosen):
            chosen.append(token)
    return sorted(chosen, key=lambda each: each.start)


def squeeze(name: str) -> str:
    """Returns a name as it is looked for in ``Question.compact``."""
    return "".join(_KEPT.findall(unicodedata.normalize("NFC", name).casefold()))
