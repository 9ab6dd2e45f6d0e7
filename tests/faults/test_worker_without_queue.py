"""Valkey is killed under waiting and running jobs and comes back with nothing; workers are killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hab_core.errors import DatabaseUnavailable
from hab_server.settings import Settings
from hab_server.store.engine import transaction
from tests.running import train_small_model, wait_until
from tests.working import (
    PATIENT_WORKER,
    Stage,
    StartWorker,
    WorkerProcess,
    accident_rows,
    open_stage,
    worker_starter,
)

MANY = 20_000


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def stage(tmp_path: Path, model_folder: Path) -> Iterator[Stage]:
    with open_stage(Settings(hab_home=tmp_path / "home"), model_folder) as stage:
        yield stage


@pytest.fixture
def start_worker(stage: Stage) -> Iterator[StartWorker]:
    with worker_starter(stage.settings) as start:
        yield start


def test_a_job_at_work_does_not_notice_and_the_worker_goes_on(stage: Stage, start_worker: StartWorker) -> None:
    worker = start_worker(PATIENT_WORKER)
    running = stage.submit(accident_rows(MANY))
    waiting = stage.submit(accident_rows(10))
    stage.under_way(running.job_id)
    stage.lose_queue()
    assert stage.ended(running.job_id).completed == MANY
    assert stage.attempts(running.job_id) == 1
    assert stage.ended(waiting.job_id).completed == 10
    assert stage.ended(stage.submit(accident_rows(10)).job_id).status == "completed"
    assert worker.process.poll() is None
    assert worker.end() == 0


def test_an_idle_worker_waits_for_the_queue_and_is_counted_again(stage: Stage, start_worker: StartWorker) -> None:
    worker = start_worker()
    wait_until(lambda: stage.queue.workers() == 1)
    stage.kill_valkey()
    wait_until(lambda: "queue_unavailable" in worker.log())
    stage.lose_queue()
    wait_until(lambda: stage.queue.workers() == 1)
    assert stage.ended(stage.submit(accident_rows(10)).job_id).status == "completed"
    assert worker.process.poll() is None


def test_a_worker_that_starts_before_the_queue_waits_for_it(stage: Stage, start_worker: StartWorker) -> None:
    job = stage.submit(accident_rows(10))
    stage.kill_valkey()
    worker = start_worker()
    wait_until(lambda: "the queue does not answer" in worker.log())
    stage.lose_queue()
    assert stage.ended(job.job_id).completed == 10


def test_a_worker_without_a_queue_ends_when_it_is_told_to(stage: Stage, start_worker: StartWorker) -> None:
    worker = start_worker()
    wait_until(lambda: stage.queue.workers() == 1)
    stage.kill_valkey()
    wait_until(lambda: "queue_unavailable" in worker.log())
    assert worker.end() == 0


def test_a_worker_and_its_queue_die_together(stage: Stage, start_worker: StartWorker) -> None:
    first = start_worker()
    job = stage.submit(accident_rows(MANY))
    stage.under_way(job.job_id)
    first.end(signal.SIGKILL)
    stage.lose_queue()
    start_worker()
    assert stage.ended(job.job_id).completed == MANY
    assert stage.stored_rows(job.job_id) == list(range(MANY))


def test_workers_killed_at_any_moment_score_each_row_once(stage: Stage, start_worker: StartWorker) -> None:
    moments = random.Random(20_221_101)
    jobs = [stage.submit(accident_rows(7_500)).job_id for _ in range(2)]
    for _ in range(4):
        worker = start_worker()
        time.sleep(moments.uniform(0.9, 1.8))
        worker.end(signal.SIGKILL)
    start_worker()
    for job_id in jobs:
        batch = stage.ended(job_id)
        assert (batch.status, batch.completed, batch.failed) == ("completed", 7_500, 0)
        assert stage.stored_rows(job_id) == list(range(7_500))


def stop_between_writes(stage: Stage, worker: WorkerProcess) -> None:
    """Stops a worker at a moment at which it does not hold the lock of the database, so that others can write."""

    def stopped() -> bool:
        worker.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: os.waitid(os.P_PID, worker.process.pid, os.WSTOPPED | os.WNOHANG))
        try:
            with transaction(stage.engine):
                return True
        except DatabaseUnavailable:
            worker.process.send_signal(signal.SIGCONT)
            return False

    wait_until(stopped)


def test_a_worker_that_slept_too_long_does_not_write_over_its_successor(
    stage: Stage, start_worker: StartWorker
) -> None:
    sleeper = start_worker(PATIENT_WORKER)
    job = stage.submit(accident_rows(MANY))
    stage.under_way(job.job_id)
    stop_between_writes(stage, sleeper)
    assert stage.read(job.job_id, 1).status == "running"
    start_worker()
    wait_until(lambda: stage.attempts(job.job_id) == 2)
    sleeper.process.send_signal(signal.SIGCONT)
    assert stage.ended(job.job_id).completed == MANY
    assert stage.stored_rows(job.job_id) == list(range(MANY))
