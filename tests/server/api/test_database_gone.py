"""The database goes away and comes back under a running server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from hab_server.settings import Settings
from tests.accidents import ACCIDENT
from tests.running import wait_until
from tests.server.api.conftest import RECOVERS_WITHIN, serving
from tests.server.own_postgres import OwnPostgres

URL = "/api/predict/eclo"
LIMIT = httpx.Timeout(4.0)
"""Longer than the three seconds that the server takes at most, shorter than a hanging one."""


@pytest.mark.postgres
def test_a_killed_database_is_a_503_and_nothing_answered_is_lost(own_postgres: OwnPostgres, tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / "home", database_url=own_postgres.dsn)
    with serving(settings) as client:
        answered = [client.post(URL, json=ACCIDENT).json()["prediction_id"] for _ in range(5)]
        own_postgres.kill()
        refused = client.post(URL, json=ACCIDENT, timeout=LIMIT)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "database_unavailable"
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/health/live", timeout=LIMIT).status_code == 200
        wait_until(lambda: client.get("/health/ready", timeout=LIMIT).status_code == 503, RECOVERS_WITHIN)
        assert client.get("/api/predictions", timeout=LIMIT).json()["error"]["code"] == "database_unavailable"
        assert client.get("/api/model", timeout=LIMIT).status_code == 200
        own_postgres.start()
        wait_until(lambda: client.post(URL, json=ACCIDENT, timeout=LIMIT).status_code == 200, RECOVERS_WITHIN)
        wait_until(lambda: client.get("/health/ready", timeout=LIMIT).status_code == 200, RECOVERS_WITHIN)
        stored = {item["prediction_id"] for item in client.get("/api/predictions?limit=200").json()["items"]}
        assert set(answered) <= stored


@pytest.mark.postgres
def test_a_frozen_database_is_a_503_for_readers_and_writers_and_thaws(
    own_postgres: OwnPostgres, tmp_path: Path
) -> None:
    """Its connections stay and its machine acknowledges what arrives, but nobody answers."""
    settings = Settings(hab_home=tmp_path / "home", database_url=own_postgres.dsn)
    with serving(settings) as client:
        answered = client.post(URL, json=ACCIDENT).json()["prediction_id"]
        assert client.get("/api/predictions").status_code == 200
        own_postgres.freeze()
        try:
            for _ in range(2):
                for request in (
                    client.build_request("GET", "/api/predictions"),
                    client.build_request("POST", URL, json=ACCIDENT),
                ):
                    refused = client.send(request)
                    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database_unavailable")
                assert client.get("/health/live").status_code == 200
            wait_until(lambda: client.get("/health/ready").status_code == 503, RECOVERS_WITHIN)
        finally:
            own_postgres.thaw()
        wait_until(lambda: client.post(URL, json=ACCIDENT).status_code == 200, RECOVERS_WITHIN)
        wait_until(lambda: client.get("/health/ready").status_code == 200, RECOVERS_WITHIN)
        assert answered in {item["prediction_id"] for item in client.get("/api/predictions?limit=200").json()["items"]}


@pytest.mark.postgres
def test_a_server_that_starts_before_its_database_serves_when_it_comes(
    own_postgres: OwnPostgres, tmp_path: Path
) -> None:
    own_postgres.kill()
    settings = Settings(hab_home=tmp_path / "home", database_url=own_postgres.dsn)
    with serving(settings, ready=False) as client:
        assert client.get("/health/live", timeout=LIMIT).status_code == 200
        assert client.get("/health/ready", timeout=LIMIT).status_code == 503
        own_postgres.start()
        wait_until(lambda: client.post(URL, json=ACCIDENT, timeout=LIMIT).status_code == 200, RECOVERS_WITHIN)
