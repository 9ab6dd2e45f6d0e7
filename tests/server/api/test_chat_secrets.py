"""The caller's key goes to Claude and stays nowhere: not in logs at DEBUG, the database, Valkey, files or answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import inspect, select

from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine, reading
from hab_server.store.tables import metadata
from tests.anthropic_service import Reply, StandIn, stand_in
from tests.running import Command, wait_until
from tests.server.api.chatting import COUNTS, body, table
from tests.server.api.uploading import upload

KEYS = ("sk-ant-api03-visible_in_no_place_0123", "anotherFormOfKey.4567")
"""The first is one that the logs would hide; the second they would not know for a key."""


@pytest.fixture
def claude() -> Iterator[StandIn]:
    """A stand-in for Anthropic's service that no other test has asked."""
    with stand_in() as running:
        yield running


def ask_in_every_way(api: httpx.Client, about: str, claude: StandIn, key: str) -> list[str]:
    """Asks for answers and failures of every kind; returns all that came back."""
    claude.say(
        Reply("", [COUNTS]), Reply("답입니다."), Reply("끊긴 답", cut_after=3), Reply(status=401), Reply(status=401),
        *[Reply(status=529)] * 3, Reply(status=404), Reply(status=400),
    )  # fmt: skip
    heads = {"X-Anthropic-API-Key": key, "Idempotency-Key": f"once-{key[:5]}"}
    came = [api.post("/api/chat/message", json=body(about, "하나"), headers=heads).text]
    for question in ("둘", "셋", "우주의 의미는?", "요일별 건수는?", "여섯", "일곱"):
        for path in ("stream", "message"):
            answer = api.post(f"/api/chat/{path}", json=body(about, question), headers={"X-Anthropic-API-Key": key})
            came.append(answer.text)
            came.append(str(answer.headers))
    for request in ({"dataset_id": about}, body("ds_0"), body(about, "")):
        came.append(api.post("/api/chat/message", json=request, headers={"X-Anthropic-API-Key": key}).text)
    return came


def test_the_key_is_nowhere(store_settings: Settings, claude: StandIn) -> None:
    home = store_settings.hab_home
    more = {} if store_settings.database_url is None else {"DATABASE_URL": store_settings.database_dsn}
    server = Command(home, "serve", LOG_LEVEL="DEBUG", ANTHROPIC_BASE_URL=claude.url, CHAT_TIMEOUT="20", **more)
    try:
        wait_until(server.answers)
        with httpx.Client(base_url=server.url, timeout=60) as api:
            about = str(upload(api, table())["id"])
            came = [text for key in KEYS for text in ask_in_every_way(api, about, claude, key)]
        assert {key for key in KEYS if f"Bearer {key}" in claude.keys} == set(KEYS)
        places = {"answers": "\n".join(came), "logs": server.output(), "database": stored(store_settings)}
        assert '"level": "debug"' in places["logs"]
        assert "API 키가 유효하지 않습니다" in places["answers"]
    finally:
        server.clear()
    places |= {str(path): path.read_bytes().decode("latin-1") for path in files(home)}
    assert any("appendonly" in name for name in places)
    for name, text in places.items():
        for key in KEYS:
            assert key not in text, name


def stored(settings: Settings) -> str:
    """Every value of every table."""
    engine = create_store_engine(settings)
    with reading(engine) as connection:
        known = set(inspect(connection).get_table_names())
        rows = [
            str(tuple(row)) for name, each in metadata.tables.items() if name in known
            for row in connection.execute(select(each))
        ]  # fmt: skip
    engine.dispose()
    assert any("끊긴" in row for row in rows)
    return "\n".join(rows)


def files(home: Path) -> list[Path]:
    """Every file of a home."""
    return [path for path in home.rglob("*") if path.is_file()]
