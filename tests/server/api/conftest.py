"""A real server for the tests of the routes: the application under uvicorn on a free port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from hab_server.app import create_app
from hab_server.preflight import listen
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.running import wait_until

RECOVERS_WITHIN = 15.0
"""Seconds after which a part that fails or is there again has to be noticed."""


@contextmanager
def serving(settings: Settings, *, ready: bool = True) -> Iterator[httpx.Client]:
    """Runs the application in a thread and yields a client of it once it is ready, or as soon as it listens."""
    listener = listen("127.0.0.1", 0, "BACKEND_PORT")
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)  # closes it at the end
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
        wait_until(lambda: server.started and (not ready or client.get("/health/ready").status_code == 200))
        yield client
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


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
