"""What tests with real processes share: waiting, looking at processes, running ``hab``, a small model to serve."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count, islice
from pathlib import Path
from typing import Any

from hab_server.processes import descendants

HAB = [sys.executable, "-c", "from hab_client.cli import main; main()"]
"""The ``hab`` command of this Python, wherever its scripts lie."""
_FIRST_PORT, _SLICE, _SLICES = 12_000, 2_000, 10
"""The ports of tests: below those that the kernel gives away, and a slice for each process of a parallel run."""
_port_turns = count(secrets.randbelow(_SLICE))
"""Where in the slice the next port is looked for; two runs on one machine begin at different places."""


def wait_until(condition: Callable[[], object], seconds: float = 40.0) -> None:
    """Returns when ``condition`` holds; fails where it does not in time, which on a busy machine is long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def command_line(pid: int) -> str:
    """Returns the words of a process's command line with spaces between; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def free_port() -> int:
    """Returns a port that nobody listens on now and that is given to no other caller until all others were."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST_PORT + worker % _SLICES * _SLICE
    for turn in islice(_port_turns, _SLICE):
        port = first + turn % _SLICE
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def ask(url: str) -> tuple[int, dict[str, Any]]:
    """Returns status and JSON body of a GET; status 0 where nobody answers, or not to the end."""
    try:
        return _answer_of(url)
    except (OSError, ValueError, http.client.HTTPException):
        return 0, {}


def _answer_of(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def component(url: str, name: str) -> dict[str, Any]:
    """Returns what a server says of one of its parts; nothing where it does not answer in time."""
    found: dict[str, Any] = ask(f"{url}/health")[1].get("components", {}).get(name, {})
    return found


def train_small_model(folder: Path) -> Path:
    """Trains the small model of the core's tests, version small-1, into ``folder``."""
    spec = spec_from_file_location("small_model_for_processes", Path(__file__).parent / "core/eclo/small_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    trained: Path = module.write_small_model(folder)
    return trained


def give_model(home: Path, folder: Path) -> Path:
    """Makes a copy of a model the active one of ``home``; returns where it lies."""
    own = home / "models" / "small-1"
    shutil.copytree(folder, own)
    (home / "models" / "active.json").write_text(json.dumps({"active": "small-1", "previous": None}))
    return own


def home_with_model(folder: Path) -> Path:
    """Makes a home in ``folder`` whose active model is the small one, and returns it."""
    home = folder / "home"
    home.mkdir()
    give_model(home, train_small_model(folder / "small-1"))
    return home


class Command:
    """A running ``hab`` command on a home and ports of its own; ``program`` is what is run before its arguments."""

    program: Sequence[str] = HAB

    def __init__(self, home: Path, *arguments: str, code: str | None = None, **environment: str) -> None:
        """Starts ``hab`` with ``arguments``; ``code`` runs it in another way."""
        self.home = home
        self.port = int(environment.get("BACKEND_PORT", free_port()))
        self.url = f"http://127.0.0.1:{self.port}"
        self.ui_port = environment.get("UI_PORT", str(free_port()))
        self.ui_url = f"http://localhost:{self.ui_port}"
        self._output = home.with_name(f"{home.name}-{time.monotonic_ns()}.out")
        ports = {"BACKEND_PORT": str(self.port), "UI_PORT": self.ui_port}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*(self.program if code is None else [sys.executable, "-c", code]), *arguments],
                env={**os.environ, "HAB_HOME": str(home), **ports, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        """Returns what it wrote to stdout and stderr until now."""
        return self._output.read_text(encoding="utf-8")

    def says(self, text: str) -> None:
        """Waits until it has written ``text``; fails at once where it ended without."""
        wait_until(lambda: text in self.output() or self.process.poll() is not None)
        assert text in self.output(), self.output()

    def answers(self) -> bool:
        """Whether its API is ready."""
        return ask(f"{self.url}/health/ready")[0] == 200

    def ends(self) -> int:
        """Waits until it has ended; returns its exit code."""
        return self.process.wait(40)

    def clear(self) -> None:
        """Kills it where a test left it running."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def part(up: Command, words: str) -> int:
    """Returns the process below ``hab up`` whose command line holds ``words``; 0 where there is none."""
    for pid in descendants(up.process.pid):
        line = command_line(pid)
        if words in line and "tether" not in line:
            return pid
    return 0


def kill_part(up: Command, words: str, number: signal.Signals = signal.SIGKILL) -> int:
    """Signals a part of ``hab up`` as soon as it is there; returns which process that was."""
    wait_until(lambda: part(up, words))
    pid = part(up, words)
    assert pid > 0, f"{words} ended by itself"
    os.kill(pid, number)
    return pid
