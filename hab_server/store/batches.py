"""The rows of a batch: stored in chunks as they were sent, scored chunk by chunk, read page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table, case, delete, func, insert, literal, select, update

from hab_core.errors import QueueFull
from hab_core.schemas.common import utc_now
from hab_server.store import datasets
from hab_server.store.bulk import BulkInsert
from hab_server.store.engine import reading, transaction
from hab_server.store.jobs import JOBS, Lease, LeaseLost, count_queued, held
from hab_server.store.predictions import PREDICTIONS, insert_predictions
from hab_server.store.tables import BatchChunkRow, JobRow

CHUNKS: Final[Table] = BatchChunkRow.__table__  # type: ignore[attr-defined]
_CHUNKS_AT_ONCE: Final = 10
_RESULT_COLUMNS: Final = tuple(
    PREDICTIONS.c[name] for name in ("eclo", "low", "high", "percentile", "interpretation", "warnings", "error")
)
_ADMISSION_LOCK: Final = 0x4841425F51554555
"""Key of a lock in PostgreSQL: ``HAB_QUEU`` in ASCII."""


@dataclass(frozen=True)
class Chunk:
    """A slice of a batch's rows.

    Attributes:
        position: Its place among the chunks.
        first_index: The place of its first row in the batch.
        rows: The rows as they were sent.
        stored: Whether they lie with the job already; those of a dataset do once they are scored.
    """

    position: int
    first_index: int
    rows: Sequence[Mapping[str, Any]]
    stored: bool = True


@dataclass(frozen=True)
class ScoredChunk:
    """A chunk and what was predicted of it: one mapping of columns of ``predictions`` for each row, in their order."""

    chunk: Chunk
    outcomes: Sequence[Mapping[str, Any]]


def create(engine: Engine, job: JobRow, chunks: Sequence[Chunk], queue_limit: int) -> None:
    """Stores a queued job and its rows, unless too many jobs wait.

    The count is taken at the end of the transaction, one caller at a time, so that callers who come together cannot
    pass the limit; that part is short, however many rows there are.

    Raises:
        NotFound: The job's dataset is gone.
        QueueFull: ``queue_limit`` jobs or more wait already.
    """
    refuse_when_full(engine, queue_limit)
    rows = [_values(job.id, chunk) for chunk in chunks]
    with transaction(engine) as connection:
        if job.dataset_id is not None:
            datasets.hold(connection, job.dataset_id)
        connection.execute(insert(JOBS).values(job.model_dump()))
        insert_chunks = BulkInsert(CHUNKS, connection.dialect)
        for start in range(0, len(rows), _CHUNKS_AT_ONCE):
            insert_chunks(connection, rows[start : start + _CHUNKS_AT_ONCE])
        if connection.dialect.name == "postgresql":  # a transaction that writes is alone on SQLite
            connection.execute(select(func.pg_advisory_xact_lock(_ADMISSION_LOCK)))
        if count_queued(connection) > queue_limit:  # this job is counted too
            raise QueueFull


def refuse_when_full(engine: Engine, queue_limit: int) -> None:
    """Refuses early what :func:`create` would refuse.

    Raises:
        QueueFull: ``queue_limit`` jobs or more wait already.
    """
    with reading(engine) as connection:
        if count_queued(connection) >= queue_limit:
            raise QueueFull


def discard(engine: Engine, job_id: str) -> bool:
    """Removes a job that no worker has taken, with its rows; returns False where one has."""
    with transaction(engine) as connection:
        gone = connection.execute(delete(JOBS).where(JOBS.c.id == job_id, JOBS.c.status == "queued"))
        return gone.rowcount == 1


def next_chunk(engine: Engine, lease: Lease, after: int = -1) -> Chunk | None:
    """Returns the first chunk beyond position ``after`` that is not scored yet; None where the lease is lost.

    Chunks are scored in order, so who has just scored one spares the database to look at all those before it.
    """
    statement = (
        select(CHUNKS.c.position, CHUNKS.c.first_index, CHUNKS.c.rows)
        .join(JOBS, JOBS.c.id == CHUNKS.c.job_id)
        .where(held(lease), CHUNKS.c.position > after, CHUNKS.c.finished_at.is_(None))
        .order_by(CHUNKS.c.position)
        .limit(1)
    )
    with reading(engine) as connection:
        found = connection.execute(statement).one_or_none()
    return None if found is None else Chunk(*found)


def count_finished(engine: Engine, job_id: str) -> int:
    """Returns how many chunks of a job are scored."""
    finished = select(func.count()).where(CHUNKS.c.job_id == job_id, CHUNKS.c.finished_at.is_not(None))
    with reading(engine) as connection:
        return int(connection.execute(finished).scalar_one())


def finish_chunk(engine: Engine, lease: Lease, scored: ScoredChunk) -> str:
    """Stores a scored chunk, its end and the job's counters in one transaction; the last chunk completes the job.

    Returns:
        The status of the job afterwards: running, completed or, where that was asked for, cancelled.

    Raises:
        LeaseLost: The job belongs to another worker or has ended; nothing is stored.
    """
    now = utc_now()
    failed = sum(outcome.get("error") is not None for outcome in scored.outcomes)
    completed = len(scored.outcomes) - failed
    everything = JOBS.c.completed + JOBS.c.failed + len(scored.outcomes) >= JOBS.c.total
    ended = everything | JOBS.c.cancel_requested
    progress = {
        "completed": JOBS.c.completed + completed,
        "failed": JOBS.c.failed + failed,
        "heartbeat_at": now,
        "status": case((everything, "completed"), (JOBS.c.cancel_requested, "cancelled"), else_="running"),
        "finished_at": case((ended, literal(now, JOBS.c.finished_at.type)), else_=None),
    }
    with transaction(engine) as connection:
        status = connection.execute(
            update(JOBS).where(held(lease)).values(progress).returning(JOBS.c.status)
        ).scalar_one_or_none()
        if status is None or not _mark_finished(connection, lease.job_id, scored.chunk):
            raise LeaseLost
        insert_predictions(connection, scored.outcomes)
    return str(status)


def finished_chunks(engine: Engine, job_id: str) -> Iterator[tuple[Chunk, list[Row[Any]]]]:
    """Yields the chunks that are scored with the results of their rows, in the order of the batch.

    Each is read in a transaction of its own, so a slow reader of a long batch holds nothing in the database.
    """
    position = -1
    while True:
        with reading(engine) as connection:
            found = connection.execute(
                select(CHUNKS.c.position, CHUNKS.c.first_index, CHUNKS.c.rows)
                .where(CHUNKS.c.job_id == job_id, CHUNKS.c.position > position, CHUNKS.c.finished_at.is_not(None))
                .order_by(CHUNKS.c.position)
                .limit(1)
            ).one_or_none()
            if found is None:
                return
            chunk = Chunk(*found)
            predictions = _predictions(connection, job_id, chunk.first_index - 1, len(chunk.rows))
        yield chunk, predictions
        position = chunk.position


def forget(engine: Engine, job_id: str) -> Iterator[int]:
    """Removes an ended job, its rows and what was predicted of them; yields the rows removed by each step.

    Each step is a transaction of its own and short, however long the batch is; whoever does not go on leaves the rest
    to the next who calls. The job goes last, so what is left can be found by it.
    """
    while True:
        with transaction(engine) as connection:
            found = connection.execute(
                select(CHUNKS.c.position, CHUNKS.c.first_index, CHUNKS.c.rows)
                .where(CHUNKS.c.job_id == job_id)
                .order_by(CHUNKS.c.position)
                .limit(1)
            ).one_or_none()
            if found is None:
                connection.execute(delete(JOBS).where(JOBS.c.id == job_id))
                return
            chunk = Chunk(*found)
            _forget_chunk(connection, job_id, chunk)
        yield len(chunk.rows)


def _forget_chunk(connection: Connection, job_id: str, chunk: Chunk) -> None:
    """Deletes a chunk and its predictions."""
    last = chunk.first_index + len(chunk.rows) - 1
    of_chunk = (PREDICTIONS.c.job_id == job_id) & PREDICTIONS.c.row_index.between(chunk.first_index, last)
    connection.execute(delete(PREDICTIONS).where(of_chunk))
    connection.execute(delete(CHUNKS).where(CHUNKS.c.job_id == job_id, CHUNKS.c.position == chunk.position))


def _values(job_id: str, chunk: Chunk) -> dict[str, Any]:
    """Returns a chunk as a row of its table."""
    return {"job_id": job_id, "position": chunk.position, "first_index": chunk.first_index, "rows": chunk.rows}


def _mark_finished(connection: Connection, job_id: str, chunk: Chunk) -> bool:
    """Whether the chunk was unfinished; it is finished now."""
    if not chunk.stored:
        finished = {**_values(job_id, chunk), "finished_at": utc_now()}
        BulkInsert(CHUNKS, connection.dialect)(connection, [finished])
        return True
    unfinished = (CHUNKS.c.job_id == job_id) & (CHUNKS.c.position == chunk.position) & CHUNKS.c.finished_at.is_(None)
    return connection.execute(update(CHUNKS).where(unfinished).values(finished_at=utc_now())).rowcount == 1


def _predictions(connection: Connection, job_id: str, after: int, limit: int) -> list[Row[Any]]:
    """Returns the results of a job beyond row ``after``."""
    statement = (
        select(*_RESULT_COLUMNS)
        .where(PREDICTIONS.c.job_id == job_id, PREDICTIONS.c.row_index > after)
        .order_by(PREDICTIONS.c.row_index)
        .limit(limit)
    )
    return list(connection.execute(statement).all())
