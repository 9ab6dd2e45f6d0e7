"""Who may write what of a job: claims, lost leases, handing back, giving up."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.schemas.common import utc_now
from hab_core.schemas.eclo import EcloInterval, EcloScore
from hab_server.jobs import batches
from hab_server.jobs.context import WorkerContext
from hab_server.jobs.eclo import score_batch
from hab_server.store import jobs
from hab_server.store.batches import ScoredChunk, finish_chunk, next_chunk
from hab_server.store.engine import LOCK_TIMEOUT_MS, reading, transaction
from hab_server.store.ids import new_id
from hab_server.store.jobs import MAX_ATTEMPTS, Lease, LeaseLost
from hab_server.store.predictions import prediction_values
from tests.running import give_model
from tests.working import SLOW_WORKER, Stage, accident_rows, worker_starter

SCORE = EcloScore(eclo=4.0, interval=EcloInterval(low=1.0, high=9.0), percentile=40.0, interpretation="일반")


def finish_one(stage: Stage, lease: Lease) -> str:
    """Finishes the next chunk of a job as a worker does; returns the job's status afterwards."""
    chunk = next_chunk(stage.engine, lease)
    if chunk is None:
        raise LeaseLost
    rows = [
        prediction_values(
            new_id("pred"), SCORE, {}, "v1", created_at=utc_now(), job_id=lease.job_id, row_index=chunk.first_index + at
        )
        for at in range(len(chunk.rows))
    ]
    return finish_chunk(stage.engine, lease, ScoredChunk(chunk, rows))


def claimed(stage: Stage, rows: int = 2500) -> Lease:
    """A new job of three chunks, claimed."""
    lease = jobs.claim(stage.engine, stage.submit(accident_rows(rows)).job_id)
    assert lease is not None
    return lease


def test_one_of_many_gets_the_job(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda _: jobs.claim(stage.engine, job.job_id), range(16)))
    assert [lease for lease in leases if lease] == [Lease(job.job_id, 1)]


def test_progress_counts_chunk_by_chunk(stage: Stage) -> None:
    lease = claimed(stage)
    assert finish_one(stage, lease) == "running"
    batch = stage.read(lease.job_id, 1)
    assert (batch.status, batch.completed, batch.progress) == ("running", 1000, 0.4)
    assert batch.started_at is not None
    assert batch.estimated_completion_at is not None
    assert [finish_one(stage, lease), finish_one(stage, lease)] == ["running", "completed"]
    assert stage.stored_rows(lease.job_id) == list(range(2500))


def test_a_worker_given_up_for_dead_cannot_write_when_it_wakes_up(stage: Stage) -> None:
    lease = claimed(stage)
    finish_one(stage, lease)
    chunk = next_chunk(stage.engine, lease)
    assert chunk is not None
    stage.age(lease.job_id)
    assert jobs.take_from_dead_workers(stage.engine, utc_now() - timedelta(seconds=20), {}) == [lease.job_id]
    with pytest.raises(LeaseLost):
        finish_chunk(stage.engine, lease, ScoredChunk(chunk, []))
    second = jobs.claim(stage.engine, lease.job_id)
    assert second == Lease(lease.job_id, 2)
    with pytest.raises(LeaseLost):
        finish_one(stage, lease)
    jobs.fail(stage.engine, lease, {"code": "internal_error", "message": "", "details": []})
    jobs.release(stage.engine, lease)
    assert stage.read(lease.job_id, 1).status == "running"
    assert [finish_one(stage, second), finish_one(stage, second)] == ["running", "completed"]
    assert stage.stored_rows(lease.job_id) == list(range(2500))


def test_a_chunk_is_stored_once(stage: Stage) -> None:
    lease = claimed(stage)
    chunk = next_chunk(stage.engine, lease)
    assert chunk is not None
    finish_one(stage, lease)
    with pytest.raises(LeaseLost):
        finish_chunk(stage.engine, lease, ScoredChunk(chunk, []))
    assert stage.read(lease.job_id, 1).completed == 1000


