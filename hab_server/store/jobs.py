"""The life of a job. Its row is the truth; who may change it is decided here, by compare-and-set.

``attempts`` counts the claims and is the fencing token: what a worker writes holds only while the job is ``running``
under the attempt that the worker claimed. A worker that was given up for dead therefore cannot write when it wakes up.
``heartbeat_at`` is the last sign of life: of a running job the last finished chunk, of a queued job the moment when it
was last put in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, case, func, select, update

from hab_core.schemas.common import utc_now
from hab_server.store.engine import reading, transaction
from hab_server.store.tables import JobRow

MAX_ATTEMPTS: Final = 5
"""Claims after which a job that never reached its end fails."""
_RECENT_JOBS: Final = 20
_MEASURABLE_ROWS: Final = 1000
"""Smaller jobs say more about the start of a job than about its rate."""
JOBS: Final[Table] = JobRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Lease:
    """The right to work on a job."""

    job_id: str
    attempt: int


@dataclass(frozen=True)
class Outlook:
    """What the completion of a job depends on.

    Attributes:
        rows_ahead: Rows to be scored before and of this job.
        rows_per_second: The measured rate; None where nothing was measured yet.
    """

    rows_ahead: int
    rows_per_second: float | None


class LeaseLost(Exception):
    """The job was given to another worker, or ended."""


def get(engine: Engine, job_id: str) -> JobRow | None:
    """Returns a job, or None where there is none of that id."""
    with reading(engine) as connection:
        return find(connection, job_id)


def find(connection: Connection, job_id: str) -> JobRow | None:
    """Returns a job within a transaction, or None where there is none of that id."""
    found = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).mappings().one_or_none()
    return None if found is None else JobRow(**found)


def count_queued(connection: Connection) -> int:
    """Returns how many jobs wait for a worker."""
    waiting = select(func.count()).select_from(JOBS).where(JOBS.c.status == "queued")
    return int(connection.execute(waiting).scalar_one())


def claim(engine: Engine, job_id: str) -> Lease | None:
    """Makes a queued job running; returns the right to work on it, or None where it is not to be had."""
    now = utc_now()
    changes = {
        "status": "running",
        "attempts": JOBS.c.attempts + 1,
        "started_at": func.coalesce(JOBS.c.started_at, now),
        "heartbeat_at": now,
    }
    statement = update(JOBS).where(JOBS.c.id == job_id, JOBS.c.status == "queued").values(changes)
    with transaction(engine) as connection:
        attempt = connection.execute(statement.returning(JOBS.c.attempts)).scalar_one_or_none()
    return None if attempt is None else Lease(job_id, attempt)


def release(engine: Engine, lease: Lease) -> None:
    """Puts a job back as it was before the claim, which is then not counted as an attempt."""
    ended = JOBS.c.cancel_requested
    changes: dict[str, Any] = {
        "status": case((ended, "cancelled"), else_="queued"),
        "attempts": JOBS.c.attempts - 1,
        "heartbeat_at": utc_now(),
        "finished_at": case((ended, utc_now()), else_=None),
    }
    _change(engine, lease, changes)


def give_up(engine: Engine, lease: Lease, error: dict[str, Any]) -> None:
    """Ends an attempt that failed for now: the job waits for the next one, or fails with ``error`` after the last."""
    if lease.attempt >= MAX_ATTEMPTS:
        fail(engine, lease, error)
    else:
        _change(engine, lease, {"status": "queued", "heartbeat_at": utc_now()})


def fail(engine: Engine, lease: Lease, error: dict[str, Any]) -> None:
    """Ends a job for good; ``error`` is an ``ErrorBody`` as JSON. Does nothing where the lease is lost."""
    _change(engine, lease, {"status": "failed", "error": error, "finished_at": utc_now()})


def cancel(engine: Engine, job_id: str) -> JobRow | None:
    """Cancels a queued job, asks a running one to stop, leaves an ended one; returns the job as it then stands."""
    now = utc_now()
    waiting = JOBS.c.status == "queued"
    statement = (
        update(JOBS)
        .where(JOBS.c.id == job_id, JOBS.c.status.in_(("queued", "running")))
        .values(
            status=case((waiting, "cancelled"), else_=JOBS.c.status),
            finished_at=case((waiting, now), else_=None),
            cancel_requested=True,
        )
    )
    with transaction(engine) as connection:
        connection.execute(statement)
        return find(connection, job_id)


def take_from_dead_workers(engine: Engine, silent_since: datetime, error: dict[str, Any]) -> list[str]:
    """Ends the claim of workers that showed no sign of life: such a job waits again, or ends.

    Args:
        engine: The store.
        silent_since: Running jobs without a heartbeat since then have no worker any more.
        error: The ``ErrorBody`` of a job that had all its attempts.

    Returns:
        The ids of the jobs that were taken.
    """
    silent = (JOBS.c.status == "running") & (JOBS.c.heartbeat_at < silent_since)
    with reading(engine) as connection:  # nearly always there are none, and then nothing is locked
        if connection.execute(select(JOBS.c.id).where(silent).limit(1)).first() is None:
            return []
    spent = JOBS.c.attempts >= MAX_ATTEMPTS
    status = case((JOBS.c.cancel_requested, "cancelled"), (spent, "failed"), else_="queued")
    with transaction(engine) as connection:
        taken = connection.execute(update(JOBS).where(silent).values(status=status).returning(JOBS.c.id, JOBS.c.status))
        statuses = {str(job_id): status for job_id, status in taken}
        for job_id, ended in statuses.items():
            if ended != "queued":
                changes = {"finished_at": utc_now(), "error": error if ended == "failed" else None}
                connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(changes))
    return list(statuses)


def waiting_since(engine: Engine, moment: datetime) -> list[str]:
    """Returns the queued jobs that were last put in the queue before ``moment``, oldest first."""
    waiting = select(JOBS.c.id).where(JOBS.c.status == "queued", JOBS.c.heartbeat_at < moment)
    with reading(engine) as connection:
        return list(connection.execute(waiting.order_by(JOBS.c.created_at)).scalars())


def ended_before(engine: Engine, moment: datetime) -> list[str]:
    """Returns the jobs that ended before ``moment``, oldest first."""
    ended = select(JOBS.c.id).where(JOBS.c.finished_at < moment, JOBS.c.status.not_in(("queued", "running")))
    with reading(engine) as connection:
        return list(connection.execute(ended.order_by(JOBS.c.finished_at)).scalars())


def take_for_queue(engine: Engine, job_id: str, moment: datetime) -> bool:
    """Whether the caller, and no one else, is to put a job in the queue that was last put there before ``moment``."""
    waiting = (JOBS.c.id == job_id) & (JOBS.c.status == "queued") & (JOBS.c.heartbeat_at < moment)
    with transaction(engine) as connection:
        return connection.execute(update(JOBS).where(waiting).values(heartbeat_at=utc_now())).rowcount == 1


def outlook(connection: Connection, job: JobRow) -> Outlook:
    """Returns what is to be done until ``job`` ends and how fast that goes, one worker assumed."""
    left = func.coalesce(func.sum(JOBS.c.total - JOBS.c.completed - JOBS.c.failed), 0)
    before = (JOBS.c.status == "queued") & (JOBS.c.created_at < job.created_at)
    ahead = select(left).where((JOBS.c.id == job.id) | (JOBS.c.status == "running") | before)
    if job.status == "running":
        ahead = select(left).where(JOBS.c.id == job.id)
    rate = _rate_of(job) or _recent_rate(connection)
    return Outlook(int(connection.execute(ahead).scalar_one()), rate)


def _rate_of(job: JobRow) -> float | None:
    """Returns the rows per second of a running job up to its last heartbeat."""
    done = job.completed + job.failed
    if job.status != "running" or job.started_at is None or job.heartbeat_at is None or not done:
        return None
    seconds = (job.heartbeat_at - job.started_at).total_seconds()
    return done / seconds if seconds > 0 else None


def _recent_rate(connection: Connection) -> float | None:
    """Returns the rows per second of the larger jobs that were completed last."""
    recent = (
        select(JOBS.c.total, JOBS.c.started_at, JOBS.c.finished_at)
        .where(JOBS.c.status == "completed", JOBS.c.total >= _MEASURABLE_ROWS)
        .order_by(JOBS.c.created_at.desc())
        .limit(_RECENT_JOBS)
    )
    rows, seconds = 0, 0.0
    for total, started_at, finished_at in connection.execute(recent):
        rows += total
        seconds += (finished_at - started_at).total_seconds()
    return rows / seconds if seconds > 0 else None


def held(lease: Lease) -> Any:
    """Returns the condition that a lease still holds."""
    return (JOBS.c.id == lease.job_id) & (JOBS.c.status == "running") & (JOBS.c.attempts == lease.attempt)


def _change(engine: Engine, lease: Lease, changes: dict[str, Any]) -> None:
    """Changes a job for as long as the lease holds."""
    with transaction(engine) as connection:
        connection.execute(update(JOBS).where(held(lease)).values(changes))
