"""What protects callers' browsers: the headers of every answer, and which pages may call the API at all."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

Headers = list[tuple[bytes, bytes]]
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NOT_KEPT: Final = (b"cache-control", b"no-store")
_ASKED_AGAIN: Final = (b"cache-control", b"private, no-cache")
_METHODS: Final = ("GET", "POST", "PATCH", "DELETE")
_SENT: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Anthropic-API-Key",
    "X-Request-ID",
)
_SHOWN: Final = ("Content-Disposition", "ETag", "Retry-After", "X-Request-ID")
_PREFLIGHT_SECONDS: Final = 600


def protection(headers: Headers, status: int) -> Headers:
    """Returns what the headers of an answer lack: an API shows no page, sits in no frame and is not kept.

    An answer with a tag may be kept and is asked for again with it.
    """
    names = {name for name, _ in headers}
    lacking = [each for each in _ALWAYS if each[0] not in names]
    if b"cache-control" not in names and status != HTTPStatus.NOT_MODIFIED:  # which keeps what the first one said
        lacking.append(_ASKED_AGAIN if b"etag" in names else _NOT_KEPT)
    return lacking


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Returns ``app`` for the pages of ``origins`` too; what they may send and see, and no cookies."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_SHOWN,
        max_age=_PREFLIGHT_SECONDS,
    )
