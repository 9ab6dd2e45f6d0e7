"""The same request sent twice is done once: ``Idempotency-Key`` around a route's work."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Engine

from hab_core.errors import HabError, InvalidInput, RequestInProgress
from hab_server.store import idempotency

WAIT_SECONDS = 30.0
RENEW_SECONDS = 20.0
_POLL_SECONDS = 0.1
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same key and body again gets the first answer again, for at least 24 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
"""The header as OpenAPI describes it."""
log = logging.getLogger(__name__)
Work = Callable[[], Awaitable[Response]]


def key_of(request: Request) -> str | None:
    """Returns the caller's idempotency key, or None; raises InvalidInput where it is no usable one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidInput.of("Idempotency-Key", "공백 없는 ASCII 문자 1~255자여야 합니다.")
    return key


async def answer_once(engine: Engine, scope: str, key: str | None, body: bytes, work: Work) -> Response:
    """Returns what ``work`` answers, or the answer that the first request with ``key`` got.

    Args:
        engine: Where keys and first answers are kept.
        scope: The operation; the same key means nothing in another one.
        key: The caller's key; without one the work is simply done.
        body: What was asked; the same key with another body is refused.
        work: Does what is asked. Failures are not kept: the caller may try again with the same key.

    Raises:
        InvalidInput: The key was used with another body.
        RequestInProgress: The first request was not answered within ``WAIT_SECONDS``.
    """
    if key is None:
        return await work()
    digest = sha256(body).hexdigest()
    claim = await _claim_or_wait(engine, scope, key, digest)
    if isinstance(claim, idempotency.Replay):
        headers = {"Idempotent-Replayed": "true"}
        return Response(claim.body, status_code=claim.status, media_type="application/json", headers=headers)
    return await _work_and_keep(engine, claim, work)


async def _claim_or_wait(engine: Engine, scope: str, key: str, digest: str) -> idempotency.First | idempotency.Replay:
    """Returns the right to do the work, or its finished answer, waiting for another that is at it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        claim = await asyncio.to_thread(idempotency.claim, engine, scope, key, digest)
        if not isinstance(claim, idempotency.InProgress):
            return claim
        if time.monotonic() > deadline:
            raise RequestInProgress
        await asyncio.sleep(_POLL_SECONDS)


async def _work_and_keep(engine: Engine, first: idempotency.First, work: Work) -> Response:
    """Does the work and keeps its answer; gives the key back where the work fails."""
    renewing = asyncio.create_task(_renew(engine, first))
    try:
        response = await work()
    except BaseException:
        await asyncio.shield(asyncio.to_thread(idempotency.abandon, engine, first))
        raise
    finally:
        renewing.cancel()
    await asyncio.to_thread(idempotency.finish, engine, first, response.status_code, bytes(response.body))
    return response


async def _renew(engine: Engine, first: idempotency.First) -> None:
    """Says again and again that the work goes on; an answer of chat may take longer than a claim is believed."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await asyncio.to_thread(idempotency.renew, engine, first)
        except HabError as error:
            log.warning("a claim could not be renewed", extra={"code": error.code})
