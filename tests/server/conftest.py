"""What tests of the server share: settings on a home of their own, and migrated databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine
from tests.server.own_postgres import OwnPostgres

STORES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the embedded default in a home of the test's own."""
    return Settings(hab_home=tmp_path / "home")


@pytest.fixture
def postgres_dsn(postgres_url: str) -> Iterator[str]:
    """The address of an empty PostgreSQL schema that goes with the test."""
    schema = f"test_{uuid.uuid4().hex}"
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(postgres_url).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
def postgres_settings(settings: Settings, postgres_dsn: str) -> Settings:
    """Settings with an empty PostgreSQL schema of the test's own."""
    return Settings(hab_home=settings.hab_home, database_url=postgres_dsn)


@pytest.fixture(params=STORES)
def store_settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings of each kind of database in turn; the database is empty."""
    if request.param == "sqlite":
        return settings
    found: Settings = request.getfixturevalue("postgres_settings")
    return found


@pytest.fixture
def own_postgres(postgres_url: str) -> Iterator[OwnPostgres]:
    """A running PostgreSQL server that the test may kill; skips where PostgreSQL tests are not asked for."""
    server = OwnPostgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def sqlite_engine(settings: Settings) -> Iterator[Engine]:
    """An engine on a migrated SQLite file."""
    yield from _migrated(settings)


@pytest.fixture
def postgres_engine(postgres_settings: Settings) -> Iterator[Engine]:
    """An engine on a migrated PostgreSQL schema."""
    yield from _migrated(postgres_settings)


@pytest.fixture
def engine(store_settings: Settings) -> Iterator[Engine]:
    """An engine on each kind of migrated database in turn."""
    yield from _migrated(store_settings)


def _migrated(settings: Settings) -> Iterator[Engine]:
    migrate.upgrade(settings)
    engine = create_store_engine(settings)
    yield engine
    engine.dispose()
