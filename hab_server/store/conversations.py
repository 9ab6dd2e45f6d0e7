"""Conversations: a question is durable before anyone works on it, its answer when it is there.

A question is stored together with the row of its answer, which is incomplete until it is filled. So whatever happens
in between leaves a conversation that says what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Row, Select, Table, delete, insert, select, update

from hab_core.errors import InvalidInput, NotFound
from hab_core.schemas.chat import (
    INCOMPLETE_NOTICE,
    MAX_TITLE,
    MOVED_ON_NOTICE,
    ChatAnswer,
    ChatMode,
    ChatResult,
    Conversation,
    ConversationPatch,
    ConversationSummary,
    Message,
    Role,
    TokenUsage,
)
from hab_core.schemas.common import Page, utc_now
from hab_server.store.cursors import encode_cursor, id_after
from hab_server.store.engine import reading, transaction
from hab_server.store.ids import new_id
from hab_server.store.tables import ConversationDatasetRow, ConversationRow, MessageRow

CONVERSATIONS: Final[Table] = ConversationRow.metadata.tables["conversations"]
ABOUT: Final[Table] = ConversationDatasetRow.metadata.tables["conversation_datasets"]
MESSAGES: Final[Table] = MessageRow.metadata.tables["messages"]
GOES_ON_FOR: Final = timedelta(minutes=30)
"""How long after its last message a conversation keeps its datasets from being deleted."""
_TITLE_LENGTH: Final = 60


@dataclass(frozen=True)
class Question:
    """A question as it comes.

    Attributes:
        text: What is asked.
        datasets: The ids of what it is about.
        conversation_id: Where it is asked; None begins a conversation.
        expected_version: The version of that conversation that the caller last saw.
    """

    text: str
    datasets: Sequence[str]
    conversation_id: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class Asked:
    """A question that is stored, and the place of its answer.

    Attributes:
        conversation_id: The conversation it stands in.
        message_id: The row of its answer.
        version: The version of the conversation with the question in it.
        moved_on: Whether the conversation had changed since the caller last saw it.
    """

    conversation_id: str
    message_id: str
    version: int
    moved_on: bool = False


class Said(NamedTuple):
    """One earlier message, as much of it as the next answer needs."""

    role: Role
    content: str
    mode: ChatMode | None
    incomplete: bool


def ask(engine: Engine, question: Question) -> Asked:
    """Stores a question, and with it the place of its answer; the last write to a conversation wins.

    Raises:
        NotFound: There is no such conversation.
        InvalidInput: The conversation is about other datasets.
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        return _ask(connection, question)


def answer(engine: Engine, asked: Asked, result: ChatResult, *, cache_hit: bool = False) -> ChatAnswer:
    """Stores the answer to a question and returns it; where the conversation was deleted meanwhile it only returns it.

    Raises:
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        return _answer(connection, asked, result, cache_hit)


def give_up(engine: Engine, asked: Asked) -> None:
    """Stores that a question gets no answer: from now on its place reads as cut off at once, at every process.

    Raises:
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        place = update(MESSAGES).where(MESSAGES.c.id == asked.message_id)
        connection.execute(place.values(finished_at=utc_now()))


def ask_and_answer(engine: Engine, question: Question, result: Callable[[Asked], ChatResult]) -> ChatAnswer:
    """Stores a question together with an answer that is there already, from the cache; raises as :func:`ask` does."""
    with transaction(engine) as connection:
        asked = _ask(connection, question)
        return _answer(connection, asked, result(asked), cache_hit=True)


def check(engine: Engine, question: Question) -> None:
    """Refuses early what :func:`ask` would refuse; raises as it does."""
    if question.conversation_id is not None:
        with reading(engine) as connection:
            _fitting(_found(connection, question.conversation_id), question)


def said_before(engine: Engine, conversation_id: str, limit: int) -> list[Said]:
    """Returns the last messages of a conversation, oldest first."""
    columns = (MESSAGES.c.role, MESSAGES.c.content, MESSAGES.c.mode, MESSAGES.c.incomplete)
    newest = select(*columns).where(MESSAGES.c.conversation_id == conversation_id)
    with reading(engine) as connection:
        rows = connection.execute(newest.order_by(MESSAGES.c.position.desc()).limit(limit)).all()
    return [Said(*row) for row in reversed(rows)]


def stored_answer(engine: Engine, message_id: str) -> ChatAnswer:
    """Returns an answer as it is stored; raises NotFound where there is none of that id."""
    query = select(MESSAGES, CONVERSATIONS.c.version).join_from(MESSAGES, CONVERSATIONS)
    with reading(engine) as connection:
        row = connection.execute(query.where(MESSAGES.c.id == message_id, MESSAGES.c.role == "assistant")).one_or_none()
    if row is None:
        raise NotFound("답변을 찾을 수 없습니다. 대화를 다시 열어 확인해주세요.")
    values = _message(row).model_dump(exclude={"id", "content"}) | {"mode": row.mode or "offline"}
    return ChatAnswer.model_validate(
        values
        | {"message_id": row.id, "response": row.content, "version": row.version}
        | {"conversation_id": row.conversation_id, "token_usage": values["token_usage"] or {}}
    )


