"""Questions that a table can answer, to offer where one could not be understood or none was asked yet."""

from __future__ import annotations

from hab_core.chat.offline.lexicon import Lexicon
from hab_core.eclo.detail import subject

OFFERED = 3
_CLASSES = (2, 60)
_FEWEST_NUMBERS = 6
"""Fewer different numbers are the codes of something: 방향 1, 2, 3."""
_MOST_MISSING = 0.5


def suggestions(lexicon: Lexicon) -> list[str]:
    """Returns three different questions about a table that the offline analyst answers."""
    noun = lexicon.source.rows_are.noun
    filled = [
        each
        for each in lexicon.profile.column_profiles
        if each.missing <= _MOST_MISSING * lexicon.profile.rows and each.name != lexicon.year_column
    ]
    classes = [each.name for each in filled if each.kind == "category" and _CLASSES[0] <= each.distinct <= _CLASSES[1]]
    numbers = [each.name for each in lexicon.profile.derived_columns if each.rule == "eclo"]
    numbers += [each.name for each in filled if each.kind in ("integer", "number") and each.distinct >= _FEWEST_NUMBERS]
    offered = []
    if lexicon.date is not None and not lexicon.dates_the_file:
        offered.append(f"{subject(noun)} 가장 많은 {'시간대는' if lexicon.part('hour') else '달은 몇 월이야'}?")
    if classes and numbers:
        offered.append(f"{classes[0]}별 평균 {numbers[0]}?")
    if classes:
        offered.append(f"{classes[-1]}별 건수는?")
    if numbers:
        offered.append(f"{numbers[0]}의 평균은?")
    offered += ["결측치가 있는 열은?", "행과 열은 몇 개야?", "예시로 몇 줄만 보여줘"]
    return offered[:OFFERED]
