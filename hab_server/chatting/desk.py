"""The desk where questions are taken: each is stored, answered once, and its answer stored, whoever still listens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from hab_core.chat.answering import Inquiry, answer
from hab_core.chat.claude import ClaudeAccess
from hab_core.chat.sources import Source
from hab_core.datasets.storage import DatasetStore
from hab_core.eclo.holder import ModelHolder
from hab_core.errors import DatabaseUnavailable, HabError, InternalError, ModelUnavailable
from hab_core.schemas.chat import (
    CACHE_NOTICE,
    MOVED_ON_NOTICE,
    ChatAnswer,
    ChatMode,
    ChatRequest,
    ChatResult,
    TextEvent,
    TokenUsage,
    join_notices,
)
from hab_server.cache.connection import Cache
from hab_server.cache.flights import Flights, Found, Value
from hab_server.cache.keys import Answerer
from hab_server.chatting.live import LiveAnswer, asked_alike
from hab_server.chatting.questions import Inquest, look_into, open_sources
from hab_server.chatting.register import Register
from hab_server.lanes import Lane
from hab_server.metrics import Metrics
from hab_server.predicting import RecordingPredictor
from hab_server.settings import Settings
from hab_server.store import conversations
from hab_server.store.conversations import Asked
from hab_server.store.writer import GroupCommitWriter

CLAUDE_AT_ONCE = 32
"""Answers that mostly wait for Claude."""
OFFLINE_AT_ONCE = 4
"""Answers that are computed here."""
WAITING = 100
CLOSE_SECONDS = 2.0
LEAST_SECONDS = 1.0
"""What is left at least for an answer that waited for its turn."""
_SHARED_FAILURES = frozenset({"invalid_input"})
"""Tool calls may fail so in an answer that others get too: the call was wrong, not the table out of reach."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the desk works with."""

    settings: Settings
    engine: Engine
    datasets: DatasetStore
    models: ModelHolder
    writer: GroupCommitWriter
    metrics: Metrics


@dataclass(frozen=True)
class _Job:
    """An answer to be made."""

    inquest: Inquest
    sources: list[Source]
    access: ClaudeAccess | None
    deadline: float
    live: LiveAnswer

    @property
    def mode(self) -> ChatMode:
        """Who is asked."""
        return _mode(self.access)


