from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hab_core.chat.figures import find_figures
from hab_core.chat.offline.analyst import OfflineAnalyst
from hab_core.chat.receipts import find_receipts, unverified
from hab_core.chat.sources import Source
from hab_core.schemas.chat import ToolCall
from tests.core.chat.alterations import altered, flagged
from tests.core.chat.golden import Golden, golden_answers

QUESTIONS = (
    "사고가 가장 많은 시간대는?",
    "요일별 사고 건수",
    "구별 평균 ECLO는?",
    "비 오는 날 사고는 몇 건이야?",
    "연도별 사고 추이",
    "ECLO 이상치",
    "ECLO가 가장 큰 사고 5건",
    "사고유형별 비율",
    "수성구와 달서구 사고 건수 비교",
    "ECLO 90 백분위수",
    "데이터 기간",
    "월별 사망자 합계",
)
SEEDS = range(3)


@pytest.fixture(scope="module")
def answers(accidents: Source) -> list[Golden]:
    """Right answers: in the styles of a language model, and of the offline analyst."""
    analyst = OfflineAnalyst([accidents])
    offline = [analyst.answer(question) for question in QUESTIONS]
    return golden_answers(accidents) + [Golden(each.response, each.tool_calls) for each in offline]


def test_hardly_any_right_figure_is_flagged(answers: list[Golden]) -> None:
    receipts = [(golden, each) for golden in answers for each in find_receipts(golden.text, golden.calls)]
    wrong = [(each.figure, golden.text) for golden, each in receipts if each.status == "unverified"]
    assert len(receipts) > 200
    assert len(wrong) <= 0.03 * len(receipts), wrong


def test_nearly_every_altered_figure_is_flagged(answers: list[Golden]) -> None:
    caught, missed = 0, []
    for seed in SEEDS:
        rng = random.Random(seed)
        for golden in answers:
            for receipt in find_receipts(golden.text, golden.calls):
                text = altered(golden.text, receipt, rng)
                if text is None:
                    continue
                if flagged(find_receipts(text, golden.calls), receipt.start):
                    caught += 1
                else:
                    missed.append((receipt.figure, text[max(0, receipt.start - 20) : receipt.start + 12]))
    assert caught >= 0.95 * (caught + len(missed)), missed


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_an_altered_large_count_never_passes(answers: list[Golden], seed: int) -> None:
    rng = random.Random(seed)
    golden = rng.choice(answers)
    counts = [
        each for each in find_receipts(golden.text, golden.calls) if "," in each.figure and each.status == "verified"
    ]
    if counts:
        receipt = rng.choice(counts)
        text = altered(golden.text, receipt, rng)
        assert text is not None
        assert flagged(find_receipts(text, golden.calls), receipt.start)


def test_a_receipt_points_to_its_value(accidents: Source) -> None:
    answer = OfflineAnalyst([accidents]).answer("요일별 사고 건수")
    for receipt in answer.receipts:
        assert answer.response[receipt.start :].startswith(receipt.figure)
        assert receipt.tool_call == 0
        found: object = answer.tool_calls[0].result
        for part in str(receipt.path).split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]
        assert found == receipt.value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("15,234건", [15234]), ("약 1만 5천 건", [15000]), ("3.9만 명", [39000]), ("19만 1,370입니다", [191370]),
        ("2억 원", [2e8]),
        ("16.0%와 3.5%p", [16.0, 3.5]), ("1.4배", [1.4]), ("-0.023", [-0.023]), ("18시에 3건", [18, 3]),
        ("2021년 3월 1일", [2021]), ("2021-03-01 08:00", [2021]), ("1. 첫째\n2. 둘째", []), ("1위와 3번째", []),
        ("H2333 카메라", []),
        ("심야(22–06시)에 5건", [5]), ("4분의 1", []), ("95 백분위수", [95]), ("침산동2가", [2]),
    ],
)  # fmt: skip
def test_figures_of_korean_text(text: str, values: list[float]) -> None:
    assert [figure.value for figure in find_figures(text)] == values


def test_digits_of_names_are_no_figures() -> None:
    assert find_figures("침산동2가에서 3건", ["대구 침산동2가", "침산동2가"])[0].value == 3


CALL = ToolCall(
    name="get_value_counts",
    input={"column": "구", "top_n": 5},
    result={
        "rows": 1000,
        "values": [{"value": "가구", "count": 600, "share": 0.6}, {"value": "나구", "count": 400, "share": 0.4}],
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("가구 600건, 나구 400건", ["verified", "verified"]),
        ("가구 400건", ["unverified"]),
        ("가구 600건으로 나구의 400건보다 200건 많습니다", ["verified", "verified", "derived"]),
        ("가구는 나구의 1.5배", ["unverified"]),
        ("가구 600건은 나구 400건의 1.5배", ["verified", "verified", "derived"]),
        ("상위 5개 가운데 가구가 60%", ["verified", "verified"]),
        ("가구 600건(40%)", ["verified", "unverified"]),
        ("둘을 합하면 1,000건", ["verified"]),
        ("가구는 777건", ["unverified"]),
    ],
)
def test_what_is_verified_derived_and_unverified(text: str, statuses: list[str]) -> None:
    assert [receipt.status for receipt in find_receipts(text, [CALL])] == statuses


def test_figures_of_the_question_are_known_and_made_up_ones_are_named() -> None:
    assert unverified(find_receipts("2031년 자료는 없습니다.", [CALL], "2031년 사고는 몇 건?")) == []
    assert unverified(find_receipts("2032년에 777건, 다시 777건", [CALL], "2031년 사고는?")) == ["2032", "777"]


def test_without_tool_calls_nothing_is_verified() -> None:
    assert unverified(find_receipts("사고는 15,234건입니다.", [])) == ["15,234"]
