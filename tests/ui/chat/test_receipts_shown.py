from __future__ import annotations

from hab_core.schemas.chat import Receipt, ToolCall
from hab_ui.chat import receipts

TEXT = "사고는 15,234건이며 비율은 25.7%, 차이는 12건입니다."


def _receipt(figure: str, status: str, text: str = TEXT, **more: object) -> Receipt:
    fields = {"figure": figure, "value": 1.0, "status": status, "start": text.index(figure), **more}
    return Receipt.model_validate(fields)


def test_each_figure_is_marked_by_its_status() -> None:
    found = [_receipt("15,234건", "verified"), _receipt("25.7%", "unverified"), _receipt("12건", "derived")]
    assert receipts.marked(TEXT, found) == (
        "사고는 :green[15,234건]이며 비율은 :red-background[25.7%⚠], 차이는 :blue[12건]입니다."
    )


def test_equal_figures_are_told_apart_by_their_place() -> None:
    text = "3건과 3건"
    second = Receipt(figure="3건", value=3, status="unverified", start=4)
    assert receipts.marked(text, [second]) == "3건과 :red-background[3건⚠]"


def test_a_figure_in_code_or_beside_its_place_is_left_alone() -> None:
    text = "열 `12건`"
    inside = Receipt(figure="12건", value=12, status="verified", start=text.index("12건"))
    elsewhere = Receipt(figure="99건", value=99, status="verified", start=0)
    assert receipts.marked(text, [inside, elsewhere]) == text


def test_what_stands_around_the_figures_is_made_harmless() -> None:
    text = "![x](http://evil.example) 5건:"
    shown = receipts.marked(text, [Receipt(figure="5건", value=5, status="verified", start=text.index("5건"))])
    assert shown == r"!\[x\](http\://evil.example) :green[5건]\:"


def test_summary_and_rows_name_the_source() -> None:
    calls = [ToolCall(name="get_value_counts", input={"column": "요일"})]
    found = [
        _receipt("15,234건", "verified", tool_call=0, path="values.0.count", value=15234.0),
        _receipt("25.7%", "unverified"),
        _receipt("12건", "verified", path="question"),
    ]
    assert receipts.counts(found) == "확인됨 2 · 출처 없음 1"
    assert [row["출처"] for row in receipts.rows(found, calls)] == ["1. get_value_counts · values.0.count", "", "질문"]
    assert [row["값"] for row in receipts.rows(found, calls)] == ["15,234", "", "1"]


def test_without_figures_there_is_nothing_to_say() -> None:
    assert receipts.counts([]) == ""
    assert receipts.rows([], []) == []
