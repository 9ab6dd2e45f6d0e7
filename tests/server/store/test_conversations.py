"""Conversations in the store, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from hab_core.errors import DatasetInUse, InvalidInput, NotFound
from hab_core.schemas.chat import (
    INCOMPLETE_NOTICE,
    ChatResult,
    ConversationPatch,
    Message,
    Receipt,
    TokenUsage,
    ToolCall,
)
from hab_core.schemas.common import ErrorBody, utc_now
from hab_server.settings import Settings
from hab_server.store import conversations, datasets
from hab_server.store.conversations import CONVERSATIONS, GOES_ON_FOR, Asked, Question
from hab_server.store.engine import create_store_engine, transaction

RESULT = ChatResult(
    response="금요일이 1,234건입니다.",
    mode="claude",
    tool_calls=[
        ToolCall(
            name="get_value_counts", input={"column": "요일"}, result={"rows": 3, "note": "\x00"}, duration_ms=1.5
        ),
        ToolCall(name="x", input={}, error=ErrorBody(code="invalid_input", message="없음")),
    ],
    receipts=[Receipt(figure="1,234", value=1234.0, status="verified", tool_call=0, path="rows", start=5)],
    token_usage=TokenUsage(input=100, output=20),
    notice="알림",
)


def none_under_way(_: list[str]) -> set[str]:
    return set()


def read(engine: Engine, conversation_id: str) -> list[Message]:
    return conversations.get(engine, conversation_id, none_under_way).messages


def test_everything_of_an_answer_comes_back(store_settings: Settings, engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문은?", ["ds_1", "ds_2"]))
    told = conversations.answer(engine, asked, RESULT)
    assert (told.conversation_id, told.message_id, told.version) == (asked.conversation_id, asked.message_id, 2)
    engine.dispose()
    reopened = create_store_engine(store_settings)
    found = conversations.get(reopened, asked.conversation_id, none_under_way)
    assert (found.title, found.dataset_ids, found.version, found.message_count) == ("질문은?", ["ds_1", "ds_2"], 2, 2)
    question, answer = found.messages
    assert (question.role, question.content, question.token_usage) == ("user", "질문은?", None)
    assert (answer.id, answer.role, answer.content) == (asked.message_id, "assistant", RESULT.response)
    for name in ("mode", "tool_calls", "receipts", "token_usage", "incomplete", "notice"):
        assert getattr(answer, name) == getattr(RESULT, name)
    assert conversations.stored_answer(reopened, asked.message_id) == told
    assert conversations.question_of(reopened, asked.message_id) == "질문은?"
    reopened.dispose()


def test_an_answer_that_never_came_reads_as_cut_off(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문은?", ["ds_1"]))
    question, lost = read(engine, asked.conversation_id)
    assert (question.content, question.incomplete) == ("질문은?", False)
    assert (lost.content, lost.incomplete, lost.notice) == ("", True, INCOMPLETE_NOTICE)
    shown = conversations.get(engine, asked.conversation_id, set)
    assert [message.role for message in shown.messages] == ["user"]
    again = conversations.ask(engine, Question("질문은?", ["ds_1"], asked.conversation_id))
    conversations.answer(engine, again, RESULT)
    assert [message.incomplete for message in read(engine, asked.conversation_id)] == [False, True, False, False]


def test_a_question_that_was_given_up_reads_as_cut_off_whatever_sign_of_life_is_left(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문은?", ["ds_1"]))
    conversations.give_up(engine, asked)
    question, lost = conversations.get(engine, asked.conversation_id, set).messages
    assert (question.content, lost.content, lost.notice) == ("질문은?", "", INCOMPLETE_NOTICE)


def test_an_answer_that_comes_while_the_conversation_is_read_is_not_called_cut_off(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문은?", ["ds_1"]))
    newer: list[Asked] = []

    def meanwhile(unfinished: list[str]) -> set[str]:
        assert unfinished == [asked.message_id]
        conversations.answer(engine, asked, RESULT)
        newer.append(conversations.ask(engine, Question("또 질문", ["ds_1"], asked.conversation_id)))
        return set()

    found = conversations.get(engine, asked.conversation_id, meanwhile)
    assert [message.content for message in found.messages] == ["질문은?", RESULT.response, "또 질문"]
    assert (found.version, found.message_count) == (newer[0].version, 3)


def test_an_answer_from_the_cache_is_one_transaction(engine: Engine) -> None:
    told = conversations.ask_and_answer(engine, Question("질문은?", ["ds_1"]), lambda _: RESULT)
    assert told.cache_hit
    assert [message.cache_hit for message in read(engine, told.conversation_id)] == [False, True]


def test_last_write_wins_and_says_so(engine: Engine) -> None:
    first = conversations.ask(engine, Question("하나", ["ds_1"]))
    seen = conversations.answer(engine, first, RESULT).version
    one = conversations.ask(engine, Question("둘", ["ds_1"], first.conversation_id, seen))
    other = conversations.ask(engine, Question("셋", ["ds_1"], first.conversation_id, seen))
    assert (one.moved_on, other.moved_on) == (False, True)
    assert [m.content for m in read(engine, first.conversation_id) if m.role == "user"] == ["하나", "둘", "셋"]


def test_many_write_at_once_and_nothing_is_lost(engine: Engine) -> None:
    begun = conversations.ask(engine, Question("처음", ["ds_1"]))

    def ask(number: int) -> Asked:
        asked = conversations.ask(engine, Question(f"질문 {number}", ["ds_1"], begun.conversation_id))
        conversations.answer(engine, asked, RESULT.model_copy(update={"response": f"답 {number}"}))
        return asked

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ask, range(12)))
    found = conversations.get(engine, begun.conversation_id, none_under_way)
    assert found.version == 1 + 2 * 12
    pairs = [(q.content, a.content) for q, a in zip(found.messages[2::2], found.messages[3::2], strict=True)]
    assert sorted(pairs) == sorted((f"질문 {number}", f"답 {number}") for number in range(12))


def test_another_set_of_datasets_is_refused(engine: Engine) -> None:
    begun = conversations.ask(engine, Question("질문은?", ["ds_1", "ds_2"]))
    conversations.ask(engine, Question("순서는 상관없다", ["ds_2", "ds_1"], begun.conversation_id))
    for others in (["ds_1"], ["ds_1", "ds_3"]):
        with pytest.raises(InvalidInput, match="다른 데이터셋"):
            conversations.ask(engine, Question("질문은?", others, begun.conversation_id))
    with pytest.raises(NotFound):
        conversations.ask(engine, Question("질문은?", ["ds_1"], "conv_0"))


def test_an_answer_to_a_deleted_conversation_is_still_told(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문은?", ["ds_1"]))
    conversations.remove(engine, asked.conversation_id)
    assert conversations.answer(engine, asked, RESULT).response == RESULT.response
    with pytest.raises(NotFound):
        conversations.get(engine, asked.conversation_id, none_under_way)
    with pytest.raises(NotFound):
        conversations.stored_answer(engine, asked.message_id)


def test_what_a_database_cannot_hold_is_left_out(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("질문", ["ds_1"]))
    odd = RESULT.model_copy(update={"response": "앞\x00뒤\ud83d끝"})
    assert conversations.answer(engine, asked, odd).response == "앞뒤?끝"
    assert read(engine, asked.conversation_id)[1].content == "앞뒤?끝"


def test_a_title_is_the_beginning_of_the_question(engine: Engine) -> None:
    asked = conversations.ask(engine, Question("  긴   질문\n" + "가" * 500, ["ds_1"]))
    title = conversations.get(engine, asked.conversation_id, none_under_way).title
    assert title.startswith("긴 질문 가")
    assert title.endswith("…")
    assert len(title) == 60
    patch = ConversationPatch(title="새 제목", expected_version=9)
    changed = conversations.change(engine, asked.conversation_id, patch, none_under_way)
    assert (changed.title, changed.version) == ("새 제목", 2)
    assert changed.notice == "대화가 다른 곳에서 수정되었습니다"


def test_a_conversation_keeps_its_dataset_for_half_an_hour(engine: Engine) -> None:
    values = {
        "id": "ds_1", "name": "표", "description": "", "rows": 1, "columns": 1, "size_bytes": 1, "encoding": "utf-8",
        "content_hash": "sha256:00", "uploaded_at": utc_now(), "warnings": [], "profile": {},
    }  # fmt: skip
    datasets.publish(engine, values)
    asked = conversations.ask(engine, Question("질문은?", ["ds_1"]))
    with pytest.raises(DatasetInUse):
        datasets.remove(engine, "ds_1")
    with transaction(engine) as connection:
        long_ago = utc_now() - GOES_ON_FOR - timedelta(seconds=1)
        connection.execute(update(CONVERSATIONS).values(last_message_at=long_ago))
    datasets.remove(engine, "ds_1")
    assert read(engine, asked.conversation_id)[0].content == "질문은?"