def question_of(engine: Engine, message_id: str) -> str:
    """Returns the question that an answer belongs to; raises NotFound where there is no such answer."""
    mine = select(MESSAGES.c.conversation_id, MESSAGES.c.position).where(MESSAGES.c.id == message_id).subquery()
    before = select(MESSAGES.c.content).where(
        MESSAGES.c.conversation_id == mine.c.conversation_id, MESSAGES.c.position == mine.c.position - 1
    )
    with reading(engine) as connection:
        text = connection.execute(before).scalar_one_or_none()
    if text is None:
        raise NotFound("답변을 찾을 수 없습니다. 대화를 다시 열어 확인해주세요.")
    return str(text)


def list_conversations(
    engine: Engine, limit: int, cursor: str | None, dataset_id: str | None = None
) -> Page[ConversationSummary]:
    """Returns a page of the conversations, newest first; with ``dataset_id`` only those about that dataset.

    Raises:
        InvalidInput: The cursor is not one of this list.
        DatabaseUnavailable: The database fails.
    """
    query = select(CONVERSATIONS).order_by(CONVERSATIONS.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(CONVERSATIONS.c.id < id_after(cursor))
    if dataset_id is not None:
        query = query.join_from(CONVERSATIONS, ABOUT).where(ABOUT.c.dataset_id == dataset_id)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    more = encode_cursor(page[-1].id) if len(rows) > limit else None
    return Page(items=[ConversationSummary.model_validate(row._asdict()) for row in page], next_cursor=more)


def get(engine: Engine, conversation_id: str, under_way: Callable[[list[str]], Collection[str]]) -> Conversation:
    """Returns a conversation with its messages.

    Args:
        engine: The database.
        conversation_id: Which.
        under_way: Tells which of the answers that are not there yet are being made; they are left out. The others were
            cut off.

    Raises:
        NotFound: There is none of that id.
        DatabaseUnavailable: The database fails.
    """
    row, messages = _whole(engine, conversation_id)
    unfinished = _unfinished(messages)
    lost = unfinished.difference(under_way(list(unfinished))) if unfinished else unfinished
    if lost:  # or filled after they were read, and over when they were asked about
        row, messages = _whole(engine, conversation_id)
    return _conversation(row, messages, _unfinished(messages) - lost)


def change(
    engine: Engine, conversation_id: str, patch: ConversationPatch, under_way: Callable[[list[str]], Collection[str]]
) -> Conversation:
    """Gives a conversation another title and returns it as it then stands; raises as :func:`get` does."""
    with transaction(engine) as connection:
        before = _found(connection, conversation_id, lock=True)
        values = {"title": patch.title, "version": before.version + 1, "updated_at": utc_now()}
        connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(values))
    found = get(engine, conversation_id, under_way)
    moved_on = patch.expected_version not in (None, before.version)
    return found.model_copy(update={"notice": MOVED_ON_NOTICE}) if moved_on else found


def remove(engine: Engine, conversation_id: str) -> None:
    """Deletes a conversation with its messages; raises as :func:`get` does."""
    with transaction(engine) as connection:
        gone = connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id))
        if gone.rowcount == 0:
            raise _unknown(conversation_id)


def going_on_about(dataset_id: str, now: datetime) -> Select[Any]:
    """Returns the query for the conversations about a dataset that had a message lately."""
    recent = CONVERSATIONS.c.last_message_at > now - GOES_ON_FOR
    return (
        select(ABOUT.c.conversation_id).join_from(ABOUT, CONVERSATIONS).where(ABOUT.c.dataset_id == dataset_id, recent)
    )


def title_of(question: str) -> str:
    """Returns the title of a conversation that begins with a question."""
    text = " ".join(question.split())
    return text if len(text) <= _TITLE_LENGTH else f"{text[: _TITLE_LENGTH - 1].rstrip()}…"


def _ask(connection: Connection, question: Question) -> Asked:
    """Stores a question and the place of its answer within a transaction."""
    row = None
    if question.conversation_id is not None:
        row = _found(connection, question.conversation_id, lock=True)
        _fitting(row, question)
    conversation_id, version, count = (row.id, row.version, row.message_count) if row else _begin(connection, question)
    answer_id = new_id("msg")
    _insert(connection, conversation_id, count, new_id("msg"), {"role": "user", "content": storable(question.text)})
    _insert(connection, conversation_id, count + 1, answer_id, _CUT_OFF)
    _move_on(connection, conversation_id, count + 2)
    moved_on = row is not None and question.expected_version not in (None, version)
    return Asked(conversation_id, answer_id, version + 1, moved_on)


_CUT_OFF: Final = {
    "role": "assistant",
    "content": "",
    "finished_at": None,
    "incomplete": True,
    "notice": INCOMPLETE_NOTICE,
}
"""An answer that is not there, whatever the reason will have been."""


