"""The worker: takes jobs from the queue, one at a time, and looks after jobs that others left behind.

RQ's ``SimpleWorker`` runs jobs in the worker's own process, where the model is loaded once. A fork per job would cost
more than scoring a small batch, would copy connections and threads, and would win little: a job that kills its process
is taken up again from its last finished chunk by the next worker, whichever process died.

When Redis goes away the worker stays and looks for it once a second; a job at work needs no Redis and goes on.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.errors import DatabaseUnavailable, HabError
from hab_server.datasets.opening import open_store
from hab_server.jobs.context import WorkerContext, worker_context
from hab_server.jobs.queue import ERRANDS, SERIALIZER, JobQueue, connect, open_queue
from hab_server.jobs.reconcile import Patience, reconcile
from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine
from hab_server.store.migrate import upgrade

_RQ_TTL_SECONDS: Final = 30
"""RQ waits for a job for 15 s less than this, and for an answer of Redis 5 s less."""
_RECONNECT_SECONDS: Final = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rhythm:
    """How often a worker does its housekeeping, in seconds, and how long it lets jobs be silent."""

    beat: float = 3.0
    reconcile: float = 10.0
    patience: Patience = field(default_factory=Patience)


def run_worker(settings: Settings, rhythm: Rhythm | None = None) -> None:
    """Works on the jobs of the queue until SIGTERM or Ctrl-C: the present chunk is finished, its job handed back.

    A second signal ends the process at once; the chunk is then scored again by the next worker.

    Args:
        settings: Where store, queue and models are.
        rhythm: Times of the housekeeping; the usual ones where it is not given.
    """
    context = WorkerContext(
        engine=create_store_engine(settings),
        queue=JobQueue(settings),
        models=ModelHolder(ModelRegistry(settings.models_folder)),
        datasets=open_store(settings),
        settings=settings,
    )
    worker_context.set(context)
    _stop_on_signals(context)
    _migrate(settings, context)
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    housekeeping = threading.Thread(target=_keep_house, args=(context, name, rhythm or Rhythm()), name="housekeeping")
    housekeeping.start()
    log.info("worker started", extra={"worker": name})
    try:
        context.models.refresh()
        _take_jobs(settings, context, name)
    finally:
        context.stopping.set()
        housekeeping.join()
        context.engine.dispose()
        log.info("worker ended", extra={"worker": name})


class _Worker(SimpleWorker):
    """RQ's worker without what HAB does itself or does not want."""

    log_result_lifespan = False
    max_connection_wait_time = _RECONNECT_SECONDS
    context: WorkerContext

    def handle_warm_shutdown_request(self) -> None:
        """Tells the job at work to stop after its chunk."""
        self.context.stopping.set()

    def set_shutdown_requested_date(self) -> None:
        """Does nothing: it is called inside a signal handler, where a lost Redis would fail the job at work."""

    def check_for_suspension(self, burst: bool) -> None:
        """Ends before the next job where a signal came that RQ did not see, as its handlers were not there yet."""
        if self.context.stopping.is_set():
            raise StopRequested
        super().check_for_suspension(burst)

    def subscribe(self) -> None:
        """Does not listen to commands: whoever can write to Redis could stop workers with them."""


def _take_jobs(settings: Settings, context: WorkerContext, name: str) -> None:
    """Runs RQ's loop, anew whenever it ends for another reason than a signal, as it does when Redis goes away."""
    with suppress(StopRequested):  # how RQ's signal handler leaves whatever it interrupts between two jobs
        while not context.stopping.is_set():
            connection = connect(settings)
            try:
                _rq_worker(connection, context, name).work(logging_level=None)
            except (RedisError, OSError) as error:
                log.warning("the queue does not answer", extra={"worker": name, "reason": type(error).__name__})
            finally:
                connection.close()
            context.stopping.wait(_RECONNECT_SECONDS)


def _rq_worker(connection: Redis, context: WorkerContext, name: str) -> _Worker:
    """Returns RQ's worker; raises where Redis does not answer."""
    worker = _Worker(
        [open_queue(connection, ERRANDS), open_queue(connection)],  # errands are few and short
        name=f"{name}-{secrets.token_hex(2)}",  # the one before may still be registered
        connection=connection,
        serializer=SERIALIZER,
        worker_ttl=_RQ_TTL_SECONDS,
        log_job_description=False,
    )
    worker.context = context
    return worker


def _migrate(settings: Settings, context: WorkerContext) -> None:
    """Brings the database to the present schema; waits for one that cannot be reached until told to stop."""
    while not context.stopping.is_set():
        try:
            upgrade(settings)
        except DatabaseUnavailable as error:
            log.warning("the database does not answer", extra={"code": error.code})
            context.stopping.wait(_RECONNECT_SECONDS)
        else:
            return


def _stop_on_signals(context: WorkerContext) -> None:
    """Stops the worker on SIGTERM and Ctrl-C before RQ's own handlers are there."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        context.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _keep_house(context: WorkerContext, name: str, rhythm: Rhythm) -> None:
    """The thread beside the jobs: says that the worker lives, and reconciles at the start and again and again."""
    due = 0.0
    problems: dict[str, str] = {}
    while True:
        _try(lambda: context.queue.beat(name), "beat", problems)
        if time.monotonic() >= due:
            due = time.monotonic() + rhythm.reconcile
            _try(lambda: reconcile(context.engine, context.queue, rhythm.patience), "reconcile", problems)
        if context.stopping.wait(rhythm.beat):
            break
    _try(lambda: context.queue.leave(name), "leave", problems)


def _try(work: Callable[[], object], name: str, problems: dict[str, str]) -> None:
    """Does a piece of housekeeping; a failure is logged when it begins and does not end the thread."""
    try:
        work()
    except HabError as error:
        if problems.get(name) != error.code:
            log.warning("housekeeping failed", extra={"task": name, "code": error.code})
        problems[name] = error.code
    except Exception:
        log.exception("housekeeping failed")
    else:
        problems.pop(name, None)
