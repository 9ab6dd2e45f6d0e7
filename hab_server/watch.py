"""Watches the processes that HAB runs: restarts them with back-off, stops them within a time limit."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Announce = Callable[[str], None]
"""Takes one Korean line about an event."""

_TICK = 0.2
"""Seconds between two looks at the parts."""
_GRACE = 3.0
"""Seconds each part of a watch thread has to end."""


class Part(Protocol):
    """A process that HAB runs: how the watcher sees it."""

    label: str

    @property
    def log(self) -> Path | None:
        """The file its output goes to, where it has one of its own."""

    def launch(self) -> None:
        """Starts it without waiting until it is ready."""

    def alive(self) -> bool:
        """Whether it does its work, here or in another process of HAB."""

    def running(self) -> bool:
        """Whether a process of our own runs."""

    def send(self, number: signal.Signals) -> None:
        """Signals it and everything it started; nothing where it does not run."""

    def outcome(self) -> str:
        """How it ended, in Korean."""


@dataclass
class Backoff:
    """Seconds to wait before the next start: 1, 2, 4, 5, 5 …; from 1 again after a life of 30 s.

    The longest wait is what a part that was hindered for long takes to be back once the hindrance is gone.
    """

    first: float = 1.0
    largest: float = 5.0
    steady: float = 30.0
    _next: float = field(default=0.0, init=False)

    def delay(self, lived: float) -> float:
        """Returns the wait after a life of ``lived`` seconds."""
        if lived >= self.steady or not self._next:
            self._next = self.first
        waiting, self._next = self._next, min(self._next * 2, self.largest)
        return waiting


class Watch:
    """One part with its back-off: restarts it when it has died."""

    def __init__(self, part: Part, announce: Announce, backoff: Backoff | None = None) -> None:
        """Watches ``part`` and says each event to ``announce``."""
        self.part = part
        self._announce = announce
        self._backoff = backoff or Backoff()
        self._started = 0.0
        self._due: float | None = None

    def launch(self) -> None:
        """Starts the part; where even that fails it is tried again later."""
        self._started, self._due = time.monotonic(), None
        self.part.launch()

    def tick(self) -> None:
        """Looks once: a dead part is announced and started again when its wait is over."""
        now = time.monotonic()
        if self._due is not None:
            if now >= self._due:
                self._relaunch()
        elif not self.part.alive():
            self._schedule(self.part.outcome(), now)

    def _relaunch(self) -> None:
        """Starts the part again; a failure to start counts as a death."""
        try:
            self.launch()
        except OSError as error:
            self._schedule(str(error), time.monotonic())
        else:
            self._announce(f"{self.part.label}: 다시 시작했습니다.")

    def _schedule(self, reason: str, now: float) -> None:
        """Announces the death and sets the moment of the next start."""
        wait = self._backoff.delay(now - self._started)
        self._due = now + wait
        where = f" 기록: {self.part.log}" if self.part.log else ""
        self._announce(f"{self.part.label}: 멈췄습니다({reason}). {wait:.0f}초 뒤에 다시 시작합니다.{where}")


def stop_parts(parts: Sequence[Part], grace: float, hurry: Callable[[], bool] = lambda: False) -> None:
    """Stops all ``parts`` at once: SIGTERM, again at half of ``grace`` seconds, SIGKILL at its end.

    The second SIGTERM tells a worker not to wait for the job it runs. ``hurry`` returning True ends the grace.
    """
    began, reminded = time.monotonic(), False
    for part in parts:
        part.send(signal.SIGTERM)
    while any(part.running() for part in parts):
        waited = time.monotonic() - began
        if waited >= grace or hurry():
            break
        if waited >= grace / 2 and not reminded:
            reminded = True
            for part in parts:
                part.send(signal.SIGTERM)
        time.sleep(0.02)
    for part in parts:
        part.send(signal.SIGKILL)
    while any(part.running() for part in parts) and time.monotonic() - began < grace + 2:
        time.sleep(0.01)


class WatchThread:
    """Starts parts and watches them in a thread of its own, which lives as long as they do."""

    def __init__(self, parts: Sequence[Part], announce: Announce) -> None:
        """Takes the parts in the order they are started; they are stopped in the reverse order."""
        self._watches = [Watch(part, announce) for part in parts]
        self._launched = threading.Event()
        self._ending = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hab-watch", daemon=True)

    def start(self) -> None:
        """Starts the parts and returns when all are launched; raises what kept one from starting."""
        self._thread.start()
        self._launched.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stops watching, then the parts, and returns when they have ended."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        """The thread: launches, looks at each part until told to end, and stops them before it ends itself."""
        try:
            self._launch()
            while not self._ending.wait(_TICK):
                for watch in self._watches:
                    watch.tick()
        finally:
            for watch in reversed(self._watches):
                stop_parts([watch.part], _GRACE)

    def _launch(self) -> None:
        """Starts the parts in their order; a failure goes to the caller of ``start`` and ends the thread."""
        try:
            for watch in self._watches:
                watch.launch()
        except Exception as error:  # noqa: BLE001  # raised again in start()
            self._failure = error
            self._ending.set()
        finally:
            self._launched.set()