def _insert(
    connection: Connection, conversation_id: str, position: int, message_id: str, values: Mapping[str, Any]
) -> None:
    """Inserts a message."""
    now = utc_now()
    plain = {"created_at": now, "finished_at": now, "tool_calls": [], "receipts": []}
    plain |= {"cache_hit": False, "incomplete": False}
    where = {"id": message_id, "conversation_id": conversation_id, "position": position}
    connection.execute(insert(MESSAGES).values({**plain, **where, **values}))


def _begin(connection: Connection, question: Question) -> tuple[str, int, int]:
    """Begins a conversation; returns its id, its version and how many messages it has."""
    now = utc_now()
    conversation_id = new_id("conv")
    values = {
        "id": conversation_id,
        "title": title_of(storable(question.text))[:MAX_TITLE],
        "dataset_ids": list(question.datasets),
        "version": 0,
        "message_count": 0,
        "created_at": now,
        "updated_at": now,
        "last_message_at": now,
    }
    connection.execute(insert(CONVERSATIONS).values(values))
    about = [{"conversation_id": conversation_id, "dataset_id": each} for each in question.datasets]
    connection.execute(insert(ABOUT).values(about))
    return conversation_id, 0, 0


def _move_on(connection: Connection, conversation_id: str, count: int | None = None) -> int | None:
    """Counts a change of a conversation's messages; returns the new version, None where it is gone."""
    now = utc_now()
    values: dict[str, Any] = {"version": CONVERSATIONS.c.version + 1, "updated_at": now, "last_message_at": now}
    if count is not None:
        values["message_count"] = count
    changed = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(values)
    version: int | None = connection.execute(changed.returning(CONVERSATIONS.c.version)).scalar_one_or_none()
    return version


def _answer(connection: Connection, asked: Asked, result: ChatResult, cache_hit: bool) -> ChatAnswer:
    """Fills the place of an answer within a transaction; the conversation first, as everywhere."""
    version = _move_on(connection, asked.conversation_id)
    now = utc_now()
    values = {
        "content": storable(result.response),
        "created_at": now,
        "finished_at": now,
        "mode": result.mode,
        "tool_calls": [call.model_dump(mode="json") for call in result.tool_calls],
        "receipts": [receipt.model_dump(mode="json") for receipt in result.receipts],
        "input_tokens": result.token_usage.input,
        "output_tokens": result.token_usage.output,
        "cache_hit": cache_hit,
        "incomplete": result.incomplete,
        "notice": result.notice,
    }
    connection.execute(update(MESSAGES).where(MESSAGES.c.id == asked.message_id).values(values))
    return ChatAnswer(
        **{**dict(result), "response": values["content"]},
        conversation_id=asked.conversation_id,
        message_id=asked.message_id,
        version=asked.version if version is None else version,
        cache_hit=cache_hit,
    )


def storable(text: str) -> str:
    """Returns a text without what PostgreSQL or UTF-8 cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _found(connection: Connection, conversation_id: str, *, lock: bool = False) -> Row[Any]:
    """Returns the row of a conversation; with ``lock`` nobody else changes it until the transaction ends."""
    query = select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise _unknown(conversation_id)
    return row


def _fitting(row: Row[Any], question: Question) -> None:
    """Refuses a question about other datasets than its conversation."""
    if set(row.dataset_ids) != set(question.datasets):
        raise InvalidInput.of(
            "conversation_id",
            "이 대화는 다른 데이터셋에 대한 대화입니다. 같은 데이터셋으로 묻거나 새 대화를 시작해주세요 "
            f"(대화의 데이터셋: {', '.join(row.dataset_ids)}).",
            row.dataset_ids,
        )


def _whole(engine: Engine, conversation_id: str) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """Returns the rows of a conversation and of its messages."""
    mine = select(MESSAGES).where(MESSAGES.c.conversation_id == conversation_id).order_by(MESSAGES.c.position)
    with reading(engine) as connection:
        return _found(connection, conversation_id), connection.execute(mine).all()


def _unfinished(messages: Sequence[Row[Any]]) -> set[str]:
    """Returns the ids of the answers that are not there."""
    return {each.id for each in messages if each.finished_at is None}


def _conversation(row: Row[Any], messages: Sequence[Row[Any]], making: Collection[str]) -> Conversation:
    """Returns a conversation without the answers that are being made."""
    shown = [_message(each) for each in messages if each.id not in making]
    return Conversation.model_validate({**row._asdict(), "messages": shown, "message_count": len(shown)})


def _message(row: Row[Any]) -> Message:
    """Returns a row as a message."""
    values = row._asdict()
    if row.input_tokens is not None:
        values["token_usage"] = TokenUsage(input=row.input_tokens, output=row.output_tokens)
    return Message.model_validate(values)


def _unknown(conversation_id: str) -> NotFound:
    return NotFound(f"대화를 찾을 수 없습니다: {conversation_id[:64]}")
