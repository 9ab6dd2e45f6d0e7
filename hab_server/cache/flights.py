"""Get or compute: many who want the same thing at the same moment cost one computation, in one process and in several.

Whoever is first computes, and says again and again that it is at work. The others wait for what it leaves in the cache.
Where it dies its claim runs out; where it fails or leaves nothing, the next one computes, and after ``ROUNDS`` of that
all compute for themselves: nobody waits for ever, and a failure of one (a wrong key) is never the failure of another.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from hab_server.cache.connection import Cache
from hab_server.cache.keys import flight_key

CLAIM_SECONDS = 4.0
BEAT_SECONDS = 1.0
POLL_SECONDS = 0.05
ROUNDS = 2


class Value(NamedTuple):
    """What was computed, and whether others may have it."""

    content: bytes
    shared: bool


class Found(NamedTuple):
    """A value, and whether somebody else had computed it."""

    content: bytes
    hit: bool


Compute = Callable[[], Awaitable[Value]]


class Flights:
    """Computations under way in this process, and claims of them in Redis."""

    def __init__(self, cache: Cache, ttl: float) -> None:
        """Starts with none.

        Args:
            cache: Where values and claims are kept.
            ttl: Seconds that a value is kept; 0 keeps and shares none.
        """
        self._cache = cache
        self._ttl = ttl
        self._mine: dict[str, asyncio.Future[bytes | None]] = {}

    async def get_or_compute(self, key: str, compute: Compute, patience: float) -> Found:
        """Returns the value of a key, computed at most once among those who ask at the same time.

        Args:
            key: What makes values equal.
            compute: Makes the value; what it raises goes to its own caller only.
            patience: Seconds to wait for another's computation before computing all the same.
        """
        deadline = time.monotonic() + patience
        for _ in range(ROUNDS if self._ttl else 0):
            flying = self._mine.get(key)
            if flying is None:
                return await self._lead(key, compute, deadline)
            content = await _outcome(flying, deadline)
            if content is not None:
                return Found(content, hit=True)
        return Found((await compute()).content, hit=False)

    async def _lead(self, key: str, compute: Compute, deadline: float) -> Found:
        """Returns the value for all of this process who wait: another process's, or computed here."""
        flying = self._mine[key] = asyncio.get_running_loop().create_future()
        content: bytes | None = None
        try:
            async with self._claim(key, deadline) as found:
                if found is not None:
                    content = found
                    return Found(found, hit=True)
                value = await compute()
                if value.shared:
                    content = value.content
                    await asyncio.to_thread(self._cache.put, key, value.content, self._ttl)
                return Found(value.content, hit=False)
        finally:
            del self._mine[key]
            flying.set_result(content)

    @contextlib.asynccontextmanager
    async def _claim(self, key: str, deadline: float) -> AsyncIterator[bytes | None]:
        """Yields the value that is there by now, or None once this process may compute it."""
        claim, owner = flight_key(key), secrets.token_hex(8)
        found, mine = await self._wait(key, claim, owner, deadline)
        beating = asyncio.create_task(self._beat(claim)) if mine else None
        try:
            yield found
        finally:
            if beating is not None:
                beating.cancel()
                await asyncio.to_thread(self._cache.release, claim, owner)

    async def _wait(self, key: str, claim: str, owner: str, deadline: float) -> tuple[bytes | None, bool]:
        """Returns the value that another process made, or whether the claim is this one's; neither without Redis."""
        while True:
            mine = await asyncio.to_thread(self._cache.claim, claim, owner, CLAIM_SECONDS)
            found = await asyncio.to_thread(self._cache.get, key)
            if found is not None or mine is not False or time.monotonic() > deadline:
                return found, bool(mine)
            await asyncio.sleep(POLL_SECONDS)

    async def _beat(self, claim: str) -> None:
        """Says again and again that the computation goes on."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await asyncio.to_thread(self._cache.renew, claim, CLAIM_SECONDS)


async def _outcome(flying: asyncio.Future[bytes | None], deadline: float) -> bytes | None:
    """Returns what a computation left; None where it left nothing or takes too long."""
    try:
        return await asyncio.wait_for(asyncio.shield(flying), max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return None
