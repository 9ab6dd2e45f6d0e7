"""Entity tags: whether a caller holds already what he asks for (RFC 9110, 13.1.2)."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response


def matches(request: Request, etag: str) -> bool:
    """Whether ``If-None-Match`` names this tag; weak and strong tags are compared alike, as the standard has it."""
    asked = request.headers.get("if-none-match", "")
    tags = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def not_modified(etag: str) -> Response:
    """Returns the answer to a caller who holds it."""
    return Response(status_code=304, headers={"ETag": etag})
