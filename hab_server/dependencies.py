"""What the routes need, as annotated aliases; the objects themselves are made in ``app.py``."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy import Engine

from hab_core.datasets.storage import DatasetStore
from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.errors import NotFound
from hab_core.schemas.common import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX
from hab_server.chatting.desk import ChatDesk
from hab_server.chatting.streams import Streams
from hab_server.health import HealthMonitor
from hab_server.jobs.queue import JobQueue
from hab_server.lanes import Lane
from hab_server.metrics import Metrics
from hab_server.settings import Settings
from hab_server.store.ids import is_id
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
    migrated: threading.Event
    explaining: asyncio.Semaphore
    datasets: DatasetStore
    reading: Lane
    analysing: Lane
    chat: ChatDesk
    streams: Streams


async def services_of(request: Request) -> Services:
    """Returns the services of the application that answers ``request``; a plain ``def`` would cost a thread switch."""
    services: Services = request.app.state.services
    return services


async def dataset_id_of(dataset_id: str) -> str:
    """Returns the dataset's id of a path; what cannot be an id (NUL …) never reaches the database."""
    if not is_id(dataset_id, "ds"):
        raise NotFound(f"데이터셋을 찾을 수 없습니다: {dataset_id[:64]!r}")
    return dataset_id


async def share_id_of(share_id: str) -> str:
    """Returns the share's id of a path; what cannot be an id never reaches the database."""
    if not is_id(share_id, "share"):
        raise NotFound(f"공유 링크를 찾을 수 없습니다: {share_id[:64]!r}")
    return share_id


async def conversation_id_of(conversation_id: str) -> str:
    """Returns the conversation's id of a path; what cannot be an id never reaches the database."""
    if not is_id(conversation_id, "conv"):
        raise NotFound(f"대화를 찾을 수 없습니다: {conversation_id[:64]!r}")
    return conversation_id


ServicesDep = Annotated[Services, Depends(services_of)]
DatasetId = Annotated[str, Depends(dataset_id_of)]
ConversationId = Annotated[str, Depends(conversation_id_of)]
ShareId = Annotated[str, Depends(share_id_of)]
CursorQuery = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]
LimitQuery = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, description="rows of the page")]
DEFAULT_LIMIT = PAGE_LIMIT_DEFAULT
