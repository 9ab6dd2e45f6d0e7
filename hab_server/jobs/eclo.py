"""Job functions of the ECLO domain."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from hab_core.eclo.model import EcloModel
from hab_core.eclo.rows import ScoredRow, score_rows
from hab_core.errors import (
    DatabaseUnavailable,
    HabError,
    InternalError,
    ModelUnavailable,
    NotFound,
    QueueUnavailable,
    StorageUnavailable,
)
from hab_core.schemas.common import utc_now
from hab_server.errors import error_body
from hab_server.jobs.chunks import chunks_of
from hab_server.jobs.context import WorkerContext, worker_context
from hab_server.store import batches, jobs
from hab_server.store.batches import Chunk, ScoredChunk
from hab_server.store.ids import new_id
from hab_server.store.jobs import Lease, LeaseLost
from hab_server.store.predictions import failed_values, prediction_values

DATABASE_PATIENCE_SECONDS: Final = 30.0
_DATABASE_RETRY_SECONDS: Final = 0.5
Result = TypeVar("Result")
log = logging.getLogger(__name__)


def score_batch(job_id: str) -> None:
    """Scores a batch chunk by chunk from its first unfinished one; called by the worker with an entry of the queue.

    Ends in one of these ways: the job is completed or cancelled; it fails for a reason that another try would meet
    again; it goes back to the queue because the worker stops, or no model or no dataset can be read; or it is left
    running for the reconciliation to find, where the database is gone.
    """
    context = worker_context.get()
    lease = _patiently(context, partial(jobs.claim, context.engine, job_id))
    if lease is None:
        log.info("nothing to do", extra={"job_id": job_id})
        return
    log.info("job started", extra={"job_id": job_id, "attempt": lease.attempt})
    try:
        _score_chunks(context, lease)
    except LeaseLost:
        log.warning("job was given to another worker", extra={"job_id": job_id})
    except DatabaseUnavailable:
        log.warning("job waits for the database", extra={"job_id": job_id})
    except (ModelUnavailable, StorageUnavailable) as error:
        log.warning("no model or no rows for a job", extra={"job_id": job_id, "problem": error.message})
        _patiently(context, partial(jobs.give_up, context.engine, lease, error_body(error).model_dump()))
    except NotFound as error:
        log.warning("rows of a job are gone", extra={"job_id": job_id, "problem": error.message})
        _patiently(context, partial(jobs.fail, context.engine, lease, error_body(error).model_dump()))
    except Exception:
        log.exception("job failed", extra={"job_id": job_id})
        _patiently(context, partial(jobs.fail, context.engine, lease, error_body(InternalError()).model_dump()))
    except BaseException:  # the process is told to end at once
        _hand_back(context, lease)
        raise


def _score_chunks(context: WorkerContext, lease: Lease) -> None:
    """Scores until nothing is left, the job is cancelled or the worker stops."""
    next_chunk = _patiently(context, partial(chunks_of, context, lease))
    status, position = "running", -1
    while status == "running":
        if context.stopping.is_set():
            _hand_back(context, lease)
            return
        chunk = _patiently(context, partial(next_chunk, position))
        if chunk is None:
            raise LeaseLost
        scored = ScoredChunk(chunk, _outcomes(context.model(), lease.job_id, chunk))
        status = _patiently(context, partial(batches.finish_chunk, context.engine, lease, scored))
        position = chunk.position
    log.info("job ended", extra={"job_id": lease.job_id, "status": status})


def _outcomes(model: EcloModel, job_id: str, chunk: Chunk) -> list[Mapping[str, Any]]:
    """Returns what is stored for each row of a chunk: its score, or its error beside what was sent."""
    found = score_rows(model, chunk.rows)
    return [
        _outcome(model, job_id, chunk.first_index + offset, row, outcome)
        for offset, (row, outcome) in enumerate(zip(chunk.rows, found, strict=True))
    ]


def _outcome(
    model: EcloModel, job_id: str, index: int, row: Mapping[str, Any], outcome: ScoredRow | HabError
) -> dict[str, Any]:
    """Returns what is stored for one row."""
    prediction_id, now = new_id("pred"), utc_now()
    if isinstance(outcome, HabError):
        error = error_body(outcome)
        return failed_values(prediction_id, error, row, model.version, created_at=now, job_id=job_id, row_index=index)
    features = outcome.accident.features()
    return prediction_values(
        prediction_id, outcome.score, features, model.version, created_at=now, job_id=job_id, row_index=index
    )


def _hand_back(context: WorkerContext, lease: Lease) -> None:
    """Puts the job back in the queue for another worker, or for this one when it is started again."""
    jobs.release(context.engine, lease)
    log.info("job handed back", extra={"job_id": lease.job_id})
    try:
        context.queue.enqueue_batch(lease.job_id)
    except QueueUnavailable:
        log.warning("job waits for the queue", extra={"job_id": lease.job_id})


def _patiently(context: WorkerContext, work: Callable[[], Result]) -> Result:
    """Returns what ``work`` returns, trying again while the database is away and the worker is not told to stop.

    Raises:
        DatabaseUnavailable: It stayed away for ``DATABASE_PATIENCE_SECONDS``.
    """
    deadline = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return work()
        except DatabaseUnavailable:
            if time.monotonic() > deadline or context.stopping.wait(_DATABASE_RETRY_SECONDS):
                raise
