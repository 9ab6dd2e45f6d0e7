"""What a notebook and a document show of answers and conversations: complete, escaped, without the network."""

from __future__ import annotations

from typing import Any

import pytest

from hab_client import ChatAnswer, Conversation
from hab_client.answers import ConversationAnswer
from hab_client.phrases import marked
from hab_core.schemas.chat import ConversationSummary
from tests.client.chat_wire import ANSWER
from tests.client.notebook import ENVELOPE, NASTY, shown

MOMENT = "2026-01-01T00:00:00Z"
SUMMARY: dict[str, Any] = {
    "id": "conv_1",
    "title": NASTY,
    "dataset_ids": ["ds_1", "ds_2"],
    "version": 2,
    "message_count": 2,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
FAILED = {
    "name": "get_outliers",
    "input": {"column": "`나이`", "n": 3},
    "error": {"code": "c", "message": "열이 없습니다"},
}
ASKED = {"id": "msg_0", "role": "user", "content": f"# {NASTY}\n\n둘째 줄", "created_at": MOMENT}
ANSWERED = {
    "id": "msg_1",
    "role": "assistant",
    "content": ANSWER["response"],
    "created_at": MOMENT,
    "mode": "claude",
    "tool_calls": [*ANSWER["tool_calls"], FAILED],
    "receipts": ANSWER["receipts"],
    "token_usage": {"input": 1_200, "output": 34},
    "notice": "캐시에서 반환됨\n응답이 중단되었습니다",
}


def conversation_of(*messages: Any) -> Conversation:
    detail = ConversationAnswer.model_validate(ENVELOPE | SUMMARY | {"messages": messages})
    return Conversation(None, detail)  # type: ignore[arg-type]  # asking it anything fails


def test_an_answer_shows_its_sources_and_marks_figures_without_one() -> None:
    found = ChatAnswer.model_validate(ANSWER | {"notice": f"{NASTY}\n둘째 알림"})
    text = shown(found).text
    for expected in ("9.9%⚠", "출처를 찾지 못한 수치: 9.9%", "column=시간", "get_value_counts · values.0", "기본 분석"):
        assert expected in text
    for expected in (f"⚠ {NASTY}", "⚠ 둘째 알림", "확인됨", "계산됨", "출처 없음"):
        assert expected in text
    assert "18⚠" not in text
    assert "⚠" not in str(found)
    assert found._repr_markdown_() == marked(found)


def test_an_answer_without_figures_or_tools_is_just_its_text() -> None:
    found = ChatAnswer.model_validate(ANSWER | {"response": NASTY, "tool_calls": [], "receipts": []})
    text = shown(found).text
    assert NASTY in text
    assert "도구" not in text
    assert "⚠" not in text


@pytest.mark.parametrize("start", [0, 5, 10_000])
def test_a_receipt_that_points_elsewhere_changes_nothing(start: int) -> None:
    receipt = {"figure": "9.9%", "value": None, "status": "unverified", "start": start, "tool_call": 7}
    found = ChatAnswer.model_validate(ANSWER | {"receipts": [receipt]})
    assert marked(found) == ANSWER["response"]
    assert "출처를 찾지 못한 수치: 9.9%" in shown(found).text


def test_a_conversation_shows_as_its_messages() -> None:
    conversation = conversation_of(ASKED, ANSWERED)
    text = shown(conversation).text
    for expected in (
        NASTY,
        "둘째 줄",
        "9.9%⚠",
        "응답이 중단되었습니다",
        "토큰 1,200 + 34",
        "열이 없습니다",
        "ds_1, ds_2",
    ):
        assert expected in text
    assert len(conversation) == len(conversation.messages) == 2
    assert "2 messages" in repr(conversation)


def test_a_conversation_of_a_list_shows_what_is_known() -> None:
    conversation = Conversation(None, ConversationSummary.model_validate(SUMMARY))  # type: ignore[arg-type]
    assert "메시지 2개" in shown(conversation).text
    assert (len(conversation), conversation.notice, conversation.version) == (2, None, 2)
    assert conversation_of()


def test_a_document_holds_the_whole_conversation() -> None:
    lines = conversation_of(ASKED, ANSWERED).to_markdown().splitlines()
    assert lines[0] == f"# {NASTY}"
    assert [line for line in lines if line.startswith("#")][1:] == [lines[4], lines[10]]
    assert lines[4].startswith("## 질문 · 202")
    assert lines[6:9] == [f"> # {NASTY}", ">", "> 둘째 줄"]
    for expected in (
        marked(ChatAnswer.model_validate(ANSWER)),
        "⚠ 출처를 찾지 못한 수치: 9.9%",
        "_캐시에서 반환됨_",
        "_응답이 중단되었습니다_",
        "- get_value_counts `column=시간` (3 ms)",
        "- get_outliers `column='나이', n=3` (열이 없습니다)",
        "Claude · 토큰 1,200 + 34",
    ):
        assert expected in lines
