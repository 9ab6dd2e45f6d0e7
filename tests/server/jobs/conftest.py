"""A store, a queue and a model for each test, on SQLite with the own Valkey and on PostgreSQL with Redis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_server.datasets.opening import open_store
from hab_server.jobs.context import WorkerContext, worker_context
from hab_server.settings import Settings
from tests.running import train_small_model
from tests.working import PATIENT_WORKER, Stage, StartWorker, open_stage, worker_starter

SERVICES = ("embedded", pytest.param("production", marks=[pytest.mark.postgres, pytest.mark.redis]))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def production_settings(postgres_settings: Settings, redis_url: str) -> Iterator[Settings]:
    """PostgreSQL and an emptied Redis; each process of a parallel run has a database of Redis for itself."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    url = f"{redis_url.rpartition('/')[0]}/{int(number) + 1}" if number else redis_url
    with redis.Redis.from_url(url) as connection:
        connection.flushdb()
        yield Settings(hab_home=postgres_settings.hab_home, database_url=postgres_settings.database_dsn, redis_url=url)
        connection.flushdb()


@pytest.fixture(params=SERVICES)
def stage(request: pytest.FixtureRequest, settings: Settings, model_folder: Path) -> Iterator[Stage]:
    """Everything a job needs but a worker, on each kind of services in turn."""
    if request.param == "production":
        settings = request.getfixturevalue("production_settings")
    with open_stage(settings, model_folder) as stage:
        yield stage


@pytest.fixture
def own_stage(settings: Settings, model_folder: Path) -> Iterator[Stage]:
    """The same with the own Valkey, which a test may kill or spoil."""
    with open_stage(settings, model_folder) as stage:
        yield stage


@pytest.fixture
def start_worker(stage: Stage) -> Iterator[StartWorker]:
    with worker_starter(stage.settings, PATIENT_WORKER) as start:
        yield start


@pytest.fixture
def context(stage: Stage) -> Iterator[WorkerContext]:
    """Makes this process a worker: job functions can be called."""
    models = ModelHolder(ModelRegistry(stage.settings.models_folder))
    context = WorkerContext(stage.engine, stage.queue, models, open_store(stage.settings), stage.settings)
    token = worker_context.set(context)
    yield context
    worker_context.reset(token)
