"""Lanes: threads set apart for one kind of heavy work, so that the event loop and all other work stay free."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from hab_core.errors import AnalysisTimeout, QueueFull

Result = TypeVar("Result")


class Lane:
    """A few threads and a line of callers before them."""

    def __init__(
        self, name: str, *, threads: int, waiting: int, seconds: float | None = None, forsaken: bool = False
    ) -> None:
        """Makes a lane; threads start with the first work.

        Args:
            name: Shown in the names of its threads.
            threads: How much of this work goes on at once.
            waiting: How many callers may wait beyond that.
            seconds: How long a caller waits for a result, his time in the line included; None for as long as it takes.
            forsaken: Whether the process may end while work goes on: for work that waits for a far server.
        """
        kind = ForsakenThreads if forsaken else ThreadPoolExecutor
        self._threads = kind(threads, thread_name_prefix=f"hab-{name}")
        self._most = threads + waiting
        self._seconds = seconds
        self._inside = 0

    def refuse_when_full(self) -> None:
        """Refuses early what :meth:`run` would refuse.

        Raises:
            QueueFull: Too many callers wait already.
        """
        if self._inside >= self._most:
            raise QueueFull

    async def run(self, work: Callable[[], Result]) -> Result:
        """Returns what ``work`` returns, done in a thread.

        Work that is given up goes on in its thread until it ends: no thread can be stopped from outside, and as long as
        it is there it takes its place in the lane.

        Raises:
            QueueFull: Too many callers wait already.
            AnalysisTimeout: There was no result in time.
        """
        self.refuse_when_full()
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


_FORSAKEN = "hab-forsaken"


def forsaken_work_goes_on() -> bool:
    """Whether some work that nobody waits for at the end of the process still goes on."""
    return any(thread.name.startswith(_FORSAKEN) for thread in threading.enumerate())


class ForsakenThreads:
    """A pool of threads, as an executor, that the interpreter does not wait for when it ends."""

    def __init__(self, most: int, thread_name_prefix: str) -> None:
        """Makes a pool of at most ``most`` threads at once, one for each piece of work."""
        self._free = most
        self._name = f"{_FORSAKEN}-{thread_name_prefix}"
        self._line: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()

    def submit(self, run: Callable[[Callable[[], Result]], Result], work: Callable[[], Result]) -> Future[Result]:
        """Returns what will hold the result of ``run(work)``."""
        future: Future[Result] = Future()
        with self._lock:
            self._line.append((future, lambda: run(work)))
            if not self._free:
                return future
            self._free -= 1
        threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return future

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        """Drops what waits; what goes on is left alone, whatever is asked."""
        with self._lock:
            waiting, self._line = self._line, deque()
        for future, _ in waiting:
            future.cancel()

    def _work(self) -> None:
        """Does what is in line until nothing is."""
        while (taken := self._next()) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller, who waits for it
                future.set_exception(error)
            else:
                future.set_result(result)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Returns the first in line; gives the thread back where nobody is."""
        with self._lock:
            if self._line:
                return self._line.popleft()
            self._free += 1
            return None


def _in_loop(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Calls ``action`` in the loop's thread, unless the loop has ended."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
