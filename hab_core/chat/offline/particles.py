"""Particles by the last sound of a word, words of Latin letters included: ECLO가, CCTV는, 450대로."""

from __future__ import annotations

from hab_core.eclo.detail import ends_in_consonant

_CONSONANT_LETTERS = frozenset("lmnr")
_RIEUL = 8


def topic(word: str) -> str:
    """Returns ``word`` with 은 or 는."""
    return word + ("은" if _closed(word) else "는")


def subject(word: str) -> str:
    """Returns ``word`` with 이 or 가."""
    return word + ("이" if _closed(word) else "가")


def by(word: str) -> str:
    """Returns ``word`` with 으로 or 로; after ㄹ it is 로."""
    last = _last(word)
    rieul = last in "178lr" or ("가" <= last <= "힣" and (ord(last) - ord("가")) % 28 == _RIEUL)
    return word + ("으로" if _closed(word) and not rieul else "로")


def _last(word: str) -> str:
    """Returns the last letter or digit of a word, lower case; a blank where it has none."""
    return next((letter.casefold() for letter in reversed(word) if letter.isalnum()), " ")


def _closed(word: str) -> bool:
    """Whether a word ends in a consonant as it is read."""
    last = _last(word)
    if last.isascii() and last.isalpha():
        return last in _CONSONANT_LETTERS
    return ends_in_consonant(last)
