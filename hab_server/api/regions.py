"""Daegu's places."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from hab_core import regions
from hab_core.schemas.common import PAGE_LIMIT_MAX, Page
from hab_core.schemas.datasets import Region
from hab_server.dependencies import CursorQuery
from hab_server.etags import matches, not_modified
from hab_server.store.cursors import encode_cursor, position_after

router = APIRouter(prefix="/api", tags=["regions"])
_DAY = "public, max-age=86400"


@router.head("/regions", include_in_schema=False)
@router.get("/regions", operation_id="list_regions", responses={200: {"model": Page[Region]}})
async def list_regions(
    request: Request,
    limit: Annotated[int | None, Query(ge=1, le=PAGE_LIMIT_MAX, description="all in one page without it")] = None,
    cursor: CursorQuery = None,
) -> Response:
    """Lists the 법정동 and 리 of Daegu by code, each with centre and radius."""
    etag = _etag()
    if matches(request, etag):
        return not_modified(etag)
    page = _page(limit, cursor)
    headers = {"ETag": etag, "Cache-Control": _DAY}
    return Response(page.model_dump_json(), media_type="application/json", headers=headers)


def _page(limit: int | None, cursor: str | None) -> Page[Region]:
    """Returns the places from a position on."""
    places = regions.regions()
    start = position_after(cursor) if cursor is not None else 0
    end = len(places) if limit is None else start + limit
    items = [Region.model_validate(place._asdict()) for place in places[start:end]]
    return Page(items=items, next_cursor=encode_cursor(end) if end < len(places) else None)


@cache
def _etag() -> str:
    """Returns the tag of the table of places: a weak one, as the envelope around it differs from answer to answer."""
    return f'W/"{sha256(repr(regions.regions()).encode()).hexdigest()[:32]}"'
