"""How the server is: for people, for load balancers and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from hab_core.schemas.health import Health
from hab_core.schemas.version import VERSION
from hab_server.dependencies import ServicesDep

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health", operation_id="get_health")
async def get_health(services: ServicesDep) -> Health:
    """Returns the state of every part; the status is 200 even where a part is down."""
    return await services.health.health()


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", operation_id="get_live")
async def get_live() -> Health:
    """Says that the process answers; touches nothing."""
    return Health(status="ok", version=VERSION)


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", operation_id="get_ready")
async def get_ready(services: ServicesDep) -> Health:
    """Says that predictions can be made and kept; 503 while the database or the model cannot serve."""
    return await services.health.require_ready()


@router.get("/metrics", operation_id="get_metrics", response_class=Response)
async def get_metrics(services: ServicesDep) -> Response:
    """Returns the metrics as Prometheus text."""
    await services.health.health()
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)
