"""Several processes of the API on one port (``BACKEND_WORKERS``): how they share it, and how they are kept running.

The parent opens the port and hands the open socket down. A connection waits in that one socket until a process takes
it, so the death of a process, or of all of them, refuses nobody: who is not taken yet is served by the next.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import time
from pathlib import Path
from types import FrameType

from hab_server.metrics import METRICS_FOLDER
from hab_server.preflight import BACKLOG
from hab_server.processes import Child, child_environment, python_module
from hab_server.settings import Settings
from hab_server.watch import Watch, stop_parts

LISTENER = "HAB_LISTEN_FD"
"""The variable that tells a process the number of the socket it inherited."""
ACCEPTED_AT_ONCE = 1
"""Connections that a process takes at one turn of its loop. asyncio takes all that wait, so of fifty that came together
one process had all and the others none; so each takes the more the less it has to do."""
_TICK = 0.1
log = logging.getLogger(__name__)


def run_api_processes(settings: Settings, listener: socket.socket, grace: float) -> None:
    """Runs ``BACKEND_WORKERS`` processes of the API until SIGTERM or Ctrl-C; one that dies is started again.

    Call it from the main thread of a process that does nothing else.

    Args:
        settings: What the processes serve.
        listener: The open port.
        grace: Seconds that requests at work have when the end is asked for.
    """
    signals: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        signals.append(number)

    folder = _empty_metrics_folder(settings, listener)
    inherited = listener.fileno()
    environment = child_environment(settings, **{METRICS_FOLDER: str(folder), LISTENER: str(inherited)})
    program = python_module("hab_server", "api")
    parts = [
        Child(f"API {number}", program, None, environment, (inherited,))
        for number in range(1, settings.backend_workers + 1)
    ]
    watches = [Watch(part, log.warning) for part in parts]
    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for watch in watches:
            watch.launch()
        while not signals:
            time.sleep(_TICK)
            for watch in watches:
                watch.tick()
    finally:
        stop_parts(parts, grace, hurry=lambda: signals.count(signal.SIGINT) > 1)
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


class _SharedListener(socket.socket):
    """The open port, whose line of waiting connections no process makes shorter for all."""

    def listen(self, _backlog: int = BACKLOG, /) -> None:
        """Listens with the length of the line that the parent chose."""
        super().listen(BACKLOG)


def inherited_listener() -> socket.socket:
    """Returns the open port that the parent of this process handed down."""
    return _SharedListener(fileno=int(os.environ[LISTENER]))


def _empty_metrics_folder(settings: Settings, listener: socket.socket) -> Path:
    """Returns a folder for the figures of all processes, cleared of those of an earlier run.

    It is named for the port, which this process holds alone, so nobody else is using it.
    """
    folder = settings.hab_home / "run" / f"metrics-{listener.getsockname()[1]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder
