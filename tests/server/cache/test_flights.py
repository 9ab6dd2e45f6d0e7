"""Many who want the same answer cost one computation; no failure of one is another's, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from hab_core.errors import InvalidApiKey
from hab_server.cache import flights
from hab_server.cache.connection import Cache
from hab_server.cache.flights import Flights, Found, Value
from hab_server.cache.keys import flight_key
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess

KEY = "hab:chat:answer:0"
CROWD = 20


@pytest.fixture
def valkey(settings: Settings) -> Iterator[ValkeyProcess]:
    """A running Valkey."""
    with ValkeyProcess(settings) as running:
        yield running


class Work:
    """Counts how often it is done, and how often at once."""

    def __init__(self, *outcomes: Value | Exception, seconds: float = 0.1) -> None:
        self.done, self.at_once, self.most = 0, 0, 0
        self._outcomes, self._seconds = outcomes, seconds

    async def __call__(self) -> Value:
        outcome = self._outcomes[min(self.done, len(self._outcomes) - 1)]
        self.done += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self._seconds)
        self.at_once -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def crowd(settings: Settings, work: Work, processes: int = 1, ttl: float = 60) -> list[Found | BaseException]:
    """Lets a crowd ask at the same time, spread over so many processes."""

    async def main() -> list[Found | BaseException]:
        caches = [Cache(settings) for _ in range(processes)]
        desks = [Flights(cache, ttl) for cache in caches]
        asking = [desks[n % processes].get_or_compute(KEY, work, 10) for n in range(CROWD)]
        found = await asyncio.gather(*asking, return_exceptions=True)
        for cache in caches:
            cache.close()
        return found

    return asyncio.run(main())


@pytest.mark.parametrize("processes", [1, 3])
def test_a_crowd_costs_one_computation(settings: Settings, valkey: ValkeyProcess, processes: int) -> None:
    work = Work(Value(b"answer", shared=True))
    found = crowd(settings, work, processes)
    assert work.done == 1
    assert [each.content for each in found if isinstance(each, Found)] == [b"answer"] * CROWD
    assert sum(each.hit for each in found if isinstance(each, Found)) == CROWD - 1


def test_without_redis_a_process_still_computes_once(settings: Settings) -> None:
    work = Work(Value(b"answer", shared=True))
    assert len(crowd(settings, work)) == CROWD
    assert work.done == 1


def test_a_failure_is_its_own_caller_s(settings: Settings, valkey: ValkeyProcess) -> None:
    work = Work(InvalidApiKey(), Value(b"answer", shared=True))
    found = crowd(settings, work)
    assert [type(each) for each in found].count(InvalidApiKey) == 1
    assert work.done == 2
    assert [each.content for each in found if isinstance(each, Found)] == [b"answer"] * (CROWD - 1)


def test_after_two_failures_all_go_on_their_own(settings: Settings, valkey: ValkeyProcess) -> None:
    work = Work(Value(b"cut off", shared=False))
    found = crowd(settings, work)
    assert work.done == CROWD
    assert work.most > CROWD // 2
    assert not any(each.hit for each in found if isinstance(each, Found))


def test_with_no_time_to_live_everybody_computes(settings: Settings, valkey: ValkeyProcess) -> None:
    work = Work(Value(b"answer", shared=True))
    crowd(settings, work, ttl=0)
    assert work.done == CROWD


def test_the_claim_of_a_dead_process_runs_out(
    settings: Settings, valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(settings)
    assert cache.claim(flight_key(KEY), "a process that was killed", 0.5)
    cache.close()
    work = Work(Value(b"answer", shared=True))
    assert len(crowd(settings, work, processes=2)) == CROWD
    assert work.done == 1


def test_a_long_computation_keeps_its_claim(
    settings: Settings, valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "CLAIM_SECONDS", 3.0)
    monkeypatch.setattr(flights, "BEAT_SECONDS", 0.1)
    work = Work(Value(b"answer", shared=True), seconds=4.0)
    crowd(settings, work, processes=2)
    assert work.done == 1


def test_patience_ends(settings: Settings, valkey: ValkeyProcess) -> None:
    cache = Cache(settings)
    assert cache.claim(flight_key(KEY), "a process that hangs", 60)

    async def main() -> Found:
        return await Flights(cache, 60).get_or_compute(KEY, Work(Value(b"own", shared=True)), 0.2)

    assert asyncio.run(main()) == Found(b"own", hit=False)
    cache.close()


def test_a_caller_who_leaves_does_not_take_the_others_along(settings: Settings, valkey: ValkeyProcess) -> None:
    work = Work(Value(b"answer", shared=True), seconds=0.3)

    async def main() -> list[Found]:
        cache = Cache(settings)
        desk = Flights(cache, 60)
        leaving, *staying = [asyncio.create_task(desk.get_or_compute(KEY, work, 10)) for _ in range(4)]
        async with asyncio.timeout(10):
            while not work.done:
                await asyncio.sleep(0.001)
        leaving.cancel()
        found = await asyncio.gather(*staying)
        cache.close()
        return found

    assert [each.content for each in asyncio.run(main())] == [b"answer"] * 3
    assert work.done == 2


def test_a_redis_that_dies_meanwhile_changes_nothing(settings: Settings, valkey: ValkeyProcess) -> None:
    async def work() -> Value:
        valkey.send(signal.SIGKILL)
        await asyncio.sleep(0.1)
        return Value(b"answer", shared=True)

    async def main() -> list[Found]:
        cache = Cache(settings)
        desk = Flights(cache, 60)
        found = await asyncio.gather(*(desk.get_or_compute(KEY, work, 10) for _ in range(3)))
        cache.close()
        return list(found)

    assert [each.content for each in asyncio.run(main())] == [b"answer"] * 3
