"""The queue itself: what is in it, who works on it, how it fails."""

from __future__ import annotations

import signal

import pytest
import redis

from hab_core.errors import QueueUnavailable
from hab_server.jobs.context import WorkerContext
from hab_server.jobs.eclo import score_batch
from hab_server.jobs.queue import BEAT_TTL_SECONDS, JobQueue
from hab_server.settings import Settings
from tests.working import Stage, accident_rows


def test_knows_the_jobs_in_it(stage: Stage) -> None:
    for job_id in ("job_a", "job_b-with-dashes"):
        stage.queue.enqueue_batch(job_id)
    assert stage.queue.waiting() == 2
    assert stage.queue.waiting_jobs() == {"job_a", "job_b-with-dashes"}


def test_a_job_that_stands_in_it_twice_is_done_once(stage: Stage, context: WorkerContext) -> None:
    job = stage.submit(accident_rows(3))
    stage.queue.enqueue_batch(job.job_id)
    assert stage.queue.waiting() == 2
    score_batch(job.job_id)
    score_batch(job.job_id)
    assert stage.stored_rows(job.job_id) == [0, 1, 2]
    assert stage.attempts(job.job_id) == 1


def test_counts_workers_by_their_last_sign_of_life(stage: Stage) -> None:
    for worker in ("one", "two", "two", "three"):
        stage.queue.beat(worker)
    assert stage.queue.workers() == 3
    stage.queue.leave("three")
    assert stage.queue.workers() == 2
    with redis.Redis.from_url(stage.settings.redis_dsn) as connection:
        connection.zincrby("hab:workers", -BEAT_TTL_SECONDS - 1, "one")
    assert stage.queue.workers() == 1


def test_says_so_when_it_is_gone_and_comes_back_by_itself(own_stage: Stage) -> None:
    own_stage.queue.ping()
    own_stage.kill_valkey()
    for call in (
        own_stage.queue.ping,
        own_stage.queue.waiting,
        own_stage.queue.waiting_jobs,
        own_stage.queue.workers,
        lambda: own_stage.queue.enqueue_batch("job_a"),
        lambda: own_stage.queue.beat("worker"),
        lambda: own_stage.queue.leave("worker"),
    ):
        with pytest.raises(QueueUnavailable):
            call()
    assert own_stage.valkey is not None
    own_stage.valkey.start()
    own_stage.queue.enqueue_batch("job_a")
    assert own_stage.queue.waiting() == 1


def test_does_not_wait_for_a_server_that_hangs(own_stage: Stage) -> None:
    assert own_stage.valkey is not None
    own_stage.queue.ping()
    own_stage.valkey.send(signal.SIGSTOP)
    try:
        with pytest.raises(QueueUnavailable):
            own_stage.queue.ping()
    finally:
        own_stage.valkey.send(signal.SIGCONT)


def test_a_refused_password_is_an_unavailable_queue_and_not_repeated(own_stage: Stage) -> None:
    with redis.Redis.from_url(own_stage.settings.redis_dsn) as connection:
        connection.config_set("requirepass", "right")
    wrong = f"unix://:wr0ng-pass@{own_stage.settings.valkey_socket}"
    with pytest.raises(QueueUnavailable) as caught:
        JobQueue(Settings(hab_home=own_stage.settings.hab_home, redis_url=wrong)).ping()
    assert "wr0ng-pass" not in f"{caught.value} {caught.value.__cause__}"