class ChatDesk:
    """Takes questions and answers them.

    Attributes:
        cache: Where answers and events are remembered.
        register: The answers under way.
    """

    def __init__(self, parts: Parts) -> None:
        """Opens nothing yet."""
        self.cache = Cache(parts.settings)
        self.register = Register(self.cache)
        self._parts = parts
        self._ttl = parts.settings.cache_ttl
        self._flights = Flights(self.cache, self._ttl)
        self._lanes: dict[ChatMode, Lane] = {
            "claude": Lane("claude", threads=CLAUDE_AT_ONCE, waiting=WAITING, forsaken=True),
            "offline": Lane("offline", threads=OFFLINE_AT_ONCE, waiting=WAITING),
        }
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, request: ChatRequest, access: ClaudeAccess | None, *, streamed: bool) -> LiveAnswer:
        """Returns the answer to a question while it is made; by then the question is stored.

        Args:
            request: The question.
            access: The caller's way to Claude; None asks the offline analyst.
            streamed: Whether its events are read; it then ends when its reader is gone for long.

        Raises:
            NotFound: A dataset or the conversation is not there.
            InvalidInput: The conversation is about other datasets.
            QueueFull: Too many questions wait already.
            StorageUnavailable, DatabaseUnavailable: A store does not answer.
        """
        deadline = time.monotonic() + self._parts.settings.chat_timeout
        mirror = self.cache if streamed else None
        started = time.perf_counter()
        inquest, repeated = await run_in_threadpool(self._look_into, request, access)
        if repeated is not None:
            seconds = time.perf_counter() - started
            self._parts.metrics.chat.count(repeated, seconds=seconds, shareable=True)
            live = LiveAnswer(_asked(repeated), asked_alike(request), mirror)
            self._start(run_in_threadpool(_repeat, live, repeated), live)
            return live
        self._lanes[_mode(access)].refuse_when_full()
        sources, asked = await run_in_threadpool(self._store, inquest)
        live = LiveAnswer(asked, asked_alike(request), mirror)
        self._start(self._make(_Job(inquest, sources, access, deadline, live)), live)
        return live

    async def close(self) -> None:
        """Ends what is under way; an answer that does not end in time stays incomplete, as it is stored already."""
        self.register.stop_all()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes.values():
            lane.close()
        self.cache.close()

    def _start(self, work: Coroutine[Any, Any, None], live: LiveAnswer) -> None:
        """Lets the work go on, whatever becomes of the request."""
        self.register.add(live)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look_into(self, request: ChatRequest, access: ClaudeAccess | None) -> tuple[Inquest, ChatAnswer | None]:
        """Returns what is known of a question, and the answer where the cache has one; both are then stored."""
        inquest = look_into(self._parts.engine, request, self._answerer(access))
        known = self.cache.get(inquest.key) if inquest.key and self._ttl else None
        if known is None:
            return inquest, None
        result = ChatResult.model_validate_json(known)
        return inquest, conversations.ask_and_answer(
            self._parts.engine, inquest.question, partial(_noted, result, hit=True)
        )

    def _answerer(self, access: ClaudeAccess | None) -> Answerer:
        """Returns who answers, as far as answers depend on it."""
        predictor = self._predictor()
        return Answerer(_mode(access), access.model if access else "", predictor.version if predictor else "")

    def _predictor(self) -> RecordingPredictor | None:
        """Returns the model that predicts, with an empty record; None where none serves."""
        try:
            return RecordingPredictor(self._parts.models.current)
        except ModelUnavailable:
            return None

    def _store(self, inquest: Inquest) -> tuple[list[Source], Asked]:
        """Opens the tables of a question, then stores it."""
        sources = open_sources(self._parts.engine, self._parts.datasets, inquest.datasets)
        return sources, conversations.ask(self._parts.engine, inquest.question)

    async def _make(self, job: _Job) -> None:
        """Makes an answer, stores it and tells of its end."""
        started = time.perf_counter()
        try:
            await run_in_threadpool(self.register.begin, job.live)
            found = await self._found(job)
            made = await run_in_threadpool(self._keep, job, found)
        except HabError as error:
            await self._fail(job, error)
        except Exception:
            log.exception("no answer", extra={"message_id": job.live.asked.message_id})
            await self._fail(job, InternalError())
        else:
            seconds = time.perf_counter() - started
            self._parts.metrics.chat.count(made, seconds=seconds, shareable=job.inquest.key is not None)

    async def _fail(self, job: _Job, error: HabError) -> None:
        """Tells why there is no answer."""
        self._parts.metrics.chat.count_failure(job.mode)
        await run_in_threadpool(self._end_without_answer, job.live, error)

    def _end_without_answer(self, live: LiveAnswer, error: HabError) -> None:
        """Stores that there will be no answer, then tells why; without the database others notice within seconds."""
        try:
            if not isinstance(error, DatabaseUnavailable):
                conversations.give_up(self._parts.engine, live.asked)
        except DatabaseUnavailable:
            log.exception("no end stored", extra={"message_id": live.asked.message_id})
        finally:
            live.fail(error)

    async def _found(self, job: _Job) -> Found:
        """Returns the answer: another's to the same question, or one made now."""
        compute = partial(self._compute, job)
        if job.inquest.key is None:
            return Found((await compute()).content, hit=False)
        return await self._flights.get_or_compute(job.inquest.key, compute, job.deadline - time.monotonic())

    async def _compute(self, job: _Job) -> Value:
        """Returns the answer made by Claude or the offline analyst; stores what was predicted for it."""
        predictor = self._predictor()
        inquiry = Inquiry(job.inquest.question.text, job.sources, job.inquest.history, predictor)
        work = asyncio.ensure_future(self._lanes[job.mode].run(partial(_answered, job, inquiry)))
        try:
            return await _unless_given_up(work, job)
        finally:
            if predictor is not None:
                await self._keep_predictions(predictor)

    async def _keep_predictions(self, predictor: RecordingPredictor) -> None:
        """Stores what was predicted, as every prediction is."""
        await asyncio.gather(*(self._parts.writer.write(row) for row in predictor.rows()))
        for grade in predictor.grades():
            self._parts.metrics.count_prediction(grade)

    def _keep(self, job: _Job, found: Found) -> ChatAnswer:
        """Stores an answer and tells it."""
        asked = job.live.asked
        result = _noted(ChatResult.model_validate_json(found.content), asked, hit=found.hit)
        made = conversations.answer(self._parts.engine, asked, result, cache_hit=found.hit)
        if found.hit:
            job.live.tell(TextEvent(text=made.response, replace=True))
        job.live.done(made)
        return made


def _repeat(live: LiveAnswer, repeated: ChatAnswer) -> None:
    """Tells an answer that is stored already."""
    live.begin()
    live.tell(TextEvent(text=repeated.response))
    live.done(repeated)


def _answered(job: _Job, inquiry: Inquiry) -> Value:
    """Returns the answer to a question; runs in a lane."""
    left = max(LEAST_SECONDS, job.deadline - time.monotonic())
    result = answer(inquiry, job.access, emit=job.live.tell, timeout=left, stopped=job.live.stopped)
    return _value(result, job)


def _value(result: ChatResult, job: _Job) -> Value:
    """Returns an answer as it is shared: only whole ones, by whoever was asked, from tables that could be read."""
    whole = not result.incomplete and result.mode == job.mode
    errors = {call.error.code for call in result.tool_calls if call.error is not None}
    return Value(result.model_dump_json().encode(), shared=whole and errors <= _SHARED_FAILURES)


async def _unless_given_up(work: asyncio.Future[Value], job: _Job) -> Value:
    """Returns what the work returns, or what it told until nobody waited for it any more."""
    given_up: asyncio.Future[Any] = asyncio.ensure_future(job.live.given_up.wait())
    try:
        await asyncio.wait({cast("asyncio.Future[Any]", work), given_up}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        given_up.cancel()
    if work.done():
        return work.result()
    work.add_done_callback(lambda done: done.cancelled() or done.exception())
    return _value(job.live.so_far(job.mode), job)


def _noted(result: ChatResult, asked: Asked, *, hit: bool) -> ChatResult:
    """Returns an answer with the notices of this time; one from the cache cost no tokens."""
    notice = join_notices(result.notice, CACHE_NOTICE if hit else None, MOVED_ON_NOTICE if asked.moved_on else None)
    usage = TokenUsage() if hit else result.token_usage
    return result.model_copy(update={"notice": notice, "token_usage": usage})


def _mode(access: ClaudeAccess | None) -> ChatMode:
    """Returns who is asked."""
    return "offline" if access is None else "claude"


def _asked(answered: ChatAnswer) -> Asked:
    """Returns the question of an answer that is stored."""
    return Asked(answered.conversation_id, answered.message_id, answered.version)
