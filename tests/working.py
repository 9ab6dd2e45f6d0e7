"""What tests of jobs share: rows to score, the services a worker needs, and workers as real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Engine, func, select, update

from hab_core.schemas.jobs import EcloBatch, Job
from hab_server.jobs import batches
from hab_server.jobs.queue import JobQueue
from hab_server.processes import child_environment
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine, reading, transaction
from hab_server.store.jobs import JOBS
from hab_server.store.predictions import PREDICTIONS
from hab_server.valkey import ValkeyProcess
from tests.running import give_model, wait_until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PATIENT_WORKER = """
from hab_server.jobs.reconcile import Patience
from hab_server.jobs.worker import Rhythm, run_worker
from hab_server.logs import configure_logging
from hab_server.settings import Settings
configure_logging("INFO")
run_worker(Settings(), Rhythm(beat=0.2, reconcile=0.3, patience=Patience(queued=0.3)))
"""
"""A worker that looks for lost jobs all the time; one that runs is lost after the usual 20 s, see ``Stage.age``."""
QUICK_WORKER = PATIENT_WORKER.replace("Patience(", "Patience(running=3.0, ")
"""One that takes a job that was silent for 3 s, be its worker dead or only slow: for tests that count no attempts."""
SLOW_WORKER = f"""
import time
from hab_server.jobs import eclo
score_rows = eclo.score_rows
eclo.score_rows = lambda *given: time.sleep(0.3) or score_rows(*given)
{PATIENT_WORKER}"""
"""A patient one that needs seconds for a job of many chunks, so that a test comes in time to disturb it."""


def accident_rows(count: int) -> list[dict[str, Any]]:
    """Rows as a TAAS file has them; each differs from its neighbours."""
    return [
        {
            "ID": f"A{index}",
            "사고일시": f"2022-{index // 24 % 12 + 1:02}-{index // 288 % 28 + 1:02} {index % 24:02}",
            "기상상태": "맑음",
            "시군구": "대구광역시 수성구 상동",
            "도로형태": "교차로 - 교차로안",
            "노면상태": ("건조", "젖음/습기")[index % 2],
            "사고유형": ("차대차", "차대사람", "차량단독")[index % 3],
        }
        for index in range(count)
    ]


@dataclass
class Stage:
    """A migrated store and a running queue; ``valkey`` where the queue is HAB's own."""

    settings: Settings
    engine: Engine
    queue: JobQueue
    valkey: ValkeyProcess | None = None

    def submit(self, rows: list[dict[str, Any]]) -> Job:
        """Submits rows as the API does."""
        return batches.submit_batch(self.engine, self.queue, self.settings, rows)

    def read(self, job_id: str, limit: int = 200, cursor: str | None = None) -> EcloBatch:
        """Reads a job with a page of its rows."""
        return batches.read_batch(self.engine, job_id, limit, cursor)

    def age(self, job_id: str) -> None:
        """Makes a job's last sign of life old."""
        with transaction(self.engine) as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(heartbeat_at=LONG_AGO))

    def attempts(self, job_id: str) -> int:
        """How often a worker claimed the job."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(JOBS.c.attempts).where(JOBS.c.id == job_id)).scalar_one())

    def jobs(self) -> int:
        """How many jobs are stored."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(JOBS)).scalar_one())

    def stored_rows(self, job_id: str) -> list[int]:
        """The indices of all stored results, duplicates included."""
        query = select(PREDICTIONS.c.row_index).where(PREDICTIONS.c.job_id == job_id).order_by(PREDICTIONS.c.row_index)
        with reading(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def ended(self, job_id: str) -> EcloBatch:
        """Waits until a job has ended."""
        wait_until(lambda: self.read(job_id, 1).finished_at is not None)
        return self.read(job_id)

    def under_way(self, job_id: str) -> None:
        """Waits until some rows are done; fails where all are, as there is then nothing to disturb."""
        wait_until(lambda: self.read(job_id, 1).completed)
        assert self.read(job_id, 1).status == "running"

    def lose_queue(self) -> None:
        """Kills the own Valkey and starts it without what it had; empties a Redis that is not ours to kill."""
        if self.valkey is None:
            with redis.Redis.from_url(self.settings.redis_dsn) as connection:
                connection.flushdb()
            return
        self.kill_valkey()
        shutil.rmtree(self.valkey.folder)
        self.valkey.start()

    def kill_valkey(self) -> None:
        """Kills the own Valkey."""
        assert self.valkey is not None
        self.valkey.send(signal.SIGKILL)
        wait_until(lambda: self.valkey is not None and not self.valkey.running())


class WorkerProcess:
    """A worker as a process of its own."""

    def __init__(self, settings: Settings, program: str = QUICK_WORKER) -> None:
        """Starts it."""
        self._log = settings.hab_home / f"worker-{os.urandom(4).hex()}.log"
        environment = child_environment(settings, REDIS_URL=settings.redis_dsn)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=log, stderr=log)

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(encoding="utf-8")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signals it and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def clear(self) -> None:
        """Kills it where a test left it running."""
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


StartWorker = Callable[..., WorkerProcess]
"""Starts a worker; the program may be named."""


@contextmanager
def open_stage(settings: Settings, model_folder: Path) -> Iterator[Stage]:
    """Migrates the store, starts the own Valkey where no Redis is named, and gives the home a model."""
    settings.hab_home.mkdir(parents=True, exist_ok=True)
    give_model(settings.hab_home, model_folder)
    valkey = ValkeyProcess(settings) if settings.embeds_valkey else None
    if valkey is not None:
        valkey.start()
    migrate.upgrade(settings)
    engine, queue = create_store_engine(settings), JobQueue(settings)
    try:
        yield Stage(settings, engine, queue, valkey)
    finally:
        queue.close()
        engine.dispose()
        if valkey is not None:
            valkey.stop()


@contextmanager
def worker_starter(settings: Settings, usual: str = QUICK_WORKER) -> Iterator[StartWorker]:
    """Gives a function that starts workers, of the usual program or the named one; none outlives the block."""
    started: list[WorkerProcess] = []

    def start(program: str = usual) -> WorkerProcess:
        started.append(WorkerProcess(settings, program))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.clear()
