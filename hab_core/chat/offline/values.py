"""Values that a question mentions, and which column each of them belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hab_core.chat.offline.lexicon import Lexicon, Valued
from hab_core.chat.offline.text import Question, Token, squeeze
from hab_core.chat.offline.words import PIECES

_NEGATED = re.compile(
    r"^(?:인|한)?\s?(?:날|때|사고|것|곳)?\s?(?:을|를|이|가|은|는)?\s?(?:제외|빼고|뺀|말고|아닌|않은|이외|외의|"
    r"외에|제하)"
)
_YES = re.compile(
    r"^(?:이|가|은|는|을|를)?\s?(?:설치)?(?:가|이)?\s?(?:된|되어|되었|돼|있|한\s|설치된|설치되어|설치한|운영)"
)
_NO = re.compile(
    r"^(?:이|가|은|는|을|를)?\s?(?:설치)?(?:가|이)?\s?(?:없|안\s?|미설치|되지\s?않|되어\s?있지\s?않|되있지\s?않|"
    r"설치되지|설치\s?안|않|미\s?설치)"
)
_SOME = re.compile(
    r"^(?:이|가)?\s?(?:한\s?명이라도|하나라도|1명이라도)?\s?(?:있는|있었던|있던|발생한|나온|생긴|포함|난\s)"
)
_NONE = re.compile(r"^(?:이|가)?\s?(?:한\s?명도|하나도)?\s?(?:없는|없었던|없던|안\s?난|나오지\s?않은)")
_ROLES = tuple(tuple(squeeze(word) for word in group) for group in PIECES[:2])
_VICTIM = ("보행자", "피해")


def find_values(question: Question, lexicon: Lexicon) -> Iterator[Token]:
    """Yields the values of the table that a question mentions, each with the columns that have it."""
    for surface, valued in lexicon.values.items():
        if surface in question.compact:
            for start, end in question.occurrences(surface):
                yield Token("value", start, end, valued)


def condition_of(token: Token, question: Question, lexicon: Lexicon, mentioned: list[str]) -> dict[str, Any]:
    """Returns the condition that a value stands for.

    Args:
        token: The value with the columns that have it.
        question: The question it stands in.
        lexicon: The table.
        mentioned: Columns that the question names before the value, the nearest first.
    """
    column = _column_of(token.meaning, question.before(token), lexicon, mentioned)
    values = sorted({each.value for each in token.meaning if each.column == column})
    negated = bool(_NEGATED.match(question.after(token)))
    if len(values) == 1:
        return {"column": column, "operator": "!=" if negated else "==", "value": values[0]}
    return {"column": column, "operator": "in", "value": values}


def _column_of(valued: list[Valued], before: str, lexicon: Lexicon, mentioned: list[str]) -> str:
    """Returns the column that a value belongs to: one just named, that of the role spoken of, the plainest."""
    columns = list(dict.fromkeys(each.column for each in valued))
    for named in mentioned:
        for column in columns:
            if named in (column, *lexicon.sources_of(column)):
                return column
    role = role_column(columns, before)
    if role is not None:
        return role
    if lexicon.gu in columns:
        return str(lexicon.gu)
    missing = {each.name: each.missing for each in lexicon.profile.column_profiles}
    return min(columns, key=lambda each: (lexicon.rule(each) is not None, missing.get(lexicon.sources_of(each)[0], 0)))


def role_column(columns: list[str], before: str) -> str | None:
    """Returns the column of the party spoken of last, 가해 or 피해; None where neither is."""
    spoken = squeeze(before)
    places = [(max(spoken.rfind(word) for word in group), group[0]) for group in _ROLES]
    place, piece = max(places)
    if place < 0:
        return None
    return next((column for column in columns if piece in squeeze(column)), None)


def yes_or_no(token: Token, question: Question, lexicon: Lexicon) -> dict[str, Any] | None:
    """Returns the condition of 설치된, 있는, 없는 behind a column of yes and no, or of a count; None without one."""
    after = question.after(token)
    for meant in token.meaning:
        if meant.column in lexicon.booleans:
            yes, no = lexicon.booleans[meant.column]
            if _NO.match(after):
                return {"column": meant.column, "operator": "==", "value": no}
            if _YES.match(after):
                return {"column": meant.column, "operator": "==", "value": yes}
    best = token.meaning[0].column
    if lexicon.kind(best) == "integer" and (_SOME.match(after) or _NONE.match(after)):
        some = bool(_SOME.match(after))
        return {"column": best, "operator": ">=" if some else "==", "value": 1 if some else 0}
    return None
