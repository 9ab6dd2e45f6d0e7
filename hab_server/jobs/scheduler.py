"""The scheduler: puts the housekeeping in the queue of errands again and again. Of any number of them one is at work.

It is RQ's ``CronScheduler`` with three changes: jobs are JSON as everywhere in HAB (RQ's own are pickled); an errand
is not put in the queue while one waits there, so a time without a worker leaves one errand and not a thousand; and it
works only while it holds a lock in Redis, which ends by itself thirty seconds after its holder has died.
"""

from __future__ import annotations

import logging
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from rq.cron import CronJob, CronScheduler

from hab_server.jobs.queue import ERRANDS, connect, open_queue
from hab_server.settings import Settings

HOUSEKEEPING: Final = "hab_server.jobs.errands.do_housekeeping"
HOUSEKEEPING_SECONDS: Final = 600
_LOCK: Final = "hab:scheduler"
_LOCK_SECONDS: Final = 30
_RENEW_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 2.0
log = logging.getLogger(__name__)


def run_scheduler(settings: Settings, every: int = HOUSEKEEPING_SECONDS) -> None:
    """Schedules the housekeeping until SIGTERM or Ctrl-C; waits while another scheduler does, or Redis is away.

    Args:
        settings: Where the queue is.
        every: Seconds from one housekeeping to the next.
    """
    with suppress(_Told):
        _stop_on_signals()
        while True:
            _take_turn(settings, every)
            time.sleep(_RETRY_SECONDS)


class _Told(BaseException):
    """The end was asked for: no ``Exception``, as logging swallows every one that is raised while it writes."""


class _Errand(CronJob):
    """A job of RQ's scheduler in HAB's own queue."""

    def enqueue(self, connection: Redis) -> None:  # type: ignore[override]  # nobody looks at it
        """Puts the errand in the queue unless one waits there."""
        queue = open_queue(connection, ERRANDS)
        if queue.count == 0:
            queue.enqueue_call(self.func_name, timeout=-1, result_ttl=0, failure_ttl=3600)


class _Scheduler(CronScheduler):
    """RQ's scheduler while it holds the lock."""

    def __init__(self, connection: Redis, lock: Lock, every: int) -> None:
        """Takes the lock, which is held."""
        super().__init__(connection)
        self._held = lock
        self.get_jobs().append(_Errand(ERRANDS, func_name=HOUSEKEEPING, interval=every, name="housekeeping"))

    def heartbeat(self) -> None:
        """Says that it lives, and holds the lock for longer; raises where another one has taken it."""
        super().heartbeat()
        self._held.reacquire()

    def calculate_sleep_interval(self) -> float:
        """Returns the seconds until the next look."""
        return min(float(super().calculate_sleep_interval()), _RENEW_SECONDS)

    def _install_signal_handlers(self) -> None:
        """Leaves the process's own handlers in place."""


def _take_turn(settings: Settings, every: int) -> None:
    """Works for as long as the lock can be had."""
    connection = connect(settings)
    lock = connection.lock(_LOCK, timeout=_LOCK_SECONDS, blocking=False, thread_local=False)
    try:
        if lock.acquire():
            log.info("scheduler at work")
            _schedule(connection, lock, every)
    except LockError:
        log.warning("another scheduler has taken over")
    except (RedisError, OSError) as error:
        log.warning("the queue does not answer", extra={"reason": type(error).__name__})
    finally:
        connection.close()


def _schedule(connection: Redis, lock: Lock, every: int) -> None:
    """Runs RQ's loop and gives the lock back."""
    try:
        _Scheduler(connection, lock, every).start()  # type: ignore[no-untyped-call]
    finally:
        with suppress(LockError, RedisError, OSError):
            lock.release()


def _stop_on_signals() -> None:
    """Ends everything on SIGTERM and Ctrl-C."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise _Told

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
