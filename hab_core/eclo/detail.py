"""A prediction in Korean sentences, made from the model's own figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hab_core.regions import CITY
from hab_core.schemas.eclo import EcloContribution, EcloScore

_MINOR_INJURY = 3
"""ECLO of one person with minor injuries, the unit in which the size of a loss is put into words."""
_SAME = 0.03
"""Two figures that differ by less than this share are called similar."""
_WORTH_NAMING = 0.005
"""Effects on the log1p scale below this (half a percent) are not named."""
_READ = {"0": "영", "1": "일", "2": "이", "3": "삼", "4": "사", "5": "오", "6": "육", "7": "칠", "8": "팔", "9": "구"}
_SPOKEN = re.compile(r"[가-힣0-9]")


def describe(
    score: EcloScore, contributions: Sequence[EcloContribution], base_rates: Mapping[str, Any], district: str
) -> str:
    """Returns what a prediction means, how it compares with Daegu and the 구, and what raises and lowers it most.

    Args:
        score: The prediction.
        contributions: Effects of the circumstances.
        base_rates: Section ``base_rates`` of ``features.json``: typical ECLO of Daegu and of each 구/군.
        district: Full name of the place.
    """
    return " ".join(filter(None, (_size(score), _comparison(score.eclo, base_rates, district), _causes(contributions))))


def topic(word: str) -> str:
    """Returns ``word`` with 은 or 는, by its last spoken syllable."""
    return word + ("은" if ends_in_consonant(word) else "는")


def subject(word: str, shown: str | None = None) -> str:
    """Returns ``shown`` (or ``word``) with 이 or 가, by the last spoken syllable of ``word``."""
    return (shown or word) + ("이" if ends_in_consonant(word) else "가")


def ends_in_consonant(word: str) -> bool:
    """Returns whether the last Hangul syllable or digit of ``word``, as it is read, ends in a consonant (받침)."""
    spoken = _SPOKEN.findall(word)
    if not spoken:
        return False
    last = _READ.get(spoken[-1], spoken[-1])
    return (ord(last) - ord("가")) % 28 != 0


def _size(score: EcloScore) -> str:
    """Returns the sentence about the size of the loss and its place among Daegu's accidents."""
    eclo = f"{score.eclo:.1f}"
    people = f"{score.eclo / _MINOR_INJURY:.1f}"
    place = f"대구 사고의 {score.percentile:.0f}%보다 높습니다"
    if score.percentile < 1:
        place = "대구 사고 가운데 가장 낮은 편입니다"
    elif score.percentile > 99:
        place = "대구 사고 가운데 가장 높은 편입니다"
    return (
        f"예상 ECLO {topic(eclo)} 경상자 약 {people}명에 해당하는 피해 규모이며, {place}(등급: {score.interpretation})."
    )


def _comparison(eclo: float, base_rates: Mapping[str, Any], district: str) -> str:
    """Returns the sentence that compares with the typical accident of Daegu and of the 구, where they are known."""
    city = base_rates.get("daegu")
    if city is None:
        return ""
    gu = " ".join(district.split()[:2])
    local = base_rates.get("gu", {}).get(gu)
    typical = [("대구", city)] + ([(gu.removeprefix(f"{CITY} "), local)] if local is not None else [])
    names = [f"{name} 평균 수준({value:.1f})" for name, value in typical]
    relations = [_relation(eclo, value) for _, value in typical]
    if len(set(relations)) == 1:
        particle, _, closing = relations[0]
        return f"{'과 '.join(names)}{particle} {closing}."
    (particle, joining, _), (last_particle, _, closing) = relations
    return f"{names[0]}{particle} {joining} {names[1]}{last_particle} {closing}."


def _relation(eclo: float, typical: float) -> tuple[str, str, str]:
    """Returns the particle, the joining and the closing form of higher, lower or similar."""
    if abs(eclo - typical) < _SAME * typical:
        return "과", "비슷하고", "비슷합니다"
    return ("보다", "높고", "높습니다") if eclo > typical else ("보다", "낮고", "낮습니다")


def _causes(contributions: Sequence[EcloContribution]) -> str:
    """Returns the sentence about the circumstance that raises and the one that lowers the prediction most."""
    most = max(contributions, key=lambda each: each.effect, default=None)
    least = min(contributions, key=lambda each: each.effect, default=None)
    up = _named(most) if most is not None and most.effect >= _WORTH_NAMING else None
    down = _named(least) if least is not None and least.effect <= -_WORTH_NAMING else None
    if up and down:
        return f"{up} 예상값을 가장 크게 높이고, {down} 가장 크게 낮춥니다."
    if up:
        return f"{up} 예상값을 가장 크게 높입니다."
    return f"{down} 예상값을 가장 크게 낮춥니다." if down else ""


def _named(contribution: EcloContribution) -> str:
    """Returns a circumstance as the subject of a sentence."""
    return f"{contribution.label} " + subject(contribution.value, f"'{contribution.value}'")
