"""Power cuts and dead databases: nothing that was acknowledged is lost, and everything works again afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from hab_core.errors import DatabaseUnavailable
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine, ping, store_errors
from hab_server.store.patience import PatientConnection, lift_patience
from hab_server.store.writer import GroupCommitWriter
from tests.server.own_postgres import OwnPostgres
from tests.server.store.rows import single, stored_ids

ROOT = Path(__file__).resolve().parents[3]
WRITES_FOR_EVER = """
import asyncio
from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine
from hab_server.store.writer import GroupCommitWriter
from tests.server.store.rows import single

async def user(writer):
    while True:
        row = single()
        await writer.write(row)
        print(row["id"], flush=True)

async def main():
    writer = GroupCommitWriter(create_store_engine(Settings()))
    writer.start()
    await asyncio.gather(*(user(writer) for _ in range(20)))

asyncio.run(main())
"""


def writing_process(settings: Settings) -> subprocess.Popen[str]:
    environment = {**os.environ, "HAB_HOME": str(settings.hab_home)}
    if settings.database_url is not None:
        environment["DATABASE_URL"] = settings.database_url.get_secret_value()
    command = [sys.executable, "-c", WRITES_FOR_EVER]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_process_killed_while_it_writes_loses_nothing_it_acknowledged(
    store_settings: Settings, engine: Engine
) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        process = writing_process(store_settings)
        assert process.stdout is not None
        for _ in range(500):
            acknowledged.append(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].splitlines(keepends=True)
        acknowledged += [line.strip() for line in rest if line.endswith("\n")]
    assert len(acknowledged) >= 1500
    assert set(acknowledged) <= stored_ids(engine)
    ping(engine)


@pytest.fixture
def server_engine(tmp_path: Path, own_postgres: OwnPostgres) -> Iterator[Engine]:
    settings = Settings(hab_home=tmp_path, database_url=own_postgres.dsn)
    migrate.upgrade(settings)
    engine = create_store_engine(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(server_engine: Engine) -> Iterator[GroupCommitWriter]:
    writer = GroupCommitWriter(server_engine)
    writer.start()
    yield writer
    writer.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Returns when a condition holds; fails where it does not in time."""
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.001)


async def outcomes(writer: GroupCommitWriter, ids: list[str]) -> list[BaseException | None]:
    return await asyncio.gather(*(writer.write(single(one)) for one in ids), return_exceptions=True)


def ids(word: str, count: int = 20) -> list[str]:
    return [f"pred_{word}{number:03}" for number in range(count)]


@pytest.mark.postgres
def test_a_killed_server_is_unavailable_and_comes_back_with_everything(
    own_postgres: OwnPostgres, server_engine: Engine, writer: GroupCommitWriter
) -> None:
    assert asyncio.run(outcomes(writer, ids("before"))) == [None] * 20
    own_postgres.kill()
    for _ in range(3):
        assert [type(found) for found in asyncio.run(outcomes(writer, ids("while")))] == [DatabaseUnavailable] * 20
        with pytest.raises(DatabaseUnavailable):
            ping(server_engine)
    own_postgres.start()
    assert asyncio.run(outcomes(writer, ids("after"))) == [None] * 20
    ping(server_engine)
    assert stored_ids(server_engine) == {*ids("before"), *ids("after")}


@pytest.mark.postgres
def test_a_server_killed_under_load_keeps_what_it_acknowledged(
    own_postgres: OwnPostgres, server_engine: Engine, writer: GroupCommitWriter
) -> None:
    acknowledged: set[str] = set()
    refused, over = 0, False

    async def user(name: int) -> None:
        nonlocal refused
        count = 0
        while not over:
            row = single(f"pred_{name}n{count}")
            count += 1
            try:
                await writer.write(row)
            except DatabaseUnavailable:
                refused += 1
                await asyncio.sleep(0.01)
            else:
                acknowledged.add(row["id"])

    async def load() -> None:
        nonlocal over
        users = asyncio.gather(*(user(name) for name in range(20)))
        await until(lambda: len(acknowledged) > 100)
        await asyncio.to_thread(own_postgres.kill)
        await until(lambda: refused > 0)
        await asyncio.to_thread(own_postgres.start)
        before = len(acknowledged)
        await until(lambda: len(acknowledged) > before)
        over = True
        await users

    asyncio.run(load())
    assert refused > 0
    assert acknowledged <= stored_ids(server_engine)


@pytest.mark.postgres
def test_a_server_that_hangs_keeps_nobody_waiting(
    own_postgres: OwnPostgres, server_engine: Engine, writer: GroupCommitWriter
) -> None:
    assert asyncio.run(outcomes(writer, ids("before"))) == [None] * 20
    own_postgres.freeze()
    try:
        for _ in range(2):
            found = asyncio.run(outcomes(writer, ids("while")))
            assert [type(one) for one in found] == [DatabaseUnavailable] * 20
    finally:
        own_postgres.thaw()
    assert asyncio.run(until_written(writer, "pred_after")) is None
    assert {*ids("before"), "pred_after"} <= stored_ids(server_engine)


@pytest.mark.postgres
def test_a_statement_at_work_when_the_server_hangs_ends_too(own_postgres: OwnPostgres, server_engine: Engine) -> None:
    with server_engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.connection.dbapi_connection.patience = 0.5  # type: ignore[union-attr]
        own_postgres.freeze()
        try:
            with pytest.raises(DatabaseUnavailable), store_errors():
                connection.execute(text("SELECT 1"))
        finally:
            own_postgres.thaw()
    ping(server_engine)


@pytest.mark.postgres
@pytest.mark.parametrize(("limit", "patience"), [("5s", 7.0), ("0", None)])
def test_patience_follows_the_limit_of_the_address(
    tmp_path: Path, postgres_url: str, limit: str, patience: float | None
) -> None:
    address = make_url(postgres_url).update_query_dict({"options": f"-c statement_timeout={limit}"})
    engine = create_store_engine(
        Settings(hab_home=tmp_path, database_url=address.render_as_string(hide_password=False))
    )
    for _ in range(2):
        with engine.connect() as connection:
            assert isinstance(connection.connection.dbapi_connection, PatientConnection)
            assert connection.connection.dbapi_connection.patience == patience
            lift_patience(connection)
            assert connection.connection.dbapi_connection.patience is None
    engine.dispose()


async def until_written(writer: GroupCommitWriter, prediction_id: str) -> None:
    """Writes as soon as the server has caught up with what it was sent before it hung."""
    while True:
        try:
            return await writer.write(single(prediction_id))
        except DatabaseUnavailable:
            await asyncio.sleep(0.1)
