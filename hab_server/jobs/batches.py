"""Batches as the API sees them: accept, read, cancel, download."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput, NotFound, QueueUnavailable
from hab_core.schemas.common import ErrorBody, utc_now
from hab_core.schemas.eclo import MAX_BATCH_ROWS
from hab_core.schemas.jobs import EcloBatch, Job
from hab_server.jobs.chunks import CHUNK_ROWS
from hab_server.jobs.queue import JobQueue
from hab_server.jobs.results import results_of
from hab_server.settings import Settings
from hab_server.store import batches, jobs, predictions
from hab_server.store.batches import Chunk
from hab_server.store.engine import reading
from hab_server.store.ids import new_id
from hab_server.store.jobs import Outlook
from hab_server.store.tables import JobRow

KIND: Final = "eclo_batch"
_NO_ROW: Final = "예측할 사고가 없습니다. 한 행 이상 보내주세요."
_PICK_UP: Final = timedelta(seconds=0.1)
_ASSUMED_ROWS_PER_SECOND: Final = 5_000.0
"""Taken until a first job was measured."""
Row = Mapping[str, Any]
log = logging.getLogger(__name__)


def submit_batch(
    engine: Engine,
    queue: JobQueue,
    settings: Settings,
    rows: Sequence[Row],
    columns: Sequence[str] | None = None,
    job_id: str | None = None,
) -> Job:
    """Stores rows as a queued job and puts it in the queue; what it raises says that nothing was accepted.

    Args:
        engine: The store.
        queue: Told of the job once it is stored.
        settings: The limit of waiting jobs.
        rows: 1 to 100,000 rows under English or Korean names; a bad one becomes that row's error.
        columns: The names in the order of the results; by first appearance where they are not given.
        job_id: The id of the job, a new one where None; one that is stored already is answered as it stands.

    Raises:
        InvalidInput: No row, or too many.
        QueueFull: As many jobs wait as may.
        QueueUnavailable: The queue does not answer.
        DatabaseUnavailable: The store does not answer.
    """
    _check_size(len(rows))
    job = _new_job(job_id, len(rows), list(_names_of(rows) if columns is None else columns))
    return _accept(engine, queue, settings, job, _chunks(rows))


def submit_dataset(
    engine: Engine,
    queue: JobQueue,
    settings: Settings,
    dataset_id: str,
    table: Table,
    job_id: str | None = None,
) -> Job:
    """Stores a job on the rows of a dataset and puts it in the queue.

    The worker reads the rows, so that a long table costs the API nothing; the dataset cannot be deleted before the job
    has ended.

    Args:
        engine: The store.
        queue: Told of the job once it is stored.
        settings: The limit of waiting jobs.
        dataset_id: The dataset.
        table: Its table, of any length.
        job_id: As :func:`submit_batch`.

    Raises:
        InvalidInput: It has no row.
        NotFound: It was deleted meanwhile.
        QueueFull, QueueUnavailable, DatabaseUnavailable: As :func:`submit_batch`.
    """
    if not table.rows:
        raise InvalidInput.of("dataset_id", _NO_ROW)
    return _accept(engine, queue, settings, _new_job(job_id, table.rows, table.stored_columns, dataset_id), [])


def read_batch(engine: Engine, job_id: str, limit: int, cursor: str | None) -> EcloBatch:
    """Returns a job as it stands with a page of its finished rows; of a job at work more rows may follow the last page.

    Raises:
        NotFound: There is no such job.
        InvalidInput: The cursor is not one of this list.
        DatabaseUnavailable: The store does not answer.
    """
    job = _described(engine, _required(engine, job_id))  # before the rows: an ended job then shows all of them
    page = predictions.list_items(engine, job_id, limit, cursor)
    return EcloBatch(**dict(job), items=page.items, next_cursor=page.next_cursor)


def cancel_batch(engine: Engine, job_id: str) -> Job:
    """Cancels a job: at once where it waits, after the present chunk where it runs; an ended one stays as it is.

    Raises:
        NotFound: There is no such job.
        DatabaseUnavailable: The store does not answer.
    """
    job = jobs.cancel(engine, job_id)
    if job is None:
        raise _unknown(job_id)
    log.info("cancel asked for", extra={"job_id": job_id, "status": job.status})
    return _described(engine, job)


def results_csv(engine: Engine, job_id: str) -> Iterator[bytes]:
    """Returns the rows of a batch that are finished, as they were sent and with what was predicted, as CSV.

    Raises:
        NotFound: There is no such job; raised at the call, not at the first line.
        DatabaseUnavailable: The store does not answer, at the call or at any line.
    """
    job = _required(engine, job_id)
    return results_of(engine, job_id, job.columns or [])


def _accept(engine: Engine, queue: JobQueue, settings: Settings, job: JobRow, chunks: Sequence[Chunk]) -> Job:
    """Stores a job with the rows that were sent and puts it in the queue, unless it is stored already."""
    known = jobs.get(engine, job.id)
    if known is not None:
        return _described(engine, known)
    batches.refuse_when_full(engine, settings.queue_limit)
    queue.ping()
    batches.create(engine, job, chunks, settings.queue_limit)
    _enqueue(engine, queue, job.id)
    log.info("batch accepted", extra={"job_id": job.id, "rows": job.total})
    return _described(engine, job)


def _check_size(rows: int) -> None:
    """Raises InvalidInput where a batch has no row or too many."""
    if not rows:
        raise InvalidInput.of("accidents", _NO_ROW)
    if rows > MAX_BATCH_ROWS:
        raise InvalidInput.of(
            "accidents", f"한 번에 {MAX_BATCH_ROWS:,}행까지 예측할 수 있습니다 (보낸 행: {rows:,}). 나누어 보내주세요."
        )


def _new_job(job_id: str | None, total: int, columns: list[str], dataset_id: str | None = None) -> JobRow:
    """Returns a job that waits."""
    now = utc_now()
    return JobRow(
        id=job_id or new_id("job"),
        kind=KIND,
        status="queued",
        total=total,
        columns=columns,
        dataset_id=dataset_id,
        error=None,
        created_at=now,
        started_at=None,
        heartbeat_at=now,
        finished_at=None,
    )


def _names_of(rows: Iterable[Row]) -> list[str]:
    """Returns the names in rows in the order in which they first appear."""
    names: dict[str, None] = {}
    for row in rows:
        if not row.keys() <= names.keys():
            names.update(dict.fromkeys(row))
    return list(names)


def _chunks(rows: Sequence[Row]) -> list[Chunk]:
    """Returns rows in slices of ``CHUNK_ROWS``."""
    starts = range(0, len(rows), CHUNK_ROWS)
    return [Chunk(position, start, rows[start : start + CHUNK_ROWS]) for position, start in enumerate(starts)]


def _enqueue(engine: Engine, queue: JobQueue, job_id: str) -> None:
    """Puts a stored job in the queue, or removes it again where that fails."""
    try:
        queue.enqueue_batch(job_id)
    except QueueUnavailable:
        if batches.discard(engine, job_id):
            raise
        log.warning("a worker has the job though the queue failed", extra={"job_id": job_id})


def _required(engine: Engine, job_id: str) -> JobRow:
    """Returns a batch job; raises NotFound where there is none."""
    job = jobs.get(engine, job_id)
    if job is None or job.kind != KIND:
        raise _unknown(job_id)
    return job


def _unknown(job_id: str) -> NotFound:
    return NotFound(f"작업을 찾을 수 없습니다: {job_id[:64]}")


def _described(engine: Engine, job: JobRow) -> Job:
    """Returns a job's row in the shape of the wire."""
    done = job.completed + job.failed
    return Job(
        job_id=job.id,
        status=job.status,
        total=job.total,
        completed=job.completed,
        failed=job.failed,
        progress=done / job.total,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        estimated_completion_at=_estimated_completion(engine, job),
        status_url=f"/api/predict/eclo/batch/{job.id}",
        error=None if job.error is None else ErrorBody.model_validate(job.error),
    )


def _estimated_completion(engine: Engine, job: JobRow) -> datetime | None:
    """Returns when a job will probably be completed; None where it has ended."""
    if job.status not in ("queued", "running"):
        return None
    with reading(engine) as connection:
        outlook: Outlook = jobs.outlook(connection, job)
    seconds = outlook.rows_ahead / (outlook.rows_per_second or _ASSUMED_ROWS_PER_SECOND)
    return utc_now() + timedelta(seconds=seconds) + (_PICK_UP if job.status == "queued" else timedelta())
