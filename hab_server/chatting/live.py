"""An answer while it is made: what was told of it so far, who reads along, and how it ended."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from hab_core.errors import HabError
from hab_core.schemas.chat import (
    INCOMPLETE_NOTICE,
    ChatAnswer,
    ChatEvent,
    ChatMode,
    ChatRequest,
    ChatResult,
    DoneEvent,
    ErrorEvent,
    StartEvent,
    TextEvent,
    ToolCall,
    ToolEndEvent,
)
from hab_server.cache.connection import Cache
from hab_server.cache.keys import events_key
from hab_server.errors import error_body
from hab_server.store.conversations import Asked, storable

HEARTBEAT_SECONDS = 10.0
KEPT_SECONDS = 600.0
"""How long the events of an answer can be read again after they were sent."""
LAST_NUMBER = 999_999_999
"""Number of the event that tells an answer from the database, after all that were told live."""
_EVENT_ID = re.compile(r"(msg_[0-9a-zA-Z]{1,58})-(\d{1,9})")


class EventId(NamedTuple):
    """Which event of which answer."""

    message_id: str
    number: int

    @classmethod
    def parse(cls, text: str) -> EventId | None:
        """Returns the id that a text is; None where it is none."""
        found = _EVENT_ID.fullmatch(text)
        return None if found is None else cls(found[1], int(found[2]))

    def __str__(self) -> str:
        """Returns the id as it is sent."""
        return f"{self.message_id}-{self.number}"


class SentEvent(NamedTuple):
    """An event as it goes out: its id, its name, its JSON."""

    id: str
    name: str
    data: str

    @property
    def last(self) -> bool:
        """Whether none comes after it."""
        return self.name in ("done", "error")


def asked_alike(request: ChatRequest) -> str:
    """Returns a digest by which the same request is recognised when it comes again."""
    parts = [sorted(request.datasets), request.message, request.model]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class LiveAnswer:
    """One answer under way, and for some time after.

    Attributes:
        asked: The stored question.
        digest: By which the same request is recognised.
        streamed: Whether its events are read; one that is not streamed is made to its end.
        outcome: The answer, or why there is none.
        given_up: Is set when nobody waits for it any more.
        over_since: Moment of ``time.monotonic()`` at which it ended; None before.
        unread_since: So at which its last reader left; None while there is one.
    """

    def __init__(self, asked: Asked, digest: str, cache: Cache | None) -> None:
        """Begins; belongs to the running event loop.

        Args:
            asked: The stored question.
            digest: By which the same request is recognised.
            cache: Where events are mirrored for other processes; None for an answer that is not streamed.
        """
        self.asked = asked
        self.digest = digest
        self.streamed = cache is not None
        self.outcome: asyncio.Future[ChatAnswer] = asyncio.get_running_loop().create_future()
        self.given_up = asyncio.Event()
        self.over_since: float | None = None
        self.unread_since: float | None = time.monotonic()
        self._cache = cache
        self._mirrored = True
        self._loop = asyncio.get_running_loop()
        self._events: list[SentEvent] = []
        self._news = asyncio.Event()
        self._readers = 0
        self._stopped = threading.Event()
        self._telling = threading.Lock()
        self._text = ""
        self._calls: list[ToolCall] = []

    def begin(self) -> None:
        """Tells that the answer has begun."""
        self.tell(StartEvent(conversation_id=self.asked.conversation_id, message_id=self.asked.message_id))

    def tell(self, event: ChatEvent) -> None:
        """Takes the next event; from any thread, but not in the event loop, as the cache may take its time."""
        with self._telling:
            if self.over_since is None:  # work that was given up goes on talking
                self._take(event)

    def so_far(self, mode: ChatMode) -> ChatResult:
        """Returns what was told as an answer that was cut off."""
        calls = list(self._calls)
        return ChatResult(
            response=self._text.strip(), mode=mode, tool_calls=calls, incomplete=True, notice=INCOMPLETE_NOTICE
        )

    def done(self, answer: ChatAnswer) -> None:
        """Ends with the answer; as :meth:`tell`."""
        self._end(DoneEvent(answer=answer), answer)

    def fail(self, error: HabError) -> None:
        """Ends without an answer; as :meth:`tell`."""
        self._end(ErrorEvent(error=error_body(error)), error)

    def stop(self) -> None:
        """Asks whoever makes the answer to end it."""
        self._stopped.set()

    def stopped(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._stopped.is_set()

    def seen(self) -> None:
        """Notes that somebody reads along, here or at another process."""
        if self.unread_since is not None:
            self.unread_since = time.monotonic()

    async def follow(self, after: int = 0) -> AsyncIterator[SentEvent | None]:
        """Yields the events after the one of a number, as they come; None when there was none for some time."""
        self._readers += 1
        self.unread_since = None
        try:
            while True:
                while after < len(self._events):
                    event = self._events[after]
                    after += 1
                    yield event
                    if event.last:
                        return
                if self._events and self._events[-1].last:
                    return
                if not await _happens(self._news, HEARTBEAT_SECONDS):
                    yield None
        finally:
            self._readers -= 1
            if not self._readers:
                self.unread_since = time.monotonic()

    def _take(self, event: ChatEvent) -> None:
        """Remembers what an event tells, and shows it to readers."""
        if isinstance(event, TextEvent):
            event = event.model_copy(update={"text": storable(event.text)})
            self._text = event.text if event.replace else self._text + event.text
        elif isinstance(event, ToolEndEvent):
            self._calls.append(event.call)
        if self._cache is None:
            return
        number = len(self._events) + 1
        sent = SentEvent(str(EventId(self.asked.message_id, number)), event.type, event.model_dump_json())
        self._events.append(sent)
        self._soon(self._wake)
        self._mirror(self._cache, sent)

    def _mirror(self, cache: Cache, event: SentEvent) -> None:
        """Shows an event to other processes; after one that could not be shown none is, so that none is missing."""
        if self._mirrored:
            key = events_key(self.asked.message_id)
            self._mirrored = cache.append(key, mirrored(event, self.digest), KEPT_SECONDS)

    def _end(self, event: DoneEvent | ErrorEvent, outcome: ChatAnswer | HabError) -> None:
        """Tells the last event; by then the answer counts as over."""
        with self._telling:
            self.over_since = time.monotonic()
            self._take(event)
        self._soon(partial(self._settle, outcome))

    def _soon(self, action: Callable[[], None]) -> None:
        """Does something in the event loop, unless that has ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def _wake(self) -> None:
        """Wakes those who wait for news; those who come now wait for the next."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _settle(self, outcome: ChatAnswer | HabError) -> None:
        """Answers who waits for the end."""
        self._wake()
        if self.outcome.done():
            return
        if isinstance(outcome, HabError):
            self.outcome.set_exception(outcome)
            self.outcome.exception()  # not every answer has somebody who waits for its end
        else:
            self.outcome.set_result(outcome)


def mirrored(event: SentEvent, digest: str) -> bytes:
    """Returns an event as other processes read it."""
    return json.dumps([*event, digest], ensure_ascii=False).encode()


def from_mirror(entries: Sequence[bytes]) -> list[tuple[SentEvent, str]]:
    """Returns the events that were mirrored, each with the digest of the request."""
    return [(SentEvent(*event), digest) for *event, digest in map(json.loads, entries)]


async def _happens(news: asyncio.Event, seconds: float) -> bool:
    """Whether there is news in time."""
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return False
    return True
