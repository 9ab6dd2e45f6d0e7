"""How often one address may ask for what costs much (``RATE_LIMIT_PER_MINUTE``)."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable
from typing import Final, cast

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import Scope

from hab_core.errors import RateLimited
from hab_server.access import caller_of
from hab_server.settings import Network

_SOCKET_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 5.0
"""How long a Redis that did not answer is left alone."""
_WHOLE_TABLES: Final = ("/rows", "/download", "/results.csv")
_PREFIX: Final = "hab:calls"
log = logging.getLogger(__name__)


class RateGate:
    """Counts the expensive calls of each address over the last sixty seconds, for all processes together.

    Where Redis does not answer each process counts for itself, so a limit stays a limit.
    """

    def __init__(self, per_minute: int, redis_dsn: str, trusted: Iterable[Network]) -> None:
        """Keeps the limit; nothing is opened before the first expensive call.

        Args:
            per_minute: Calls that an address may make in any sixty seconds.
            redis_dsn: Where they are counted.
            trusted: Proxies whose ``X-Forwarded-For`` counts.
        """
        self._limit: RateLimitItem = RateLimitItemPerMinute(per_minute)
        self._address = _for_limits(redis_dsn)
        self._trusted = tuple(trusted)
        self._bridge: object = None
        self._shared: MovingWindowRateLimiter | None = None
        self._own: MovingWindowRateLimiter | None = None
        self._away_until = 0.0

    async def check(self, scope: Scope) -> None:
        """Counts one request, where it is an expensive one.

        Raises:
            RateLimited: Its address has used up its calls.
        """
        if not is_expensive(scope):
            return
        seconds = await self._wait_of(caller_of(scope, self._trusted))
        if seconds is not None:
            raise RateLimited(retry_after=seconds)

    async def close(self) -> None:
        """Closes the connections."""
        if isinstance(self._bridge, RedispyBridge):
            await cast("Redis", self._bridge.get_connection()).aclose()

    async def _wait_of(self, caller: str) -> int | None:
        """Returns how many seconds a caller has to wait, or None where the call is within the limit."""
        if time.monotonic() >= self._away_until:
            try:
                return await _count(self._redis(), self._limit, caller)
            except (RedisError, OSError) as error:
                self._away_until = time.monotonic() + _PATIENCE_SECONDS
                log.warning("each process counts calls for itself", extra={"reason": type(error).__name__})
        return await _count(self._memory(), self._limit, caller)

    def _redis(self) -> MovingWindowRateLimiter:
        """Returns the counts that all processes share."""
        if self._shared is None:
            storage = RedisStorage(
                self._address,
                implementation="redispy",
                key_prefix=_PREFIX,
                socket_timeout=_SOCKET_SECONDS,
                socket_connect_timeout=_SOCKET_SECONDS,
            )
            self._bridge = storage.bridge
            self._shared = MovingWindowRateLimiter(storage)
        return self._shared

    def _memory(self) -> MovingWindowRateLimiter:
        """Returns the counts of this process alone."""
        if self._own is None:
            self._own = MovingWindowRateLimiter(MemoryStorage())
        return self._own


def is_expensive(scope: Scope) -> bool:
    """Whether a request makes work: whatever is sent to the API, and whole tables or pages of them."""
    path: str = scope["path"]
    if not path.startswith("/api/"):
        return False
    return scope["method"] == "POST" or path.endswith(_WHOLE_TABLES)


async def _count(limiter: MovingWindowRateLimiter, limit: RateLimitItem, caller: str) -> int | None:
    """Counts a call; returns None, or the seconds until the next one where the limit is reached."""
    if await limiter.hit(limit, caller):
        return None
    reset = (await limiter.get_window_stats(limit, caller)).reset_time
    return max(1, math.ceil(reset - time.time()))


def _for_limits(redis_dsn: str) -> str:
    """Returns the address of Redis in the form in which the library knows it."""
    return f"async+{redis_dsn.replace('unix://', 'redis+unix://', 1)}"
