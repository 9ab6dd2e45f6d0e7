"""What the routes need, as annotated aliases; the objects themselves are made in ``app.py``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy import Engine

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.schemas.common import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX
from hab_server.health import HealthMonitor
from hab_server.jobs.queue import JobQueue
from hab_server.metrics import Metrics
from hab_server.settings import Settings
from hab_server.store.writer import GroupCommitWriter


@dataclass(frozen=True)
class Services:
    """Everything one server process holds for as long as it runs."""

    settings: Settings
    engine: Engine
    writer: GroupCommitWriter
    queue: JobQueue
    registry: ModelRegistry
    models: ModelHolder
    metrics: Metrics
    health: HealthMonitor
    explaining: asyncio.Semaphore


async def services_of(request: Request) -> Services:
    """Returns the services of the application that answers ``request``; a plain ``def`` would cost a thread switch."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]
CursorQuery = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]
LimitQuery = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, description="rows of the page")]
DEFAULT_LIMIT = PAGE_LIMIT_DEFAULT
