from __future__ import annotations

import pytest

from hab_core.chat.followups import leans_on_context, normalise_question


@pytest.mark.parametrize(
    "question",
    [
        "그럼 북구는?",
        "그중 야간 사고는 몇 건이야?",
        "위의 결과를 비율로 보여줘",
        "그 다음으로 많은 곳은?",
        "북구는?",
        "그러면 요일별로는?",
        "방금 말한 구의 평균 ECLO는?",
        "이 중에서 사망사고는?",
        "그 이유가 뭐야?",
        "앞의 답에서 제일 큰 값은?",
        "그건 왜 그래?",
        "나머지는?",
        "같은 조건으로 달서구도 알려줘",
        "거기서 비 오는 날만 보면?",
    ],
)
def test_leaning_questions_are_recognised(question: str) -> None:
    assert leans_on_context(question)


@pytest.mark.parametrize(
    "question",
    [
        "사고가 가장 많은 시간대는?",
        "구별 평균 ECLO는?",
        "요일별 사고 건수를 알려줘",
        "수성구 사고는 몇 건인가요?",
        "결측치가 있는 열은?",
        "평균은?",
        "이 데이터는 언제부터 언제까지인가요?",
        "그래프로 월별 사고 건수를 보여줘",
        "중구와 서구의 사고 건수를 비교해줘",
        "이륜차 사고의 평균 중상자수는?",
        "전체 사고는 몇 건이야?",
        "상위 5개 동은?",
    ],
)
def test_questions_that_stand_alone_are_not_taken_for_leaning(question: str) -> None:
    assert not leans_on_context(question)


def test_the_normal_form_ignores_what_makes_no_difference() -> None:
    forms = [
        "사고가  가장 많은 시간대는?",
        " 사고가 가장 많은 시간대는 ?? ",
        "사고가 가장 많은 시간대는",
        "사고가\n가장 많은 시간대는。",
    ]
    assert len({normalise_question(each) for each in forms}) == 1
    decomposed = "사고가 가장"
    assert normalise_question(decomposed) == normalise_question("사고가 가장")
    assert normalise_question("ECLO는?") == normalise_question("eclo는")
    assert normalise_question("북구 사고") != normalise_question("동구 사고")
