"""Answers as server-sent events: told as they come, gone on with where a reader was cut off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi.sse import format_sse_event
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from hab_core.errors import InvalidInput
from hab_core.schemas.chat import ChatRequest, DoneEvent
from hab_server.cache.connection import Cache
from hab_server.cache.keys import events_key, reader_key
from hab_server.chatting.live import (
    HEARTBEAT_SECONDS,
    LAST_NUMBER,
    EventId,
    SentEvent,
    asked_alike,
    from_mirror,
)
from hab_server.chatting.register import SIGN_SECONDS, Register
from hab_server.store import conversations

POLL_SECONDS = 0.2
_COMMENT = b": keep-alive\n\n"
Events = AsyncIterator[SentEvent | None]


async def written(events: Events) -> AsyncIterator[bytes]:
    """Yields events as they are sent; a comment where there was none for some time."""
    async with aclosing(events):  # type: ignore[type-var]
        async for event in events:
            yield _COMMENT if event is None else format_sse_event(data_str=event.data, event=event.name, id=event.id)


class Streams:
    """Finds the events of answers again: in this process, in the cache, at last the answer itself in the store."""

    def __init__(self, engine: Engine, cache: Cache, register: Register) -> None:
        """Takes the places to look."""
        self._engine = engine
        self._cache = cache
        self._register = register

    async def resume(self, request: ChatRequest, last_event_id: str) -> Events:
        """Returns the events after one that a reader has had.

        Raises:
            InvalidInput: The id is none of HAB's, or that of an answer to another question.
            NotFound: The answer is not there any more.
            DatabaseUnavailable: The database fails.
        """
        last = EventId.parse(last_event_id)
        if last is None:
            raise InvalidInput.of("Last-Event-ID", "올바르지 않은 Last-Event-ID입니다. 받은 id를 그대로 보내주세요.")
        live = self._register.find(last.message_id)
        if live is not None:
            _require_same(live.digest, request)
            return live.follow(last.number)
        entries = await run_in_threadpool(self._cache.read_from, events_key(last.message_id), 0)
        if entries:
            _require_same(from_mirror(entries[:1])[0][1], request)
            return self._follow_elsewhere(last)
        return _one(await run_in_threadpool(self._stored, last, request))

    async def _follow_elsewhere(self, last: EventId) -> Events:
        """Yields the events of an answer that another process makes or has made."""
        after, heard = last.number, time.monotonic()
        while True:
            events = await asyncio.to_thread(self._news, last.message_id, after)
            for event in events:
                after, heard = after + 1, time.monotonic()
                yield event
                if event.last:
                    return
            if not events and not await asyncio.to_thread(self._goes_on, last.message_id):
                for event in await asyncio.to_thread(self._news, last.message_id, after):
                    yield event
                    if event.last:
                        return
                yield await asyncio.to_thread(self._stored_event, last.message_id)
                return
            if time.monotonic() - heard > HEARTBEAT_SECONDS:
                heard = time.monotonic()
                yield None
            await asyncio.sleep(POLL_SECONDS)

    def _news(self, message_id: str, after: int) -> list[SentEvent]:
        """Returns the events after one, and leaves a sign that somebody reads them."""
        self._cache.mark([reader_key(message_id)], SIGN_SECONDS)
        return [event for event, _ in from_mirror(self._cache.read_from(events_key(message_id), after) or [])]

    def _goes_on(self, message_id: str) -> bool:
        """Whether somebody makes the answer."""
        return bool(self._register.under_way([message_id]))

    def _stored(self, last: EventId, request: ChatRequest) -> SentEvent:
        """Returns the answer to a request from the store."""
        if conversations.question_of(self._engine, last.message_id) != conversations.storable(request.message):
            raise _another()
        return self._stored_event(last.message_id)

    def _stored_event(self, message_id: str) -> SentEvent:
        """Returns an answer from the store as the last of its events."""
        done = DoneEvent(answer=conversations.stored_answer(self._engine, message_id))
        return SentEvent(str(EventId(message_id, LAST_NUMBER)), done.type, done.model_dump_json())


def _require_same(digest: str, request: ChatRequest) -> None:
    """Refuses to go on with the answer to another question."""
    if digest != asked_alike(request):
        raise _another()


def _another() -> InvalidInput:
    return InvalidInput.of(
        "Last-Event-ID", "이 Last-Event-ID는 다른 질문의 응답입니다. 새 질문은 Last-Event-ID 없이 보내주세요."
    )


async def _one(event: SentEvent) -> Events:
    """Yields one event."""
    yield event
