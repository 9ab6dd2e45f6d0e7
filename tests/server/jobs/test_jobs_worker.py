"""Real workers, as processes of their own."""

from __future__ import annotations

import signal

from hab_server.jobs import batches
from tests.running import wait_until
from tests.working import SLOW_WORKER, Stage, StartWorker, WorkerProcess, accident_rows

MANY = 20_000
"""Rows that keep a worker busy for some seconds."""


def test_an_idle_worker_does_what_comes(stage: Stage, start_worker: StartWorker) -> None:
    worker = start_worker()
    wait_until(lambda: stage.queue.workers() == 1)
    rows = accident_rows(100)
    rows[42]["시군구"] = "서울특별시 중구"
    for _ in range(3):
        batch = stage.ended(stage.submit(rows).job_id)
        assert (batch.status, batch.completed, batch.failed) == ("completed", 99, 1)
    assert worker.end() == 0
    assert stage.queue.workers() == 0
    assert "Traceback" not in worker.log()


def test_two_workers_share_the_jobs_but_never_one_job(stage: Stage, start_worker: StartWorker) -> None:
    start_worker(), start_worker()
    wait_until(lambda: stage.queue.workers() == 2)
    submitted = [stage.submit(accident_rows(3_000)).job_id for _ in range(4)]
    for job_id in submitted * 3:
        stage.queue.enqueue_batch(job_id)
    for job_id in submitted:
        assert stage.ended(job_id).status == "completed"
        assert stage.stored_rows(job_id) == list(range(3_000))
        assert stage.attempts(job_id) == 1


def test_a_killed_worker_s_job_goes_on_where_it_was(stage: Stage, start_worker: StartWorker) -> None:
    first = start_worker(SLOW_WORKER)
    job = stage.submit(accident_rows(MANY))
    stage.under_way(job.job_id)
    first.end(signal.SIGKILL)
    before = stage.read(job.job_id, 1)
    assert before.status == "running"
    stage.age(job.job_id)
    start_worker()
    batch = stage.ended(job.job_id)
    assert (batch.status, batch.completed, batch.failed) == ("completed", MANY, 0)
    assert stage.stored_rows(job.job_id) == list(range(MANY))
    assert stage.attempts(job.job_id) == 2
    assert batch.started_at == before.started_at


def test_a_worker_told_to_stop_hands_its_job_to_the_next(stage: Stage, start_worker: StartWorker) -> None:
    first = start_worker(SLOW_WORKER)
    job = stage.submit(accident_rows(MANY))
    stage.under_way(job.job_id)
    assert first.end() == 0
    stopped = stage.read(job.job_id, 1)
    assert stopped.status == "queued"
    assert 0 < stopped.completed < MANY
    assert stopped.completed % batches.CHUNK_ROWS == 0
    assert "Traceback" not in first.log()
    start_worker()
    assert stage.ended(job.job_id).completed == MANY
    assert stage.stored_rows(job.job_id) == list(range(MANY))
    assert stage.attempts(job.job_id) == 1


def test_a_running_job_can_be_cancelled(stage: Stage, start_worker: StartWorker) -> None:
    start_worker(SLOW_WORKER)
    job = stage.submit(accident_rows(MANY))
    stage.under_way(job.job_id)
    assert batches.cancel_batch(stage.engine, job.job_id).status == "running"
    batch = stage.ended(job.job_id)
    assert batch.status == "cancelled"
    assert 0 < batch.completed < MANY
    assert len(stage.stored_rows(job.job_id)) == batch.completed
    assert stage.ended(stage.submit(accident_rows(5)).job_id).status == "completed"


def test_a_queue_that_lost_everything_loses_no_job(stage: Stage, start_worker: StartWorker) -> None:
    waiting = stage.submit(accident_rows(50))
    stage.lose_queue()
    assert stage.queue.waiting() == 0
    start_worker()
    assert stage.ended(waiting.job_id).completed == 50


def test_the_worker_of_the_command_line_migrates_and_works(own_stage: Stage) -> None:
    worker = WorkerProcess(
        own_stage.settings, "import sys; from hab_server.__main__ import main; sys.exit(main(['worker']))"
    )
    try:
        assert own_stage.ended(own_stage.submit(accident_rows(5)).job_id).status == "completed"
        assert worker.end(signal.SIGINT) == 0
    finally:
        worker.clear()
