"""A real server for the tests of the routes: the application under uvicorn on a free port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from hab_server.app import create_app
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess


@contextmanager
def serving(settings: Settings, *, ready: bool = True) -> Iterator[httpx.Client]:
    """Runs the application in a thread and yields a client of it once it is ready, or as soon as it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        wait_until(lambda: server.started and (not ready or client.get("/health/ready").status_code == 200))
        yield client
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def wait_until(condition: Any, seconds: float = 15.0) -> None:
    """Waits until a condition holds; fails where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests of a module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[httpx.Client]:
    """A client of a running server with its own database and queue."""
    settings = Settings(hab_home=home)
    with ValkeyProcess(settings), serving(settings) as client:
        yield client