def test_cancel_stops_a_running_job_after_its_chunk_and_keeps_its_rows(stage: Stage) -> None:
    lease = claimed(stage)
    finish_one(stage, lease)
    assert batches.cancel_batch(stage.engine, lease.job_id).status == "running"
    assert finish_one(stage, lease) == "cancelled"
    batch = stage.read(lease.job_id, 200)
    assert (batch.status, batch.completed, len(batch.items)) == ("cancelled", 2000, 200)
    assert batch.finished_at is not None
    assert len(b"".join(batches.results_csv(stage.engine, lease.job_id)).splitlines()) == 2001


def test_a_stopping_worker_hands_its_job_back(stage: Stage, context: WorkerContext) -> None:
    job = stage.submit(accident_rows(5))
    context.stopping.set()
    score_batch(job.job_id)
    assert stage.read(job.job_id).status == "queued"
    assert stage.attempts(job.job_id) == 0
    assert stage.queue.waiting() == 2  # the entry in hand was taken without RQ
    context.stopping.clear()
    score_batch(job.job_id)
    assert stage.read(job.job_id).status == "completed"


def test_a_cancelled_job_that_is_handed_back_ends(stage: Stage) -> None:
    lease = claimed(stage)
    batches.cancel_batch(stage.engine, lease.job_id)
    jobs.release(stage.engine, lease)
    assert stage.read(lease.job_id, 1).status == "cancelled"


def test_without_a_model_a_job_waits_and_fails_after_its_last_attempt(stage: Stage, context: WorkerContext) -> None:
    models = stage.settings.models_folder
    (models / "active.json").write_text('{"active": "gone", "previous": null}')
    shutil.rmtree(models / "small-1")
    context.models = ModelHolder(ModelRegistry(models, models / "none"))
    job = stage.submit(accident_rows(5))
    for attempt in range(1, MAX_ATTEMPTS):
        score_batch(job.job_id)
        assert (stage.read(job.job_id).status, stage.attempts(job.job_id)) == ("queued", attempt)
    score_batch(job.job_id)
    failed = stage.read(job.job_id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.code == "model_unavailable"
    assert failed.finished_at is not None


def test_a_job_that_waited_for_a_model_is_completed_with_it(
    stage: Stage, context: WorkerContext, model_folder: Path
) -> None:
    models = stage.settings.models_folder
    shutil.rmtree(models)
    context.models = ModelHolder(ModelRegistry(models, models / "none"))
    job = stage.submit(accident_rows(5))
    score_batch(job.job_id)
    assert stage.read(job.job_id).status == "queued"
    give_model(stage.settings.hab_home, model_folder)
    context.models.refresh()
    score_batch(job.job_id)
    assert stage.read(job.job_id).status == "completed"


def test_estimates_follow_measured_rates(stage: Stage) -> None:
    lease = claimed(stage, 3000)
    finish_one(stage, lease)
    waiting = stage.submit(accident_rows(50))
    behind = stage.submit(accident_rows(7))
    assert waiting.estimated_completion_at is not None
    assert behind.estimated_completion_at is not None
    found = []
    for job_id in (lease.job_id, waiting.job_id, behind.job_id):
        with reading(stage.engine) as connection:
            job = jobs.find(connection, job_id)
            assert job is not None
            found.append(jobs.outlook(connection, job))
    assert [outlook.rows_ahead for outlook in found] == [2000, 2050, 2057]
    assert [outlook.rows_per_second is None for outlook in found] == [False, True, True]
    while finish_one(stage, lease) == "running":
        continue
    with reading(stage.engine) as connection:
        job = jobs.find(connection, behind.job_id)
        assert job is not None
        outlook = jobs.outlook(connection, job)
    assert outlook.rows_ahead == 57
    assert outlook.rows_per_second is not None
    assert outlook.rows_per_second > 0


def test_a_database_that_is_away_for_a_while_delays_a_job_and_no_more(own_stage: Stage) -> None:
    """Another process keeps SQLite's write lock for longer than a transaction waits for it."""
    with worker_starter(own_stage.settings, SLOW_WORKER) as start_worker:
        worker = start_worker()
        job = own_stage.submit(accident_rows(10_000))
        own_stage.under_way(job.job_id)
        with transaction(own_stage.engine):
            time.sleep(2 * LOCK_TIMEOUT_MS / 1000)
        assert own_stage.ended(job.job_id).completed == 10_000
        assert own_stage.stored_rows(job.job_id) == list(range(10_000))
        assert worker.process.poll() is None
