"""What is cleared away as time goes by, on a schedule that one of any number of schedulers keeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, insert, select, update

from hab_core.datasets.storage import DatasetStore
from hab_core.errors import NotFound
from hab_core.schemas.common import utc_now
from hab_core.schemas.datasets import Dataset
from hab_server.datasets.keeping import keep
from hab_server.datasets.opening import open_store
from hab_server.housekeeping import ENDED_SHARES_KEPT, keep_house
from hab_server.jobs.context import WorkerContext
from hab_server.jobs.eclo import score_batch
from hab_server.jobs.queue import ERRANDS, connect, open_queue
from hab_server.processes import child_environment
from hab_server.store import datasets, jobs, shares
from hab_server.store.batches import CHUNKS
from hab_server.store.datasets import LOOSE_FILES
from hab_server.store.engine import reading, transaction
from hab_server.store.idempotency import KEYS, First, claim
from hab_server.store.jobs import JOBS
from hab_server.store.predictions import PREDICTIONS
from hab_server.store.shares import SHARES
from tests.running import Command, is_running, wait_until
from tests.working import Stage, StartWorker, accident_rows

QUICK_SCHEDULER = """
from hab_server.jobs.scheduler import run_scheduler
from hab_server.logs import configure_logging
from hab_server.settings import Settings
configure_logging("INFO")
run_scheduler(Settings(), every=1)
"""
StartScheduler = Callable[[], "SchedulerProcess"]


class SchedulerProcess:
    """A scheduler as a process of its own, with an errand every second."""

    def __init__(self, stage: Stage) -> None:
        self._log = stage.settings.hab_home / f"scheduler-{os.urandom(4).hex()}.log"
        environment = child_environment(stage.settings, REDIS_URL=stage.settings.redis_dsn)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-c", QUICK_SCHEDULER], env=environment, stderr=log)

    def at_work(self) -> bool:
        return "scheduler at work" in self.log()

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def start_scheduler(stage: Stage) -> Iterator[StartScheduler]:
    started: list[SchedulerProcess] = []

    def start() -> SchedulerProcess:
        started.append(SchedulerProcess(stage))
        return started[-1]

    yield start
    for scheduler in started:
        if scheduler.process.poll() is None:
            scheduler.end(signal.SIGKILL)


@pytest.fixture
def store(stage: Stage) -> DatasetStore:
    return open_store(stage.settings)


def a_dataset(stage: Stage, store: DatasetStore) -> Dataset:
    return keep(stage.engine, store, "구,건수\n수성구,3\n".encode(), "sha256:1", name="구별")


def a_share(stage: Stage, dataset_id: str, token: str, ended_ago: timedelta) -> None:
    """A link that expired a while ago."""
    shares.create(stage.engine, dataset_id, token, utc_now() - ended_ago)


def a_scored_job(stage: Stage, rows: int, ended_ago: timedelta) -> str:
    """A job that was completed a while ago."""
    job_id = stage.submit(accident_rows(rows)).job_id
    score_batch(job_id)
    with transaction(stage.engine) as connection:
        connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(finished_at=utc_now() - ended_ago))
    return job_id


def rows_of(stage: Stage, job_id: str) -> tuple[int, int]:
    """How many chunks and how many predictions of a job are stored."""
    with reading(stage.engine) as connection:
        chunks = connection.execute(select(func.count()).where(CHUNKS.c.job_id == job_id)).scalar_one()
        predictions = connection.execute(select(func.count()).where(PREDICTIONS.c.job_id == job_id)).scalar_one()
    return chunks, predictions


def keep_house_of(stage: Stage, store: DatasetStore, stopping: Event | None = None) -> dict[str, int]:
    return keep_house(stage.engine, store, stage.settings, stopping)


def test_old_results_go_and_young_ones_stay(stage: Stage, store: DatasetStore, context: WorkerContext) -> None:
    days = stage.settings.result_keep_days
    old = a_scored_job(stage, 2500, timedelta(days=days, minutes=1))
    young = a_scored_job(stage, 10, timedelta(days=days - 1))
    waiting = stage.submit(accident_rows(3)).job_id
    kept = rows_of(stage, young)
    assert rows_of(stage, old)[0] > 1
    assert keep_house_of(stage, store)["job_rows"] == 2500
    assert rows_of(stage, old) == (0, 0)
    assert jobs.get(stage.engine, old) is None
    assert rows_of(stage, young) == kept
    assert stage.ended(young).completed == 10
    assert stage.read(waiting).status == "queued"
    with reading(stage.engine) as connection:
        assert connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one() == 10
    assert keep_house_of(stage, store)["job_rows"] == 0


def test_a_round_that_is_cut_off_is_taken_up_again(stage: Stage, store: DatasetStore, context: WorkerContext) -> None:
    old = a_scored_job(stage, 2500, timedelta(days=1000))
    stopping = Event()
    stopping.set()
    first = keep_house_of(stage, store, stopping)["job_rows"]
    assert 0 < first < 2500
    assert jobs.get(stage.engine, old) is not None
    assert keep_house_of(stage, store)["job_rows"] == 2500 - first
    assert jobs.get(stage.engine, old) is None


def test_ended_links_are_remembered_for_a_while(stage: Stage, store: DatasetStore) -> None:
    dataset = a_dataset(stage, store)
    day = timedelta(days=1)
    a_share(stage, dataset.id, "works", -day)
    a_share(stage, dataset.id, "expired", day)
    a_share(stage, dataset.id, "forgotten", ENDED_SHARES_KEPT + day)
    assert keep_house_of(stage, store)["share_links"] == 1
    assert shares.dataset_behind(stage.engine, "works") == dataset.id
    with reading(stage.engine) as connection:
        assert connection.execute(select(func.count()).select_from(SHARES)).scalar_one() == 2
    with pytest.raises(NotFound):
        shares.dataset_behind(stage.engine, "forgotten")


def test_leftovers_and_old_answers_go(stage: Stage, store: DatasetStore) -> None:
    dataset = a_dataset(stage, store)
    left = Path(store.url) / "ds_left.parquet"
    left.write_bytes(b"of a process that was killed")
    assert isinstance(claim(stage.engine, "scope", "old", "hash"), First)
    assert isinstance(claim(stage.engine, "scope", "young", "hash"), First)
    with transaction(stage.engine) as connection:
        connection.execute(insert(LOOSE_FILES).values(dataset_id="ds_left", noted_at=utc_now() - timedelta(hours=1)))
        connection.execute(update(KEYS).where(KEYS.c.key == "old").values(created_at=utc_now() - timedelta(days=2)))
    removed = keep_house_of(stage, store)
    assert (removed["loose_files"], removed["idempotency_keys"]) == (1, 1)
    assert not left.exists()
    assert datasets.get(stage.engine, dataset.id).rows == 1


def test_what_fails_keeps_nothing_else_from_being_done(stage: Stage, tmp_path: Path) -> None:
    broken = DatasetStore(tmp_path / "tables")
    (tmp_path / "tables").rmdir()
    (tmp_path / "tables").write_text("not a folder")
    a_share(stage, a_dataset(stage, open_store(stage.settings)).id, "old", ENDED_SHARES_KEPT * 2)
    with transaction(stage.engine) as connection:
        connection.execute(insert(LOOSE_FILES).values(dataset_id="ds_left", noted_at=utc_now() - timedelta(hours=1)))
    assert keep_house(stage.engine, broken, stage.settings)["share_links"] == 1


def test_the_worker_does_it_and_says_what_it_removed(
    stage: Stage, store: DatasetStore, start_worker: StartWorker, start_scheduler: StartScheduler
) -> None:
    a_share(stage, a_dataset(stage, store).id, "old", ENDED_SHARES_KEPT * 2)
    worker, scheduler = start_worker(), start_scheduler()
    wait_until(lambda: '"share_links": 1' in worker.log())
    wait_until(lambda: worker.log().count("house kept") >= 3)
    assert stage.queue.waiting() == 0
    assert "pickle" not in worker.log() + scheduler.log()
    assert scheduler.end(signal.SIGTERM) == 0
    assert "Traceback" not in scheduler.log()


def test_one_of_two_is_at_work_and_the_other_takes_over(stage: Stage, start_scheduler: StartScheduler) -> None:
    first = start_scheduler()
    wait_until(first.at_work)
    second = start_scheduler()
    with connect(stage.settings) as connection:
        wait_until(lambda: open_queue(connection, ERRANDS).count == 1)
    assert not second.at_work()
    assert first.end(signal.SIGTERM) == 0
    wait_until(second.at_work)
    third = start_scheduler()
    assert second.end(signal.SIGKILL) == -signal.SIGKILL
    with connect(stage.settings) as connection:
        connection.pexpire("hab:scheduler", 100)  # the rest of its thirty seconds
        wait_until(third.at_work)
        assert open_queue(connection, ERRANDS).count == 1
    assert third.end(signal.SIGINT) == 0


def test_it_waits_for_the_queue(own_stage: Stage) -> None:
    scheduler = SchedulerProcess(own_stage)
    wait_until(scheduler.at_work)
    own_stage.kill_valkey()
    wait_until(lambda: "the queue does not answer" in scheduler.log())
    assert own_stage.valkey is not None
    own_stage.valkey.start()
    with connect(own_stage.settings) as connection:
        connection.delete("hab:scheduler")
    wait_until(lambda: scheduler.log().count("scheduler at work") == 2)
    assert scheduler.end(signal.SIGTERM) == 0


def test_up_runs_it_when_the_start_is_over(stage: Stage) -> None:
    code = (
        "from hab_server import supervisor; supervisor.SCHEDULER_DELAY = 0.1\nfrom hab_client.cli import main; main()"
    )
    environment = {"REDIS_URL": stage.settings.redis_dsn, "DATABASE_URL": stage.settings.database_dsn}
    up = Command(stage.settings.hab_home, "up", "--no-ui", code=code, **environment)
    try:
        wait_until(lambda: "house kept" in (up.home / "logs" / "worker.log").read_text() if up.answers() else False)
        up.process.terminate()
        assert up.ends() == 0
        assert "scheduler at work" in (up.home / "logs" / "scheduler.log").read_text()
        assert not is_running(up.process.pid)
    finally:
        up.clear()
