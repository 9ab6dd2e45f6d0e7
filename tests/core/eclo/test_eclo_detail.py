from __future__ import annotations

import pytest

from hab_core.eclo.detail import describe, ends_in_consonant, subject, topic
from hab_core.schemas.eclo import EcloContribution, EcloInterval, EcloScore

RATES = {"daegu": 4.1, "gu": {"대구광역시 수성구": 3.0}}
PLACE = "대구광역시 수성구 상동"


def score(eclo: float = 4.3, percentile: float = 62.4, interpretation: str = "일반") -> EcloScore:
    return EcloScore(
        eclo=eclo, interval=EcloInterval(low=1, high=9), percentile=percentile, interpretation=interpretation
    )


def effect(label: str, value: str, size: float) -> EcloContribution:
    return EcloContribution(feature="x", label=label, value=value, effect=size)


@pytest.mark.parametrize("word", ["차대사람", "교차로 - 교차로안", "토요일(공휴일)", "4.3", "10.0", "6", "7", "8", "1"])
def test_words_that_end_in_a_consonant(word: str) -> None:
    assert ends_in_consonant(word)


@pytest.mark.parametrize("word", ["차대차", "단일로 - 지하차도(도로)내", "1시", "4.2", "4.4", "4.5", "4.9", "", "()"])
def test_words_that_end_in_a_vowel(word: str) -> None:
    assert not ends_in_consonant(word)


def test_particles_follow_the_last_syllable() -> None:
    assert (topic("4.3"), topic("4.2")) == ("4.3은", "4.2는")
    assert (subject("차대사람"), subject("비")) == ("차대사람이", "비가")
    assert subject("맑음", "'맑음'") == "'맑음'이"


def test_the_sentences_say_size_place_comparison_and_causes() -> None:
    effects = [effect("사고유형", "차대사람", 0.3), effect("기상상태", "맑음", -0.1), effect("요일", "토요일", 0.05)]
    assert describe(score(), effects, RATES, PLACE) == (
        "예상 ECLO 4.3은 경상자 약 1.4명에 해당하는 피해 규모이며, 대구 사고의 62%보다 높습니다(등급: 일반). "
        "대구 평균 수준(4.1)과 수성구 평균 수준(3.0)보다 높습니다. "
        "사고유형 '차대사람'이 예상값을 가장 크게 높이고, 기상상태 '맑음'이 가장 크게 낮춥니다."
    )


@pytest.mark.parametrize(
    ("eclo", "sentence"),
    [
        (4.12, "대구 평균 수준(4.1)과 비슷하고 수성구 평균 수준(3.0)보다 높습니다."),
        (3.5, "대구 평균 수준(4.1)보다 낮고 수성구 평균 수준(3.0)보다 높습니다."),
        (2.0, "대구 평균 수준(4.1)과 수성구 평균 수준(3.0)보다 낮습니다."),
    ],
)
def test_comparison_with_daegu_and_the_gu(eclo: float, sentence: str) -> None:
    assert sentence in describe(score(eclo), [], RATES, PLACE)


def test_what_is_not_known_is_not_said() -> None:
    assert "대구 평균 수준(4.1)보다 높습니다." in describe(score(), [], RATES, "대구광역시 군위군 군위읍")
    assert describe(score(), [], {}, PLACE).endswith("(등급: 일반).")


def test_only_effects_worth_naming_are_named() -> None:
    assert describe(score(), [effect("요일", "토요일", 0.2)], {}, PLACE).endswith(
        "요일 '토요일'이 예상값을 가장 크게 높입니다."
    )
    assert describe(score(), [effect("요일", "토요일", -0.2)], {}, PLACE).endswith(
        "'토요일'이 예상값을 가장 크게 낮춥니다."
    )
    assert describe(score(), [effect("요일", "토요일", 0.001)], {}, PLACE).endswith("(등급: 일반).")


def test_the_ends_of_the_scale_have_words_of_their_own() -> None:
    assert "가장 낮은 편입니다" in describe(score(percentile=0.2), [], {}, PLACE)
    assert "가장 높은 편입니다" in describe(score(percentile=99.8), [], {}, PLACE)
