"""Redis as a place to remember what can be made again: whatever it fails at, HAB goes on without it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from hab_server.jobs.queue import connect
from hab_server.settings import Settings

REST_SECONDS = 3.0
"""How long Redis is left alone after it failed: a hanging one would cost every question its time limit."""
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Cache:
    """A client of Redis whose calls return None where Redis does not answer; may be used from any thread."""

    def __init__(self, settings: Settings) -> None:
        """Takes the address; the first call connects."""
        self._redis = connect(settings)
        self._lock = threading.Lock()
        self._rests_until = 0.0

    @property
    def resting(self) -> bool:
        """Whether Redis failed a moment ago and is not asked now."""
        return time.monotonic() < self._rests_until

    def get(self, key: str) -> bytes | None:
        """Returns what is kept under a key; None where nothing is."""
        return self._try(lambda redis: redis.get(key))  # type: ignore[return-value]

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keeps a value for some time."""
        self._try(lambda redis: redis.set(key, value, px=_milliseconds(seconds)))

    def claim(self, key: str, owner: str, seconds: float) -> bool | None:
        """Claims a key for some time; False where somebody else has it, None where Redis does not answer."""
        return self._try(lambda redis: bool(redis.set(key, owner, nx=True, px=_milliseconds(seconds))))

    def renew(self, key: str, seconds: float) -> None:
        """Lengthens a claim that has not run out."""
        self._try(lambda redis: redis.pexpire(key, _milliseconds(seconds)))

    def mark(self, keys: Sequence[str], seconds: float) -> None:
        """Makes keys be there for some time from now."""
        self._try(lambda redis: _mark(redis, keys, seconds))

    def release(self, key: str, owner: str) -> None:
        """Gives up a claim that is still the owner's."""
        self._try(lambda redis: redis.delete(key) if redis.get(key) == owner.encode() else 0)

    def existing(self, keys: Sequence[str]) -> set[str]:
        """Returns those keys that are there; none where Redis does not answer."""
        found = self._try(lambda redis: [redis.exists(key) for key in keys])
        return {key for key, there in zip(keys, found or (), strict=False) if there}

    def append(self, key: str, value: bytes, seconds: float) -> bool:
        """Adds to the end of a list, which is kept for some time from now; returns whether it did."""
        return self._try(lambda redis: _append(redis, key, value, seconds)) is not None

    def read_from(self, key: str, start: int) -> list[bytes] | None:
        """Returns the entries of a list from a place on; None where Redis does not answer."""
        return self._try(lambda redis: redis.lrange(key, start, -1))  # type: ignore[return-value]

    def close(self) -> None:
        """Closes the connections."""
        self._redis.close()

    def _try(self, ask: Callable[[Redis], Result]) -> Result | None:
        """Returns what Redis answers; None where it does not, and then leaves it alone for a while."""
        if self.resting:
            return None
        try:
            return ask(self._redis)
        except (RedisError, OSError) as error:
            with self._lock:
                self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("the cache does not answer", extra={"problem": type(error).__name__})
            return None


def _milliseconds(seconds: float) -> int:
    """Returns seconds as Redis takes them."""
    return max(1, int(seconds * 1000))


def _append(redis: Redis, key: str, value: bytes, seconds: float) -> Any:
    """Adds to a list and renews it, in one go."""
    with redis.pipeline(transaction=False) as pipe:
        pipe.rpush(key, value)
        pipe.pexpire(key, _milliseconds(seconds))
        return pipe.execute()


def _mark(redis: Redis, keys: Sequence[str], seconds: float) -> Any:
    """Writes keys that run out, in one go."""
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.set(key, b"1", px=_milliseconds(seconds))
        return pipe.execute()
