"""A server meets a database of another version: an older one is brought up with what is in it, a newer one refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from hab_core.schemas.common import utc_now
from hab_server.probe import complaint
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine, transaction
from hab_server.store.predictions import insert_predictions
from tests.accidents import ACCIDENT
from tests.running import Command, ask, wait_until
from tests.server.own_postgres import OwnPostgres

Start = Callable[..., Command]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def environment(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Where the database is: in the home, or on a PostgreSQL of the test's own."""
    if request.param == "sqlite":
        yield {}
        return
    request.getfixturevalue("postgres_url")
    server = OwnPostgres()
    try:
        server.start()
        yield {"DATABASE_URL": server.dsn}
    finally:
        server.remove()


@pytest.fixture
def start(home: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts ``hab`` commands on that database; kills at the end what still runs."""
    started: list[Command] = []

    def run(*arguments: str, **more: str) -> Command:
        started.append(Command(home, *arguments, **environment, **more))
        return started[-1]

    yield run
    for command in started:
        command.clear()


@pytest.fixture
def settings(home: Path, environment: dict[str, str]) -> Settings:
    return Settings(hab_home=home, database_url=environment.get("DATABASE_URL"))


def change(settings: Settings, *statements: str) -> None:
    """Changes the database behind HAB's back."""
    engine = create_store_engine(settings)
    with transaction(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def old_prediction() -> dict[str, Any]:
    """A row as the first version stored it."""
    features = {**ACCIDENT, "occurred_at": "2019-05-01T08:00:00", "day_of_week": "수요일", "time_period": "출근시간대"}
    figures = {
        "eclo": 4.5,
        "low": 1.0,
        "high": 9.0,
        "percentile": 50.0,
        "interpretation": "일반",
        "model_version": "0.1",
    }
    return {"id": "pred_old", "created_at": utc_now(), "features": features, "warnings": [], **figures}


def test_an_old_database_is_brought_up_with_what_is_in_it(settings: Settings, start: Start) -> None:
    migrate.upgrade(settings, "0001")
    engine = create_store_engine(settings)
    with transaction(engine) as connection:
        insert_predictions(connection, [old_prediction()])
    engine.dispose()
    servers = [start("serve"), start("serve")]  # two at once: one migrates, the other waits
    for server in servers:
        wait_until(server.answers)
        stored = httpx.get(f"{server.url}/api/predictions").json()["items"]
        assert [(item["prediction_id"], item["eclo"]) for item in stored] == [("pred_old", 4.5)]
        assert httpx.get(f"{server.url}/api/datasets").json()["items"] == []
    assert migrate.current(settings) == migrate.head()


def test_a_newer_database_is_refused_in_one_line(settings: Settings, start: Start) -> None:
    migrate.upgrade(settings)
    change(settings, "UPDATE alembic_version SET version_num = '9999'")
    for arguments in (("up", "--no-ui"), ("worker",), ("db", "upgrade")):
        command = start(*arguments)
        assert command.ends() == 1
        said = [line for line in command.output().splitlines() if not line.startswith("{")]
        assert len(said) == 1
        assert "더 새로운 버전의 HAB" in said[0]
        assert "9999" in said[0]
    doctor = start("doctor", "--json")
    doctor.ends()
    assert "9999" in doctor.output()


def test_a_server_on_a_newer_database_lives_is_not_ready_and_says_why(settings: Settings, start: Start) -> None:
    migrate.upgrade(settings)
    change(settings, "UPDATE alembic_version SET version_num = '9999'")
    server = start("serve")
    wait_until(lambda: ask(f"{server.url}/health/live")[0] == 200)
    status, body = ask(f"{server.url}/health/ready")
    assert (status, body["error"]["code"]) == (503, "database_unavailable")
    wait_until(lambda: "더 새로운 버전의 HAB" in complaint(ask(f"{server.url}/health/ready")[1]))
    change(settings, f"UPDATE alembic_version SET version_num = '{migrate.head()}'")
    wait_until(server.answers)
