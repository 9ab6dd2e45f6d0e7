"""A Redis server of the tests' own, to be killed, stopped and started again with what it had."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.conftest import missing_service
from tests.running import free_port, wait_until


class OwnRedis:
    """A server on a free port as production runs it: append-only file, nothing evicted."""

    def __init__(self) -> None:
        """Makes its folder; :meth:`start` starts it."""
        self._program = shutil.which("redis-server") or missing_service("redis-server is not installed")
        self._folder = Path(tempfile.mkdtemp(prefix="hab-redis-"))
        self._server: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address for redis-py."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
        self._server = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def kill(self) -> None:
        """Ends the server as a power cut would."""
        self.send(signal.SIGKILL)
        assert self._server is not None
        self._server.wait()

    def send(self, number: signal.Signals) -> None:
        """Signals the server: SIGSTOP freezes it, SIGCONT thaws it."""
        assert self._server is not None
        self._server.send_signal(number)

    def remove(self) -> None:
        """Ends the server and deletes its data."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        shutil.rmtree(self._folder)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as connection:
                return bool(connection.ping())
        except redis.RedisError:
            return False
