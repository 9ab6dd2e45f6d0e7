"""A PostgreSQL server of the tests' own, to be killed, stopped and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg

from tests.conftest import missing_service


def binaries() -> Path:
    """The folder of PostgreSQL's programs; skips where it is not installed."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), Path(shutil.which("postgres") or "/none/postgres").parent]
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    return missing_service("PostgreSQL's own programs (initdb, postgres) are not installed")


class OwnPostgres:
    """A server on a free port with a new data folder; PostgreSQL refuses to run as root, so root lends it a user."""

    def __init__(self) -> None:
        self._bin = binaries()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="hab-postgres-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            self.port = taken.getsockname()[1]
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "hab", "-A", "trust", "-N", "-E", "UTF8")
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Its address for SQLAlchemy."""
        return f"postgresql+psycopg://hab@127.0.0.1:{self.port}/postgres"

    @property
    def folder(self) -> Path:
        """Where its data lie."""
        return self._folder

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        command = [str(self._bin / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port)]
        command += ["-k", str(self._folder), "-h", "127.0.0.1", "-c", "shared_buffers=16MB"]
        self._server = subprocess.Popen(
            command, user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            with suppress(psycopg.OperationalError):
                psycopg.connect(host="127.0.0.1", port=self.port, user="hab", dbname="postgres").close()
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start")

    def kill(self) -> None:
        """Ends the server and its children as a power cut would."""
        self._signal(signal.SIGKILL)
        assert self._server is not None
        self._server.wait()
        (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Stops the server where it is: connections stay, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets the frozen server go on."""
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """Ends the server and deletes its data."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        shutil.rmtree(self._folder)

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text().split()
        for pid in (self._server.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, capture_output=True)
