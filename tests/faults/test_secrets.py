"""Keys, passwords and tokens that pass through a server at its most talkative are found nowhere afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from tests.accidents import ACCIDENT
from tests.running import Command, wait_until
from tests.server.api.uploading import upload
from tests.server.own_postgres import OwnPostgres

KEY = "sk-ant-api03-neverseen1234567890"
PASSWORD = "neverseen-password"
BEARER = "neverseen-bearer"


@pytest.fixture
def places(home: Path, postgres_url: str) -> Iterator[tuple[Command, Path]]:
    """A server at DEBUG on a PostgreSQL with a password, and the folder of that PostgreSQL."""
    postgres = OwnPostgres()
    try:
        postgres.start()
        url = make_url(postgres.dsn).set(password=PASSWORD).render_as_string(hide_password=False)
        command = Command(home, "serve", DATABASE_URL=url, LOG_LEVEL="DEBUG")
        try:
            wait_until(command.answers)
            yield command, postgres.folder
        finally:
            command.clear()
    finally:
        postgres.remove()


def holding(folder: Path, *secrets: str) -> list[str]:
    """The files of a folder in which one of the secrets stands, and which."""
    files = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return [f"{name}: {secret}" for name, content in files.items() for secret in secrets if secret.encode() in content]


@pytest.mark.postgres
def test_nothing_secret_stays(places: tuple[Command, Path], home: Path) -> None:
    server, database = places
    headers = {"X-Anthropic-API-Key": KEY, "Authorization": f"Bearer {BEARER}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        dataset = upload(client)
        token = client.post(f"/api/datasets/{dataset['id']}/share").json()["token"]
        answers = [
            client.get(f"/api/shared/{token}"),
            client.get("/api/shared/" + token[:-1]),
            client.post("/api/predict/eclo", json=ACCIDENT),
            client.post("/api/predict/eclo", json={"weather": KEY}),
            client.post("/api/predict/eclo/batch", json={"accidents": [ACCIDENT]}),
            client.get("/api/nothing", params={"serviceKey": BEARER}),
            client.get("/health"),
        ]
        metrics = client.get("/metrics").text
    server.process.terminate()
    server.ends()
    written = server.output() + metrics
    assert "request" in written
    for secret in (KEY, PASSWORD, BEARER, token, token[:-1]):
        assert secret not in written, secret
    told = "".join(answer.text for answer in answers[:3] + answers[4:])
    assert not any(secret in told for secret in (KEY, PASSWORD, BEARER, token))
    assert holding(home, KEY, PASSWORD, BEARER, token) == []
    assert holding(database, KEY, PASSWORD, BEARER, token) == []
