"""The queue between API and workers: RQ on Redis or Valkey, with JSON. It carries ids of jobs and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError

from hab_core.errors import QueueUnavailable
from hab_server.settings import Settings

QUEUE_NAME: Final = "hab"
ERRANDS: Final = "hab-errands"
"""The queue of what is done on a schedule; apart, so that it does not count among the jobs that wait."""
SERIALIZER: Final = "json"
"""RQ's default is pickle, with which anyone who can write to Redis runs code in the worker."""
SCORE_BATCH: Final = "hab_server.jobs.eclo.score_batch"
BEAT_TTL_SECONDS: Final = 15
"""A worker without a sign of life for so long is not counted."""
_SOCKET_SECONDS: Final = 1.0
_FAILURE_TTL_SECONDS: Final = 3600
_WORKERS: Final = "hab:workers"


def connect(settings: Settings) -> Redis:
    """Returns a client that notices a dead Redis within two seconds; nothing is sent yet.

    One retry at once, because a connection that Redis closed while it lay idle fails at its first use.
    """
    return Redis.from_url(
        settings.redis_dsn,
        socket_timeout=_SOCKET_SECONDS,
        socket_connect_timeout=_SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 1),
        decode_responses=False,  # RQ reads bytes
    )


def open_queue(connection: Redis, name: str = QUEUE_NAME) -> Queue:
    """Returns RQ's side of a queue on a connection."""
    return Queue(name, connection=connection, serializer=SERIALIZER)


class JobQueue:
    """The queue as the API and the housekeeping of workers see it; may be used from any thread.

    A job may stand in the queue more than once, when it is put there again after a fault: workers claim jobs in the
    database, so a second entry finds nothing to do.
    """

    def __init__(self, settings: Settings) -> None:
        """Takes the address; the first call connects."""
        self._redis = connect(settings)
        self._queue = open_queue(self._redis)

    def enqueue_batch(self, job_id: str) -> None:
        """Puts a batch in the queue.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            try:
                self._queue.enqueue_call(
                    SCORE_BATCH,
                    args=(job_id,),
                    job_id=f"{job_id}-{secrets.token_hex(4)}",
                    unique=True,
                    timeout=-1,  # rows are bounded, and an alarm in the middle of a transaction helps nobody
                    result_ttl=0,  # the outcome is in the database
                    failure_ttl=_FAILURE_TTL_SECONDS,
                    description=job_id,
                )
            except DuplicateJobError:
                # The answer to the first try was lost and the client sent it again: the job is in the queue.
                return

    def waiting_jobs(self) -> set[str]:
        """Returns the ids of the jobs in the queue.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            return {name.rpartition("-")[0] for name in self._queue.get_job_ids()}

    def waiting(self) -> int:
        """Returns how many entries the queue holds.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            return int(self._queue.count)

    def ping(self) -> None:
        """Asks for an answer.

        Raises:
            QueueUnavailable: There is none.
        """
        with _queue_errors():
            self._redis.ping()

    def beat(self, worker: str) -> None:
        """Says that a worker lives, by the clock of Redis, which all workers share.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            seconds, _ = self._redis.time()
            self._redis.zadd(_WORKERS, {worker: seconds})
            self._redis.zremrangebyscore(_WORKERS, "-inf", seconds - BEAT_TTL_SECONDS)

    def leave(self, worker: str) -> None:
        """Says that a worker ends.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            self._redis.zrem(_WORKERS, worker)

    def workers(self) -> int:
        """Returns how many workers gave a sign of life in the last ``BEAT_TTL_SECONDS``.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            seconds, _ = self._redis.time()
            return int(self._redis.zcount(_WORKERS, seconds - BEAT_TTL_SECONDS, "+inf"))

    def has_worker(self, host: str) -> bool:
        """Whether a worker on a machine gave a sign of life in the last ``BEAT_TTL_SECONDS``.

        Raises:
            QueueUnavailable: The queue does not answer.
        """
        with _queue_errors():
            seconds, _ = self._redis.time()
            names = cast("list[bytes]", self._redis.zrangebyscore(_WORKERS, seconds - BEAT_TTL_SECONDS, "+inf"))
            return any(name.startswith(f"{host}-".encode()) for name in names)

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()


@contextmanager
def _queue_errors() -> Iterator[None]:
    """Turns every failure of Redis into ``QueueUnavailable``, a refused password and a full memory included."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueUnavailable from error
