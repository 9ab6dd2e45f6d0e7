"""Table and queue are brought together again, by as many as try and only once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from hab_core.errors import QueueUnavailable
from hab_core.schemas.jobs import Job
from hab_server.jobs import batches
from hab_server.jobs.reconcile import reconcile
from hab_server.store import jobs
from hab_server.store.engine import transaction
from hab_server.store.jobs import JOBS, MAX_ATTEMPTS
from tests.working import Stage, accident_rows


def claimed_long_ago(stage: Stage, attempts: int = 1) -> Job:
    """A running job whose worker died long ago."""
    job = stage.submit(accident_rows(2))
    assert jobs.claim(stage.engine, job.job_id)
    with transaction(stage.engine) as connection:
        connection.execute(update(JOBS).where(JOBS.c.id == job.job_id).values(attempts=attempts))
    stage.age(job.job_id)
    stage.lose_queue()
    return job


def test_a_waiting_job_that_the_queue_lost_is_put_back_once(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    stage.lose_queue()
    stage.age(job.job_id)
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: reconcile(stage.engine, stage.queue), range(16)))
    assert sum(counts) == 1
    assert stage.queue.waiting_jobs() == {job.job_id}
    assert stage.queue.waiting() == 1


def test_a_job_that_is_being_put_in_the_queue_is_left_alone(stage: Stage) -> None:
    stage.submit(accident_rows(2))
    stage.lose_queue()
    assert reconcile(stage.engine, stage.queue) == 0
    assert stage.queue.waiting() == 0


def test_a_job_in_the_queue_is_left_alone_however_long_it_waits(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    stage.age(job.job_id)
    assert reconcile(stage.engine, stage.queue) == 0
    assert stage.queue.waiting() == 1


def test_the_job_of_a_dead_worker_is_put_back_once(stage: Stage) -> None:
    job = claimed_long_ago(stage)
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: reconcile(stage.engine, stage.queue), range(16)))
    assert sum(counts) == 1
    assert stage.queue.waiting() == 1
    assert stage.read(job.job_id).status == "queued"


def test_the_job_of_a_living_worker_is_left_alone(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    assert jobs.claim(stage.engine, job.job_id)
    assert reconcile(stage.engine, stage.queue) == 0
    assert stage.read(job.job_id).status == "running"


def test_a_job_fails_when_its_last_attempt_died(stage: Stage) -> None:
    job = claimed_long_ago(stage, MAX_ATTEMPTS)
    assert reconcile(stage.engine, stage.queue) == 0
    failed = stage.read(job.job_id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert failed.error.code == "job_failed"
    assert "5번" in failed.error.message
    assert failed.finished_at is not None


def test_a_job_that_was_to_be_cancelled_ends_when_its_worker_died(stage: Stage) -> None:
    job = claimed_long_ago(stage)
    batches.cancel_batch(stage.engine, job.job_id)
    reconcile(stage.engine, stage.queue)
    cancelled = stage.read(job.job_id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None


def test_ended_jobs_are_never_touched(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    batches.cancel_batch(stage.engine, job.job_id)
    stage.age(job.job_id)
    stage.lose_queue()
    assert reconcile(stage.engine, stage.queue) == 0
    assert stage.read(job.job_id).status == "cancelled"


def test_a_lost_queue_that_is_still_away_is_tried_again(own_stage: Stage) -> None:
    job = claimed_long_ago(own_stage)
    own_stage.kill_valkey()
    with pytest.raises(QueueUnavailable):
        reconcile(own_stage.engine, own_stage.queue)
    assert own_stage.read(job.job_id).status == "queued"
    assert own_stage.valkey is not None
    own_stage.valkey.start()
    assert reconcile(own_stage.engine, own_stage.queue) == 1
    assert own_stage.queue.waiting_jobs() == {job.job_id}
