"""Share links: made, followed, revoked, expired; and nothing that is written down opens anything."""

from __future__ import annotations

import io
import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from hab_server.logs import configure_logging
from tests.server.api.uploading import upload


@pytest.fixture
def share(api: httpx.Client) -> dict[str, str]:
    """A fresh link to a fresh dataset."""
    response = api.post(f"/api/datasets/{upload(api)['id']}/share")
    assert response.status_code == 201
    return dict(response.json())


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The logs as a server writes them, everything included."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("DEBUG")
    yield written
    root.handlers, root.level = before


def change(home: Path, statement: str) -> None:
    """Changes the database behind the server's back."""
    with closing(sqlite3.connect(home / "hab.db")) as connection, connection:
        connection.execute(statement)


def test_who_has_the_link_sees_the_dataset(api: httpx.Client, share: dict[str, str]) -> None:
    assert share["url"] == f"http://localhost:8501/?share={share['token']}"
    assert len(share["token"]) >= 43
    response = api.get(f"/api/shared/{share['token']}")
    assert response.status_code == 200
    dataset = response.json()
    assert dataset["name"] == "구별.csv"
    assert len(dataset["column_profiles"]) == 3
    assert api.get(f"/api/datasets/{dataset['id']}/rows").status_code == 200


def test_a_link_works_for_seven_days(api: httpx.Client, share: dict[str, str]) -> None:
    detail = api.get(f"/api/shared/{share['token']}").json()
    assert share["expires_at"][:10] > detail["uploaded_at"][:10]


def test_a_revoked_link_is_gone(api: httpx.Client, share: dict[str, str]) -> None:
    url = f"/api/shares/{share['share_id']}"
    assert api.delete(url).json()["id"] == share["share_id"]
    assert api.delete(url).status_code == 200
    response = api.get(f"/api/shared/{share['token']}")
    assert response.status_code == 410
    assert response.json()["error"]["code"] == "share_link_expired"
    assert response.json()["error"]["message"] == "이 링크는 만료되었습니다"


def test_an_expired_link_is_gone(api: httpx.Client, share: dict[str, str], home: Path) -> None:
    change(home, f"UPDATE shares SET expires_at = '2020-01-01 00:00:00' WHERE id = '{share['share_id']}'")
    assert api.get(f"/api/shared/{share['token']}").status_code == 410


def test_a_link_to_a_deleted_dataset_has_expired(api: httpx.Client, share: dict[str, str]) -> None:
    dataset_id = api.get(f"/api/shared/{share['token']}").json()["id"]
    api.delete(f"/api/datasets/{dataset_id}")
    assert api.get(f"/api/shared/{share['token']}").status_code == 410


@pytest.mark.parametrize("token", ["unknown", "x" * 3000, "%00", "%2e%2e", "한글"])
def test_an_unknown_link_is_not_found(api: httpx.Client, token: str) -> None:
    response = api.get(f"/api/shared/{token}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("share_id", ["share_0", "ds_0", "%00"])
def test_an_unknown_link_cannot_be_revoked(api: httpx.Client, share_id: str) -> None:
    assert api.delete(f"/api/shares/{share_id}").status_code == 404


def test_answers_about_links_stay_where_they_are(api: httpx.Client, share: dict[str, str]) -> None:
    made = api.post(f"/api/datasets/{upload(api)['id']}/share")
    for response in (made, api.get(f"/api/shared/{share['token']}"), api.get("/api/shared/unknown")):
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"


def test_the_database_holds_no_token(share: dict[str, str], home: Path) -> None:
    stored = b"".join(file.read_bytes() for file in home.glob("hab.db*"))
    assert share["share_id"].encode() in stored
    assert share["token"].encode() not in stored


def test_the_logs_hold_no_token(api: httpx.Client, share: dict[str, str], logs: io.StringIO) -> None:
    token = share["token"]
    api.get(f"/api/shared/{token}")
    api.get(f"/api/shared/{token}?a=1")
    api.get(f"/api/shared/{token}/rows")
    api.post(f"/api/shared/{token}")
    api.delete(f"/api/shares/{share['share_id']}")
    api.get(f"/api/shared/{token}")
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "::1", "GET", f"/api/shared/{token}", "1.1", 410
    )
    written = logs.getvalue()
    assert "/api/shared/***" in written
    assert token not in written
    assert token not in api.get("/metrics").text
