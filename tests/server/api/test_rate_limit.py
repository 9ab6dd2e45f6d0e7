"""How often one address may ask for what costs much; counted in Redis, and without it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest

from hab_server import rate_limit
from hab_server.access import caller_of
from hab_server.rate_limit import is_expensive
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.accidents import ACCIDENT
from tests.server.api.conftest import serving

PREDICT = "/api/predict/eclo?explain=false"
LIMIT = 3


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow answer of Redis begins no fresh count in memory."""
    monkeypatch.setattr(rate_limit, "_SOCKET_SECONDS", 30.0)


@pytest.fixture
def limited(settings: Settings, patient: None) -> Iterator[httpx.Client]:
    """A server with its own Valkey behind a proxy on this machine."""
    changed = settings.model_copy(update={"rate_limit_per_minute": LIMIT, "trusted_proxies": "127.0.0.1"})
    with ValkeyProcess(settings), serving(changed) as client:
        yield client


def predictions(client: httpx.Client, count: int, address: str = "192.0.2.1") -> list[int]:
    """The statuses of predictions that an address asks for."""
    headers = {"X-Forwarded-For": address}
    return [client.post(PREDICT, json=ACCIDENT, headers=headers).status_code for _ in range(count)]


def test_one_address_is_limited_and_others_are_not(limited: httpx.Client) -> None:
    assert predictions(limited, LIMIT + 2) == [200] * LIMIT + [429] * 2
    assert predictions(limited, 1, "192.0.2.2") == [200]
    refused = limited.post("/api/tools/predict_eclo", json={}, headers={"X-Forwarded-For": "192.0.2.1"})
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_what_costs_little_is_never_refused(limited: httpx.Client) -> None:
    assert predictions(limited, LIMIT + 1)[-1] == 429
    for path in ("/health", "/metrics", "/api/datasets", "/api/model", "/api/predictions"):
        assert limited.get(path, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


def test_without_redis_a_limit_stays_a_limit(settings: Settings) -> None:
    with serving(settings.model_copy(update={"rate_limit_per_minute": LIMIT})) as client:
        assert predictions(client, LIMIT + 2) == [200] * LIMIT + [429] * 2


@pytest.mark.redis
def test_processes_count_together(settings: Settings, redis_url: str, patient: None) -> None:
    address = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"
    changes = {"redis_url": redis_url, "rate_limit_per_minute": LIMIT, "trusted_proxies": "127.0.0.1"}
    shared = Settings(hab_home=settings.hab_home, **changes)
    with serving(shared) as first, serving(shared) as second:
        assert predictions(first, 2, f"{address}::1") == [200, 200]
        assert predictions(second, 2, f"{address}::2") == [200, 429]


def scope(peer: str | None, *forwarded: str) -> dict[str, object]:
    """A request of a peer with ``X-Forwarded-For``."""
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return {"client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("192.0.2.1",), "198.51.100.7"),
        ("10.0.0.2", ("192.0.2.1",), "192.0.2.1"),
        ("10.0.0.2", ("203.0.113.9, 192.0.2.1",), "192.0.2.1"),
        ("10.0.0.2", ("203.0.113.9", "192.0.2.1, 10.0.0.3"), "192.0.2.1"),
        ("10.0.0.2", ("nonsense",), "local"),
        ("10.0.0.2", ("10.0.0.9",), "10.0.0.9"),
        ("::ffff:10.0.0.2", ("192.0.2.1",), "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
        (None, ("192.0.2.1",), "local"),
    ],
)
def test_the_caller_is_who_no_trusted_proxy_is(peer: str | None, forwarded: tuple[str, ...], caller: str) -> None:
    networks = Settings(trusted_proxies="10.0.0.0/8, 127.0.0.1").trusted_networks
    assert caller_of(scope(peer, *forwarded), networks) == caller


@pytest.mark.parametrize(
    ("method", "path", "expensive"),
    [
        ("POST", "/api/predict/eclo", True),
        ("POST", "/api/chat/message", True),
        ("GET", "/api/datasets/ds_1/rows", True),
        ("GET", "/api/datasets/ds_1/download", True),
        ("GET", "/api/predict/eclo/batch/job_1/results.csv", True),
        ("GET", "/api/predict/eclo/batch/job_1", False),
        ("DELETE", "/api/datasets/ds_1", False),
        ("GET", "/health", False),
    ],
)
def test_what_counts_as_expensive(method: str, path: str, expensive: bool) -> None:
    assert is_expensive({"method": method, "path": path}) is expensive
