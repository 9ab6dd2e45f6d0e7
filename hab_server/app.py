"""The application: the one place that wires the parts of a server process together."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.errors import HabError
from hab_core.schemas.common import utc_now
from hab_core.schemas.version import VERSION
from hab_server.api import chat, conversations, datasets, eclo, eclo_batch, health, regions, shares, tools
from hab_server.chatting.desk import ChatDesk, Parts
from hab_server.chatting.streams import Streams
from hab_server.datasets.keeping import sweep
from hab_server.datasets.opening import open_store
from hab_server.dependencies import Services
from hab_server.errors import install_error_handlers
from hab_server.health import HealthMonitor
from hab_server.jobs.queue import JobQueue
from hab_server.lanes import Lane
from hab_server.metrics import Metrics
from hab_server.middleware import EdgeMiddleware
from hab_server.openapi import install_openapi
from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine
from hab_server.store.idempotency import KEPT_FOR, purge_before
from hab_server.store.migrate import upgrade
from hab_server.store.writer import GroupCommitWriter

MODEL_POLL_SECONDS = 1.0
MIGRATION_RETRY_SECONDS = 1.0
EXPLAINING_AT_ONCE = 2
SWEEP_SECONDS = 60.0
READING_AT_ONCE = 2
"""Uploads that are read and profiled at the same time: each may take some hundred MB while it lasts."""
ANALYSING_AT_ONCE = 4
ANALYSIS_SECONDS = 25.0
"""Less than the 30 seconds a client waits, so that it hears why."""
CALLERS_WAITING = 100
OPENAPI_PATH = "/openapi.json"
log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """Returns HAB's API; nothing is opened before the application starts up.

    Args:
        settings: Where the store, the queue and the models are, and the limits in force.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = _open_services(settings, metrics)
        app.state.services = services
        tasks = [asyncio.create_task(work(services)) for work in (_keep_store, _follow_model, _keep_chat)]
        services.writer.start()
        try:
            yield
        finally:
            await _close_services(services, tasks)

    app = FastAPI(
        title="HAB",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=OPENAPI_PATH,
        docs_url=None,  # the pages load their scripts from other hosts; HAB works without
        redoc_url=None,
        telemetry={"logs": False},
    )
    direct = (eclo.predict_route,)
    app.router.routes.extend(route.described() for route in direct)
    for module in (health, eclo, eclo_batch, datasets, shares, tools, regions, chat, conversations):
        app.include_router(module.router)
    install_error_handlers(app)
    install_openapi(app)
    app.add_middleware(EdgeMiddleware, metrics=metrics, direct=direct, bare_paths=frozenset({OPENAPI_PATH}))
    return app


def _open_services(settings: Settings, metrics: Metrics) -> Services:
    """Returns the services of a process, with the model already loaded where there is a good one."""
    engine = create_store_engine(settings)
    queue = JobQueue(settings)
    registry = ModelRegistry(settings.models_folder)
    models = ModelHolder(registry)
    models.refresh()
    migrated = threading.Event()
    store, writer = open_store(settings), GroupCommitWriter(engine)
    desk = ChatDesk(Parts(settings, engine, store, models, writer, metrics))
    return Services(
        settings=settings,
        engine=engine,
        writer=writer,
        queue=queue,
        registry=registry,
        models=models,
        metrics=metrics,
        health=HealthMonitor(engine, queue, models, metrics, migrated),
        migrated=migrated,
        explaining=asyncio.Semaphore(EXPLAINING_AT_ONCE),
        datasets=store,
        reading=Lane("reading", threads=READING_AT_ONCE, waiting=CALLERS_WAITING),
        analysing=Lane("analysing", threads=ANALYSING_AT_ONCE, waiting=CALLERS_WAITING, seconds=ANALYSIS_SECONDS),
        chat=desk,
        streams=Streams(engine, desk.cache, desk.register),
    )


async def _close_services(services: Services, tasks: list[asyncio.Task[None]]) -> None:
    """Stops the background work, writes what is still waiting and closes the connections."""
    await services.chat.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    services.reading.close()
    services.analysing.close()
    await asyncio.to_thread(services.writer.stop)
    services.engine.dispose()


async def _migrate(services: Services) -> None:
    """Brings the database to the present schema, trying again for as long as it cannot be reached."""
    while True:
        try:
            await asyncio.to_thread(upgrade, services.settings)
        except HabError as error:
            log.warning("migration waits for the database", extra={"code": error.code})
            await asyncio.sleep(MIGRATION_RETRY_SECONDS)
        else:
            services.migrated.set()
            return


async def _keep_store(services: Services) -> None:
    """Migrates, then clears up again and again what was cut off and what has had its time."""
    await _migrate(services)
    while True:
        try:
            await asyncio.to_thread(sweep, services.engine, services.datasets)
            await asyncio.to_thread(purge_before, services.engine, utc_now() - KEPT_FOR)
        except HabError as error:
            log.warning("clearing up waits", extra={"code": error.code})
        except Exception:
            log.exception("clearing up failed")
        await asyncio.sleep(SWEEP_SECONDS)


async def _follow_model(services: Services) -> None:
    """Loads the active model whenever it changes; the one before serves until the new one has proved good."""
    while True:
        await asyncio.to_thread(services.models.refresh)
        try:
            services.metrics.show_model(services.models.current.version)
        except HabError as error:
            log.warning("no model", extra={"code": error.code, "problem": services.models.problem})
        await asyncio.sleep(MODEL_POLL_SECONDS)


async def _keep_chat(services: Services) -> None:
    """Looks after the answers under way."""
    await services.chat.register.keep()
