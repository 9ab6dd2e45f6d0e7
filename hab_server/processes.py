"""Child processes: their environment, their logs, how they are started and signalled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from pydantic import SecretStr

from hab_server.settings import Settings
from hab_server.tether import tethered

LOG_LIMIT = 20 * 1024 * 1024
"""Bytes after which a log file is set aside as ``NAME.log.1``."""
CALM_THREADS = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}
"""Threads that spin while they wait turn a prediction of 0.05 ms into 10 ms on a busy machine."""


def child_environment(settings: Settings, **changes: str) -> dict[str, str]:
    """Returns this process's environment with ``settings`` written into it, then ``changes``."""
    environment = dict(os.environ)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is None:
            environment.pop(name.upper(), None)
            continue
        environment[name.upper()] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    for name, text in CALM_THREADS.items():
        environment.setdefault(name, text)
    return {**environment, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **changes}


def log_file(settings: Settings, name: str) -> Path:
    """Returns ``HAB_HOME/logs/NAME.log``, its folder made."""
    folder = settings.hab_home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def trim_log(path: Path, limit: int = LOG_LIMIT) -> None:
    """Sets a log over ``limit`` bytes aside; its writer appends, so it goes on at the new beginning."""
    if path.exists() and path.stat().st_size > limit:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        os.truncate(path, 0)


def spawn(
    program: Sequence[str],
    log: Path | None,
    environment: Mapping[str, str] | None = None,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts ``program`` tied to this process, in a session of its own; see :class:`Child` for the arguments.

    Call it from a thread that lives as long as the child: on Linux the child dies with that thread.
    """
    with ExitStack() as stack:
        output = None
        if log is not None:
            trim_log(log)
            output = stack.enter_context(log.open("ab"))
        return subprocess.Popen(  # noqa: S603  # our own command line
            tethered(program),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env=environment,
            pass_fds=inherited,
            start_new_session=True,
        )


def python_module(module: str, *arguments: str) -> list[str]:
    """Returns the command line of ``python -m module``, which imports nothing from the present folder (``-P``)."""
    return [sys.executable, "-P", "-m", module, *arguments]


def descendants(pid: int) -> list[int]:
    """Returns the processes that ``pid`` started, and theirs; none where there is no ``/proc``."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError):  # it ended while we looked
            continue
        parents.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for each in found:
        found.extend(parents.get(each, []))
    return found[1:]


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signals the process group of ``pid``; with SIGKILL also descendants that left the group."""
    outsiders = descendants(pid) if number == signal.SIGKILL else []
    for send, target in [(os.killpg, pid), *((os.kill, each) for each in outsiders)]:
        try:
            send(target, number)
        except ProcessLookupError:
            continue


def exit_words(code: int | None) -> str:
    """Returns how a process with this exit code ended, in Korean."""
    if code is not None and code < 0:
        return f"시그널 {signal.Signals(-code).name}"
    return f"종료 코드 {code}"


class Child:
    """A program run as a child process."""

    def __init__(
        self,
        label: str,
        program: Sequence[str],
        log: Path | None,
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
    ) -> None:
        """Names the child; ``launch`` starts it.

        Args:
            label: What it is called in messages.
            program: Its command line.
            log: The file its output goes to; where None it writes where this process writes.
            environment: Its environment.
            inherited: Open files that are handed down to it under their numbers.
        """
        self.label = label
        self._log = log
        self._program = list(program)
        self._environment = environment
        self._inherited = tuple(inherited)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while and after it ran."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path | None:
        """The file its output goes to, where it has one of its own."""
        return self._log

    def launch(self) -> None:
        """Starts the program."""
        self._process = spawn(self._program, self._log, self._environment, self._inherited)

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    running = alive

    def returncode(self) -> int | None:
        """Returns the exit code, or None where it runs or was never started."""
        return self._process.poll() if self._process else None

    def send(self, number: signal.Signals) -> None:
        """Signals it and everything it started."""
        if self._process is not None and self.alive():
            signal_group(self._process.pid, number)

    def outcome(self) -> str:
        """How it ended, in Korean."""
        return exit_words(self.returncode())
