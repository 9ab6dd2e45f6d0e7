"""Brings table and queue together again after a fault, so that no job waits or runs for ever."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from hab_core.errors import JobFailed
from hab_core.schemas.common import utc_now
from hab_server.errors import error_body
from hab_server.jobs.queue import JobQueue
from hab_server.store import jobs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long a job may be silent, in seconds.

    Attributes:
        running: A running job says something at every chunk, some 0.1 s apart; after this its worker counts as dead.
        queued: Time between the commit of a job and its entry in the queue that is left to whoever makes both.
    """

    running: float = 20.0
    queued: float = 5.0


def reconcile(engine: Engine, queue: JobQueue, patience: Patience | None = None) -> int:
    """Takes jobs from dead workers, and puts jobs in the queue that wait but are not there.

    Any number of processes may do so at once: of those who see the same job one is let through by the database.

    Returns:
        How many jobs were put in the queue.

    Raises:
        DatabaseUnavailable: The database does not answer.
        QueueUnavailable: The queue does not answer; what was taken from dead workers waits for the next time.
    """
    patience = patience or Patience()
    dead = utc_now() - timedelta(seconds=patience.running)
    for job_id in jobs.take_from_dead_workers(engine, dead, error_body(_spent()).model_dump()):
        log.warning("job had lost its worker", extra={"job_id": job_id})
    moment = utc_now() - timedelta(seconds=patience.queued)
    waiting = jobs.waiting_since(engine, moment)
    if not waiting:
        return 0
    known = queue.waiting_jobs()
    lost = [job_id for job_id in waiting if job_id not in known and jobs.take_for_queue(engine, job_id, moment)]
    for job_id in lost:
        queue.enqueue_batch(job_id)
        log.warning("job put in the queue again", extra={"job_id": job_id})
    return len(lost)


def _spent() -> JobFailed:
    """Returns the reason of a job whose workers all died."""
    return JobFailed(
        f"작업자가 {jobs.MAX_ATTEMPTS}번 중단되어 작업을 끝내지 못했습니다. 데이터를 나누어 다시 요청해주세요."
    )
