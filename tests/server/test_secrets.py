"""Secrets are told to nobody: not in logs at DEBUG, the database, Redis, the metrics, answers, process arguments."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from sqlalchemy import make_url

from hab_client import HabClient
from hab_client.errors import Unauthorized
from hab_server.processes import descendants
from tests.accidents import ACCIDENT
from tests.running import Command, command_line, home_with_model, wait_until

TOKEN = "t0ken-of-the-server-6a1f0c"
DATABASE_PASSWORD = "geheim-database-93ab"
REDIS_PASSWORD = "geheim-redis-71cd"
ROLE = "hab_secrets_test"
ANTHROPIC_KEY = "sk-ant-api03-geheim-key-5e5e"


@pytest.fixture
def database_url(postgres_dsn: str) -> Iterator[str]:
    """The test's schema with a role that has a password (which a server that trusts this machine does not ask for)."""
    url = make_url(postgres_dsn)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as admin:
        admin.execute(f"DROP ROLE IF EXISTS {ROLE}")
        admin.execute(f"CREATE ROLE {ROLE} SUPERUSER LOGIN PASSWORD '{DATABASE_PASSWORD}'")
        try:
            yield url.set(username=ROLE, password=DATABASE_PASSWORD).render_as_string(False)
        finally:
            admin.execute(f"REASSIGN OWNED BY {ROLE} TO CURRENT_USER; DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


@pytest.fixture
def redis_with_password(redis_url: str) -> Iterator[str]:
    """The test's Redis through a user of its own with a password."""
    address = redis.connection.parse_url(redis_url)
    with redis.Redis.from_url(redis_url) as admin:
        admin.flushdb()
        admin.acl_setuser(ROLE, enabled=True, passwords=[f"+{REDIS_PASSWORD}"], keys=["*"], commands=["+@all"])
        try:
            yield f"redis://{ROLE}:{REDIS_PASSWORD}@{address['host']}:{address['port']}/{address.get('db', 0)}"
        finally:
            admin.acl_deluser(ROLE)
            admin.flushdb()


@pytest.fixture
def up(tmp_path: Path, database_url: str, redis_with_password: str) -> Iterator[Command]:
    """A guarded ``hab up`` on PostgreSQL and Redis that logs everything."""
    home = home_with_model(tmp_path)
    command = Command(
        home,
        "up",
        "--no-ui",
        DATABASE_URL=database_url,
        REDIS_URL=redis_with_password,
        HAB_API_TOKEN=TOKEN,
        LOG_LEVEL="DEBUG",
        RATE_LIMIT_PER_MINUTE="1000",
        BACKEND_WORKERS="2",
    )
    try:
        wait_until(command.answers)
        yield command
    finally:
        command.process.terminate()
        command.ends()


def used(up: Command, tmp_path: Path) -> list[str]:
    """Uses every part, with and without the token; returns what was answered and the token of a share link."""
    answers = []
    table = tmp_path / "table.csv"
    table.write_text("구,건수\n수성구,1\n달서구,2\n", encoding="utf-8")
    with HabClient(up.url, token=TOKEN) as client:
        client.eclo.predict(**ACCIDENT)
        client.eclo.predict_batch([ACCIDENT] * 3).wait()
        share = client.datasets.upload(table).share()
        answers += [repr(client), repr(vars(client)), repr(vars(client._transport))]
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Anthropic-API-Key": ANTHROPIC_KEY}
    for path in ("/metrics", "/health", "/openapi.json", "/api/predictions", "/nothing"):
        answers.append(httpx.get(up.url + path, headers=headers).text)
    answers.append(httpx.get(f"{up.url}/api/shared/{share.token}?again").text)
    answers.append(httpx.post(f"{up.url}/api/predict/eclo", content=b"{", headers=headers).text)
    answers.append(httpx.post(f"{up.url}/api/shared/{share.token}", headers=headers).text)
    answers.append(httpx.get(f"{up.url}/api/datasets", headers={"Authorization": f"Bearer {TOKEN}x"}).text)
    with HabClient(up.url) as stranger, pytest.raises(Unauthorized) as refused:
        list(stranger.datasets.list())
    return [*answers, repr(refused.value), str(share.token)]


def arguments_of(processes: list[int]) -> bytes:
    """The command lines of processes; their environments are their owner's alone."""
    return "\n".join(map(command_line, processes)).encode()


@pytest.mark.postgres
@pytest.mark.redis
def test_no_secret_is_told(
    up: Command,
    tmp_path: Path,
    redis_url: str,
    postgres_dsn: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    *answers, share_token = used(up, tmp_path)
    arguments = arguments_of([up.process.pid, *descendants(up.process.pid)])
    assert b"hab_server" in arguments
    with redis.Redis.from_url(redis_url) as connection:
        kept = b"".join(key + (connection.dump(key) or b"") for key in connection.keys("*"))
    assert b"hab:workers" in kept
    url = make_url(postgres_dsn).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url) as connection:
        tables = [
            row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        ]
        rows = "".join(str(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables)  # type: ignore[arg-type]
    assert "수성구" in rows
    logs = "".join(log.read_text() for log in (up.home / "logs").iterdir())
    assert '"level": "debug"' in logs
    told = {
        "answers": "\n".join(answers).encode(),
        "arguments": arguments,
        "Redis": kept,
        "PostgreSQL": rows.encode(),
        "logs": logs.encode(),
        "output": up.output().encode(),
        "client's log": caplog.text.encode(),
    }
    secrets = (TOKEN, DATABASE_PASSWORD, REDIS_PASSWORD, share_token, ANTHROPIC_KEY)
    found = {(place, secret) for place, text in told.items() for secret in secrets if secret.encode() in text}
    assert found == set()
    environment = Path(f"/proc/{up.process.pid}/environ")
    assert environment.stat().st_uid == os.geteuid()
