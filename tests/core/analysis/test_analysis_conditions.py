"""Conditions choose the rows they say, refuse what does not suit, and cannot hang."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from hab_core.analysis.moments import parse_span
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from tests.core.analysis.analysis_files import Real, is_, run


def count(table: Table, *conditions: dict[str, Any]) -> int:
    """Returns how many rows meet the conditions."""
    return int(run("filter_dataframe", table, conditions=list(conditions), limit=1).result["rows"])


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (is_("구", "==", "중구"), 5),
        (is_("구", "!=", "중구"), 6),  # the row without 구 meets neither
        (is_("구", "in", ["중구", "남구", "없는구"]), 6),
        (is_("구", "==", "없는구"), 0),
        (is_("구", "contains", "구"), 11),
        (is_("구", "is_null"), 1),
        (is_("구", "not_null"), 11),
        (is_("건수", ">", 5), 2),
        (is_("건수", ">=", 5), 5),
        (is_("건수", "<", 2), 2),
        (is_("건수", "<=", 2.5), 3),
        (is_("건수", "==", 5), 3),
        (is_("건수", "==", 5.0), 3),
        (is_("건수", "!=", 5), 8),
        (is_("건수", "between", [2, 4]), 4),
        (is_("건수", "in", [1, 9, 1.5]), 3),
        (is_("건수", "in", list(range(5, 100))), 5),
        (is_("건수", ">", 10**30), 0),
        (is_("건수", "<", 10**30), 11),
        (is_("건수", "is_null"), 1),
        (is_("비율", ">", 0.5), 7),
        (is_("비율", "between", [-1, 0]), 2),
        (is_("운영", "==", True), 4),
        (is_("운영", "!=", True), 4),
        (is_("운영", "in", [True, False]), 8),
        (is_("빈열", "is_null"), 12),
        (is_("빈열", "==", "x"), 0),
        (is_("빈열", "contains", "x"), 0),
        (is_("날짜", "==", "2021-02"), 4),
        (is_("날짜", "!=", "2021-02"), 8),
        (is_("날짜", ">", "2021-02"), 8),
        (is_("날짜", "<=", "2021-03-01"), 5),
        (is_("날짜", "between", ["2021-02-26", "2021-03-01"]), 4),
        (is_("날짜", "in", ["2021-02-25", "2021-03-08", "2020"]), 2),
        (is_("날짜", ">=", "2021-03-01T12:00"), 7),
        (is_("일시", "==", "2021"), 12),
        (is_("일시", "==", "2021-01-30"), 1),
        (is_("일시", "==", "2021-01-30T00"), 1),
        (is_("일시", "==", "2021-01-29T15:00Z"), 1),  # midnight in Korea
        (is_("일시.월", "==", 2), 8),
        (is_("__class__", "==", "a"), 4),
        (is_('"; drop table', "<", 3), 3),
    ],
)
def test_a_condition_chooses_its_rows(small: Table, condition: dict[str, Any], rows: int) -> None:
    assert count(small, condition) == rows


def test_conditions_are_joined_by_and_groups_by_or(small: Table) -> None:
    either = {"any_of": [is_("구", "==", "남구"), is_("건수", "==", 9)]}
    assert count(small, either) == 2
    assert count(small, either, is_("운영", "is_null")) == 1
    nested = {
        "any_of": [{"all_of": [is_("구", "==", "중구"), is_("건수", ">=", 3)]}, {"any_of": [is_("구", "is_null")]}]
    }
    assert count(small, nested) == 4


@pytest.mark.parametrize("text", ["(a+)+$", "a|b", ".*", "[", "\\", "%", "_", "(a+)+$" * 200])
def test_contains_is_literal(small: Table, text: str) -> None:
    expected = sum(text in value for value in small.frame.collect()["비고"].drop_nulls())
    assert count(small, is_("비고", "contains", text)) == expected


def test_no_text_makes_the_search_hang() -> None:
    table = Table.from_frame(pl.DataFrame({"글": ["a" * 50_000 + "!"] * 200}))
    assert count(table, is_("글", "contains", "(a+)+$")) == 0  # a backtracking engine would outlast the time limit


@pytest.mark.parametrize(
    ("condition", "field", "says"),
    [
        (is_("건수", "==", "3"), "conditions.0.value", "숫자여야 합니다"),
        (is_("건수", "==", True), "conditions.0.value", "숫자여야 합니다"),
        (is_("건수", "==", 10**400), "conditions.0.value", "숫자여야 합니다"),
        (is_("건수", "==", float("nan")), "conditions.0.value", "숫자여야 합니다"),
        (is_("건수", "==", {"a": 1}), "conditions.0.value", "숫자여야 합니다"),
        (is_("건수", "contains", "3"), "conditions.0.operator", "숫자 열에는 contains"),
        (is_("건수", "between", [3]), "conditions.0.value", "[시작, 끝]"),
        (is_("건수", "between", [4, 2]), "conditions.0.value", "시작이 끝보다"),
        (is_("건수", "in", []), "conditions.0.value", "목록"),
        (is_("건수", "in", 3), "conditions.0.value", "목록"),
        (is_("건수", "=="), "conditions.0.value", "is_null"),
        (is_("건수", "is_null", 1), "conditions.0.value", "값을 쓰지 않습니다"),
        (is_("구", "==", 3), "conditions.0.value", "문자열이어야 합니다"),
        (is_("구", ">", "중구"), "conditions.0.operator", "글자 열에는 >"),
        (is_("날짜", "==", "어제"), "conditions.0.value", "날짜여야 합니다"),
        (is_("날짜", "==", "2021-02-30"), "conditions.0.value", "날짜여야 합니다"),
        (is_("날짜", "==", 2021), "conditions.0.value", "날짜여야 합니다"),
        (is_("날짜", "between", ["2022", "2021"]), "conditions.0.value", "시작이 끝보다"),
        (is_("운영", "==", "예"), "conditions.0.value", "true 또는 false"),
        (is_("운영", ">", True), "conditions.0.operator", "참/거짓 열에는"),
        (is_("건쑤", "==", 3), "conditions.0.column", "비슷한 열: 건수"),
        (is_("건수", "~", 3), "conditions.0.operator", "사용할 수 없는 값"),
        ({"column": "건수", "operator": "==", "valu": 3}, "conditions.0.valu", "알 수 없는 항목"),
        ({"any_of": []}, "conditions.0.any_of", "1개 이상"),
        ({"any_of": [is_("구", "==", 3)]}, "conditions.0.any_of.0.value", "문자열이어야"),
        ("건수 > 3", "conditions.0", "객체여야"),
    ],
)
def test_what_does_not_suit_is_refused(small: Table, condition: Any, field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        count(small, condition)
    assert says in caught.value.message
    assert caught.value.details[0]["field"] == field


def test_depth_and_number_are_bounded(small: Table) -> None:
    deep = is_("구", "is_null")
    for _ in range(400):
        deep = {"any_of": [deep]}
    many = {"any_of": [is_("건수", "==", 1)] * 40}
    for conditions in ([deep], [many, many], [is_("건수", "==", 1)] * 51):
        with pytest.raises(InvalidInput):
            run("filter_dataframe", small, conditions=conditions)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2021", "2021-01-01T00:00:00", "2022-01-01T00:00:00"),
        ("2021-12", "2021-12-01T00:00:00", "2022-01-01T00:00:00"),
        ("2020-02-29", "2020-02-29T00:00:00", "2020-03-01T00:00:00"),
        ("2021-01-01 05", "2021-01-01T05:00:00", "2021-01-01T06:00:00"),
        ("2021-01-01T05:30", "2021-01-01T05:30:00", "2021-01-01T05:31:00"),
        ("2021-01-01T05:30:15.25", "2021-01-01T05:30:15", "2021-01-01T05:30:16"),
        ("2021-01-01T00:00+00:00", "2021-01-01T09:00:00", "2021-01-01T09:01:00"),
    ],
)
def test_a_date_stands_for_its_span(text: str, start: str, end: str) -> None:
    span = parse_span(text)
    assert span is not None
    assert (span.start.isoformat(), span.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "21-01-01", "2021-13", "2021-02-30", "2021-01-01T24", "9999", "2021/01/01", "٢٠٢١"]
)
def test_what_is_no_date_has_no_span(text: str) -> None:
    assert parse_span(text) is None


def test_stored_codes_choose_the_same_rows_as_text(taas: Real) -> None:
    every = [
        is_("시군구.구", "==", "수성구"),
        is_("기상상태", "in", ["비", "눈", "우박"]),
        is_("시군구", "contains", "상동"),
        is_("피해운전자 차종", "is_null"),
        is_("피해운전자 차종", "!=", "승용"),
        is_("사고일시.시간대", "==", "심야"),
        is_("사고일시", "between", ["2017-01", "2017-02"]),
    ]
    for condition in every:
        assert count(taas.table, condition) == count(taas.in_memory, condition)
    theirs = taas.pandas
    assert count(taas.table, every[0], every[1]) == len(
        theirs[(theirs["구"] == "수성구") & theirs["기상상태"].isin(["비", "눈"])]
    )
    assert count(taas.table, every[6]) == len(theirs[theirs["사고일시"].between("2017-01-01", "2017-02-28 23:59")])
