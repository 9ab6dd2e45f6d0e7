"""Lanes bound what goes on at once, who waits, and for how long."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hab_core.errors import AnalysisTimeout, InvalidInput, QueueFull
from hab_server.lanes import Lane, forsaken_work_goes_on
from hab_server.logs import request_id_var


def test_results_and_errors_come_back() -> None:
    async def main() -> None:
        lane = Lane("test", threads=1, waiting=0)
        assert await lane.run(lambda: 42) == 42
        with pytest.raises(InvalidInput):
            await lane.run(_refuse)
        with pytest.raises(TimeoutError):
            await lane.run(_time_out)
        assert await lane.run(lambda: 43) == 43
        lane.close()

    asyncio.run(main())


def test_only_so_many_go_on_and_wait() -> None:
    async def main() -> None:
        gate, inside, most = threading.Event(), [], []

        def work() -> None:
            inside.append(1)
            most.append(len(inside))
            gate.wait(10)
            inside.pop()

        lane = Lane("test", threads=2, waiting=3)
        tasks = [asyncio.create_task(lane.run(work)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await lane.run(work)
        gate.set()
        await asyncio.gather(*tasks)
        assert max(most) <= 2
        await lane.run(work)
        lane.close()

    asyncio.run(main())


def test_what_takes_too_long_keeps_its_place_until_it_ends() -> None:
    async def main() -> None:
        gate = threading.Event()
        lane = Lane("test", threads=1, waiting=1, seconds=1.0)
        with pytest.raises(AnalysisTimeout):
            await lane.run(lambda: gate.wait(10))
        with pytest.raises(AnalysisTimeout):  # waits behind it, in vain
            await lane.run(lambda: None)
        gate.set()
        await asyncio.to_thread(gate.wait)
        assert await lane.run(lambda: 42) == 42
        lane.close()

    asyncio.run(main())


def test_the_request_is_known_inside() -> None:
    async def main() -> str | None:
        request_id_var.set("req_1")
        return await Lane("test", threads=1, waiting=0).run(request_id_var.get)

    assert asyncio.run(main()) == "req_1"


def _refuse() -> None:
    raise InvalidInput("no")


def _time_out() -> None:
    raise TimeoutError


def test_forsaken_work_is_bounded_too_and_known() -> None:
    async def main() -> None:
        gate, inside, most = threading.Event(), [], []

        def work() -> int:
            inside.append(1)
            most.append(len(inside))
            gate.wait(10)
            inside.pop()
            return 7

        lane = Lane("test", threads=2, waiting=2, forsaken=True)
        tasks = [asyncio.create_task(lane.run(work)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            lane.refuse_when_full()
        assert forsaken_work_goes_on()
        gate.set()
        assert await asyncio.gather(*tasks) == [7] * 4
        assert max(most) <= 2
        with pytest.raises(InvalidInput):
            await lane.run(_refuse)
        lane.close()

    asyncio.run(main())
