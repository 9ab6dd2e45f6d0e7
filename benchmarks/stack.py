"""Running servers: HAB as ``hab up`` runs it, on its own services or on named ones, and any other program.

Everything is started in a folder and on a port of its own, dies with the benchmark (``hab_server.tether``), and leaves
neither rows nor keys: PostgreSQL gets a schema that is dropped, the database of Redis is emptied before and after.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import redis
from sqlalchemy import create_engine, make_url, text

from benchmarks import machine
from hab_server.processes import CALM_THREADS, descendants, python_module, signal_group, spawn
from hab_server.settings import Settings

HAB = str(Path(sys.executable).parent / "hab")
EMBEDDED, PRODUCTION = "SQLite + Valkey", "PostgreSQL + Redis"
START_SECONDS = 90.0
_STOP_SECONDS = 15.0
_ROLES = {"API": "hab_server serve", "worker": "hab_server worker", "Valkey": "valkey-server"}


def free_port() -> int:
    """Returns a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS, every: float = 0.02) -> None:
    """Returns when ``condition`` holds; raises TimeoutError where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)


def answers(address: str) -> bool:
    """Whether a GET succeeds."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder that goes with the run."""
    home = Path(tempfile.mkdtemp(prefix="hab-benchmark-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def started(
    program: Sequence[str], home: Path, environment: Mapping[str, str], name: str = "program"
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program for the time of the block; what it wrote is in ``home/NAME.log``."""
    own = {"HAB_HOME": str(home), "LOG_LEVEL": "WARNING", **CALM_THREADS}
    clean = {key: value for key, value in os.environ.items() if key.lower() not in Settings.model_fields}
    process = spawn(program, home / f"{name}.log", {**clean, **own, **environment})
    try:
        yield process
    finally:
        _stop(process)


def wait_for_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits for the first good answer of a started program; raises RuntimeError with its log where it ended."""
    wait_until(lambda: process.poll() is not None or answers(address), address)
    if process.poll() is not None:
        raise RuntimeError(log.read_text(errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and all that it started."""
    signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
    signal_group(process.pid, signal.SIGKILL)


def service_kinds() -> list[str]:
    """Returns what can be measured here: the embedded services, and the named ones where both are."""
    named = os.environ.get("TEST_DATABASE_URL") and os.environ.get("TEST_REDIS_URL")
    return [EMBEDDED, PRODUCTION] if named else [EMBEDDED]


@contextmanager
def services(kind: str) -> Iterator[dict[str, str]]:
    """Yields the variables that name the services; what was written to them is removed afterwards."""
    if kind == EMBEDDED:
        yield {}
        return
    address = os.environ["TEST_REDIS_URL"]
    with postgres_schema(os.environ["TEST_DATABASE_URL"]) as dsn, redis.Redis.from_url(address) as connection:
        connection.flushdb()
        try:
            yield {"DATABASE_URL": dsn, "REDIS_URL": address}
        finally:
            connection.flushdb()


@contextmanager
def postgres_schema(address: str) -> Iterator[str]:
    """Yields the address of an empty schema that goes with the run."""
    schema = f"bench_{uuid.uuid4().hex}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            url = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@dataclass(frozen=True)
class Hab:
    """A running HAB: its address, its settings, and the process that runs the others."""

    address: str
    settings: Settings
    pid: int

    def client(self, timeout: float = 300.0) -> httpx.Client:
        """Returns a client of the API; close it."""
        return httpx.Client(base_url=self.address, timeout=timeout)

    def pids(self) -> dict[str, list[int]]:
        """Returns the processes of each part that HAB runs."""
        found: dict[str, list[int]] = {}
        for pid in descendants(self.pid):
            line = _command_line(pid)
            for role, words in _ROLES.items():
                if words in line:
                    found.setdefault(role, []).append(pid)
        return found

    def memory(self) -> dict[str, float]:
        """Returns the memory of each part now, MB; that of a named Redis as it says itself."""
        found = {role: sum(map(machine.rss_of, pids)) for role, pids in self.pids().items()}
        if not self.settings.embeds_valkey:
            with redis.Redis.from_url(self.settings.redis_dsn) as connection:
                found["Redis"] = connection.info("memory")["used_memory_rss"] / machine.MB
        return found


@contextmanager
def running_hab(kind: str, *, workers: int = 1, environment: Mapping[str, str] | None = None) -> Iterator[Hab]:
    """Runs ``hab up --no-ui`` on empty services, with more workers beside it where they are asked for."""
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        named = {"BACKEND_PORT": str(free_port()), **stack.enter_context(services(kind)), **(environment or {})}
        process = stack.enter_context(started([HAB, "up", "--no-ui"], home, named, "up"))
        address = f"http://127.0.0.1:{named['BACKEND_PORT']}"
        wait_for_answer(f"{address}/health/ready", process, home / "up.log")
        settings = settings_of(home, named)
        for number in range(1, workers):
            beside = {**named, "REDIS_URL": settings.redis_dsn}
            stack.enter_context(started(python_module("hab_server", "worker"), home, beside, f"worker-{number}"))
        wait_until(
            lambda: _workers(address) == workers, f"{workers} workers counted (does another HAB use this Redis?)"
        )
        yield Hab(address, settings, process.pid)


def settings_of(home: Path, environment: Mapping[str, str]) -> Settings:
    """Returns the settings that a started HAB has, for who looks at its database or queue."""
    given = {key.lower(): value for key, value in environment.items() if key.lower() in Settings.model_fields}
    return Settings.model_validate({"hab_home": home, "database_url": None, "redis_url": None, **given})


def upload(client: httpx.Client, content: bytes, name: str = "사고.csv") -> str:
    """Uploads a file and returns the id of its dataset."""
    answer = client.post("/api/datasets/upload", files={"file": (name, content)})
    answer.raise_for_status()
    return str(answer.json()["id"])


def _workers(address: str) -> int:
    """Returns how many workers the API counts."""
    try:
        detail = httpx.get(f"{address}/health", timeout=5).json()["components"]["workers"]["detail"]
    except (httpx.HTTPError, ValueError):
        return 0
    return int("".join(filter(str.isdigit, detail or "")) or 0)


def _command_line(pid: int) -> str:
    """Returns how a process was called; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
