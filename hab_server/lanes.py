"""Lanes: threads set apart for one kind of heavy work, so that the event loop and all other work stay free."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hab_core.errors import AnalysisTimeout, QueueFull

Result = TypeVar("Result")


class Lane:
    """A few threads and a line of callers before them."""

    def __init__(self, name: str, *, threads: int, waiting: int, seconds: float | None = None) -> None:
        """Makes a lane; threads start with the first work.

        Args:
            name: Shown in the names of its threads.
            threads: How much of this work goes on at once.
            waiting: How many callers may wait beyond that.
            seconds: How long a caller waits for a result, his time in the line included; None for as long as it takes.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"hab-{name}")
        self._most = threads + waiting
        self._seconds = seconds
        self._inside = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Returns what ``work`` returns, done in a thread.

        Work that is given up goes on in its thread until it ends: no thread can be stopped from outside, and as long as
        it is there it takes its place in the lane.

        Raises:
            QueueFull: Too many callers wait already.
            AnalysisTimeout: There was no result in time.
        """
        if self._inside >= self._most:
            raise QueueFull
        future = self._threads.submit(contextvars.copy_context().run, work)
        self._inside += 1
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: _in_loop(loop, self._leave))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            if future.done() and not future.cancelled():  # the work itself failed so
                raise
            raise AnalysisTimeout from None

    def close(self) -> None:
        """Takes no more work and drops what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        self._inside -= 1


def _in_loop(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Calls ``action`` in the loop's thread, unless the loop has ended."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
