"""What every test shares: a sealed environment and the places of real data and real services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from hab_client import HabClient
from tests.anthropic_service import StandIn, stand_in
from tests.running import home_with_model

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_SETTINGS = (
    "DATABASE_URL", "DATABASE_POOL_SIZE", "REDIS_URL", "CACHE_TTL", "BACKEND_HOST", "BACKEND_PORT", "BACKEND_URL",
    "UI_PORT", "UI_URL", "MAX_UPLOAD_MB", "QUEUE_LIMIT", "SHARE_TTL_DAYS", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL",
    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_API_KEY", "CHAT_TIMEOUT", "LOG_LEVEL", "HAB_API_TOKEN",
    "RATE_LIMIT_PER_MINUTE", "TRUSTED_PROXIES", "CORS_ORIGINS", "BACKEND_WORKERS", "RESULT_KEEP_DAYS", "TILE_URL",
    "TILE_ATTRIBUTION", "DATASET_STORE_URL", "PROMETHEUS_MULTIPROC_DIR", "HAB_LISTEN_FD",
)  # fmt: skip
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def missing_service(reason: str) -> NoReturn:
    """Skips the test; fails it where the run requires every service, as continuous integration does."""
    if os.environ.get("HAB_TEST_REQUIRE_SERVICES"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def sealed_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Removes every setting of the machine and gives each test a home of its own."""
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HAB_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real Daegu data; skips where it does not lie beside the project."""
    if not SHARED.is_dir():
        pytest.skip("real data is not here: ../shared/data is missing")
    return SHARED


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A real PostgreSQL, e.g. ``postgresql+psycopg://user@127.0.0.1:5432/test``; skips where none is named."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        missing_service("TEST_DATABASE_URL is not set")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A real Redis, e.g. ``redis://127.0.0.1:6379/15``; skips where none is named.

    Each process of a parallel run has a database for itself, as tests empty theirs: one of the upper eight of the
    sixteen, for the tests of jobs take the lower ones.
    """
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        missing_service("TEST_REDIS_URL is not set")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker:
        return url
    address = urlsplit(url)
    number = 8 + (int(address.path.strip("/") or 0) + int(worker)) % 8
    return address._replace(path=f"/{number}").geturl()


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    """The stand-in for Anthropic's service."""
    with stand_in() as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home with a model for all tests of a module."""
    return home_with_model(tmp_path_factory.mktemp("hab"))


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[HabClient]:
    """A client with the real server, queue and worker of its own."""
    with HabClient.embedded(home) as client:
        yield client


def name_of(value: object) -> str:
    """Names a case by its value, the same in every process: not by the address of an object."""
    text = str(value)
    return type(value).__name__ if " at 0x" in text else text
