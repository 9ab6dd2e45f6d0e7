"""The cache keeps, forgets and, where Redis is gone, is simply empty."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
import redis

from hab_server.cache import connection
from hab_server.cache.connection import Cache
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.running import wait_until


@pytest.fixture(params=["valkey", pytest.param("redis", marks=pytest.mark.redis)])
def cache(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Cache]:
    """A cache on each kind of server in turn."""
    if request.param == "valkey":
        with ValkeyProcess(settings):
            yield from _opened(settings)
    else:
        url = request.getfixturevalue("redis_url")
        with redis.Redis.from_url(url) as server:
            server.flushdb()
        yield from _opened(Settings(hab_home=settings.hab_home, redis_url=url))


def _opened(settings: Settings) -> Iterator[Cache]:
    cache = Cache(settings)
    yield cache
    cache.close()


def test_values_come_back_until_they_run_out(cache: Cache) -> None:
    cache.put("a", b"1", 60)
    cache.put("b", b"2", 0.05)
    assert cache.get("a") == b"1"
    wait_until(lambda: cache.get("b") is None)
    assert cache.get("nothing") is None


def test_a_claim_is_one_owner_s(cache: Cache) -> None:
    assert cache.claim("c", "one", 60) is True
    assert cache.claim("c", "other", 60) is False
    cache.release("c", "other")
    assert cache.claim("c", "other", 60) is False
    cache.release("c", "one")
    assert cache.claim("c", "other", 0.05) is True
    wait_until(lambda: cache.claim("c", "one", 60))
    cache.renew("c", 60)
    cache.renew("never claimed", 60)
    assert cache.existing(["c", "never claimed"]) == {"c"}


def test_lists_and_marks(cache: Cache) -> None:
    assert [cache.append("l", value, 60) for value in (b"1", b"2", b"3")] == [True] * 3
    assert cache.read_from("l", 1) == [b"2", b"3"]
    assert cache.read_from("l", 3) == []
    cache.mark(["m1", "m2"], 60)
    assert cache.existing(["m1", "m2", "m3"]) == {"m1", "m2"}


def test_a_dead_server_is_an_empty_cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(settings)
    with ValkeyProcess(settings) as valkey:
        cache.put("a", b"1", 60)
        valkey.send(signal.SIGKILL)
        wait_until(lambda: not valkey.running())
        assert cache.get("a") is None
        assert cache.resting
        assert cache.claim("c", "one", 60) is None
        assert cache.append("l", b"1", 60) is False
        assert cache.read_from("l", 0) is None
        assert cache.existing(["a"]) == set()
        valkey.start()
        monkeypatch.setattr(connection, "REST_SECONDS", 0.0)
        wait_until(lambda: not cache.resting)
        assert cache.get("a") == b"1"
    cache.close()


def test_a_hanging_server_is_asked_once(settings: Settings) -> None:
    cache = Cache(settings)
    with ValkeyProcess(settings) as valkey:
        assert cache.get("a") is None
        valkey.send(signal.SIGSTOP)
        assert cache.get("a") is None
        started = time.monotonic()
        answers = [cache.get("a") for _ in range(1_000)]
        valkey.send(signal.SIGCONT)
        assert answers == [None] * 1_000
        assert cache.resting or time.monotonic() - started > connection.REST_SECONDS
    cache.close()
