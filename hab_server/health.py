"""How the server looks at its own parts: each with a time limit of its own, the result kept for a second."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine

from hab_core.eclo.holder import ModelHolder
from hab_core.errors import DatabaseUnavailable, HabError, ModelUnavailable
from hab_core.schemas.health import Component, Health
from hab_core.schemas.version import VERSION
from hab_server.jobs.queue import JobQueue
from hab_server.metrics import Metrics
from hab_server.store.engine import ping
from hab_server.store.migrate import refuse_newer

LIMIT_SECONDS = 1.0
KEPT_SECONDS = 1.0
log = logging.getLogger(__name__)


class HealthMonitor:
    """Checks database, cache, queue, workers and model; many callers at once share one round of checks."""

    def __init__(
        self, engine: Engine, queue: JobQueue, models: ModelHolder, metrics: Metrics, migrated: threading.Event
    ) -> None:
        """Keeps what is checked; the database counts as down until ``migrated`` says that its tables are there."""
        self._queue = queue
        self._metrics = metrics
        self._checks: dict[str, Callable[[], Component]] = {
            "database": lambda: _check_database(engine, migrated),
            "cache": lambda: _works(queue.ping),
            "queue": self._check_queue,
            "workers": self._check_workers,
            "model": lambda: _check_model(models),
        }
        self._lock = asyncio.Lock()
        self._seen: tuple[float, Health] | None = None

    async def health(self) -> Health:
        """Returns the state of every part, at most ``KEPT_SECONDS`` old."""
        async with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > KEPT_SECONDS:
                found = await asyncio.gather(*(self._limited(name) for name in self._checks))
                components = dict(zip(self._checks, found, strict=True))
                everything = all(component.status == "ok" for component in found)
                health = Health(status="ok" if everything else "degraded", version=VERSION, components=components)
                self._seen = (time.monotonic(), health)
            return self._seen[1]

    async def require_ready(self) -> Health:
        """Returns the health; raises where the database or the model cannot serve.

        Raises:
            DatabaseUnavailable: The database does not answer.
            ModelUnavailable: No verified model is loaded.
        """
        health = await self.health()
        for name, error in (("database", DatabaseUnavailable), ("model", ModelUnavailable)):
            component = health.components[name]
            if component.status == "down":
                raise error(details=[{"field": name, "message": component.detail}])
        return health

    async def _limited(self, name: str) -> Component:
        """Returns one part's state; a check that takes too long counts as down."""
        try:
            component = await asyncio.wait_for(asyncio.to_thread(self._checks[name]), LIMIT_SECONDS)
        except TimeoutError:
            component = Component(status="down", detail=f"{LIMIT_SECONDS:.0f}초 안에 응답하지 않습니다.")
        self._metrics.component_up.labels(name).set(component.status != "down")
        return component

    def _check_queue(self) -> Component:
        """Says how many jobs wait."""
        waiting = 0

        def count() -> None:
            nonlocal waiting
            waiting = self._queue.waiting()

        component = _works(count)
        self._metrics.jobs_waiting.set(waiting)
        return component.model_copy(update={"detail": component.detail or f"대기 중인 작업 {waiting}개"})

    def _check_workers(self) -> Component:
        """Says how many workers have a recent heartbeat."""
        try:
            workers = self._queue.workers()
        except HabError as error:
            return Component(status="down", detail=error.message)
        self._metrics.workers.set(workers)
        if workers == 0:
            return Component(status="down", detail="실행 중인 작업자가 없습니다. hab worker를 실행해주세요.")
        return Component(status="ok", detail=f"작업자 {workers}개")


def _works(check: Callable[[], object]) -> Component:
    """Returns ok where ``check`` does not raise."""
    try:
        check()
    except HabError as error:
        return Component(status="down", detail=error.message)
    return Component(status="ok")


def _check_database(engine: Engine, migrated: threading.Event) -> Component:
    """Says whether the database answers and has the tables of this version."""
    answers = _works(lambda: ping(engine))
    if answers.status == "down" or migrated.is_set():
        return answers
    trouble = _works(lambda: refuse_newer(engine)).detail
    return Component(status="down", detail=trouble or "데이터베이스의 스키마를 준비하고 있습니다.")


def _check_model(models: ModelHolder) -> Component:
    """Says which model serves, and what is wrong with the one that should."""
    try:
        version = models.current.version
    except ModelUnavailable as error:
        return Component(status="down", detail=models.problem or error.message)
    if models.problem:
        return Component(status="degraded", detail=f"{version} 사용 중 · {models.problem}")
    return Component(status="ok", detail=version)
