"""Both databases are set up to lose nothing, and every way to lose the database ends in the same error."""

from __future__ import annotations

import socket
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from hab_core.errors import DatabaseUnavailable, InvalidInput
from hab_server.settings import Settings
from hab_server.store import engine as engine_module
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine, ping, reading, transaction
from hab_server.store.predictions import insert_predictions, list_predictions
from tests.server.store.rows import add_job, single, stored_ids


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@contextmanager
def made(settings: Settings) -> Iterator[Engine]:
    engine = create_store_engine(settings)
    yield engine
    engine.dispose()


def test_sqlite_is_durable_and_checks_references(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        for connection in (first, second):
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "busy_timeout") == engine_module.LOCK_TIMEOUT_MS
            connection.rollback()


def test_the_home_is_made(tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / "not" / "yet")
    with made(settings) as engine:
        ping(engine)
    assert (tmp_path / "not" / "yet" / "hab.db").is_file()


def test_a_home_that_cannot_be_made_is_a_store_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable, match="HAB_HOME"):
        create_store_engine(Settings(hab_home=tmp_path / "file" / "home"))


@pytest.mark.postgres
def test_postgres_has_limits_and_keeps_the_address_s_own_options(postgres_settings: Settings) -> None:
    with made(postgres_settings) as engine, engine.connect() as connection:
        shown = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path")
        }
    assert shown["statement_timeout"] == "10s"
    assert shown["lock_timeout"] == "2s"
    assert shown["idle_in_transaction_session_timeout"] == "1min"
    assert shown["search_path"].startswith("test_")


def test_reading_waits_for_no_writer_and_no_writer_for_it(engine: Engine) -> None:
    with transaction(engine) as writer:
        insert_predictions(writer, [single("pred_1")])
        with reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM predictions")).scalar_one() == 0
    with reading(engine) as reader:
        reader.execute(text("SELECT count(*) FROM predictions"))
        with transaction(engine) as writer:
            insert_predictions(writer, [single("pred_2")])
    assert stored_ids(engine) == {"pred_1", "pred_2"}


def test_transactions_that_read_before_they_write_all_succeed(engine: Engine) -> None:
    add_job(engine)
    lock = " FOR UPDATE" if engine.dialect.name == "postgresql" else ""

    def count() -> None:
        for _ in range(10):
            with transaction(engine) as connection:
                seen = connection.execute(text(f"SELECT completed FROM jobs{lock}")).scalar_one()
                connection.execute(text("UPDATE jobs SET completed = :n"), {"n": seen + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT completed FROM jobs")).scalar_one() == 40


def test_an_exception_takes_everything_back(engine: Engine) -> None:
    def store_and_fail() -> None:
        with transaction(engine) as connection:
            insert_predictions(connection, [single()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store_and_fail()
    assert stored_ids(engine) == set()


def test_mistakes_pass_through(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_predictions(connection, [single("pred_1")])
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        insert_predictions(connection, [single("pred_1")])
    for statement in ("SELECT nothing FROM predictions", "SELEKT 1"):
        with pytest.raises(DBAPIError), reading(engine) as connection:
            connection.execute(text(statement))


def test_no_value_of_a_row_is_in_a_message(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as caught, transaction(engine) as connection:
        insert_predictions(connection, [single(model_version="secret" * 100), single(model_version=None)])
    assert "secretsecret" not in str(caught.value)


def test_a_lock_that_is_held_for_too_long(engine: Engine) -> None:
    lock = "SELECT 1" if engine.dialect.name == "sqlite" else "LOCK TABLE jobs"
    with transaction(engine) as holder:
        holder.execute(text(lock))
        with pytest.raises(DatabaseUnavailable):
            add_job(engine)
    add_job(engine)


def test_no_free_connection(settings: Settings, engine: Engine) -> None:
    held = [engine.connect() for _ in range(settings.database_pool_size)]
    with pytest.raises(DatabaseUnavailable):
        ping(engine)
    for connection in held:
        connection.close()
    ping(engine)


@pytest.mark.parametrize("limit", ["max_page_count=1", "query_only=ON"])
def test_a_full_or_read_only_disk_and_recovery(sqlite_engine: Engine, limit: str) -> None:
    limits = [limit]

    @event.listens_for(sqlite_engine, "checkout")
    def set_limit(connection: sqlite3.Connection, *_: object) -> None:
        for pragma in limits:
            connection.execute(f"PRAGMA {pragma}")

    rows = [single() for _ in range(200)]
    with pytest.raises(DatabaseUnavailable), transaction(sqlite_engine) as connection:
        insert_predictions(connection, rows)
    assert list_predictions(sqlite_engine, 10, None).items == []
    limits[:] = ["max_page_count=1000000", "query_only=OFF"]
    with transaction(sqlite_engine) as connection:
        insert_predictions(connection, rows)
    assert len(stored_ids(sqlite_engine)) == 200


def test_a_file_that_is_no_database(settings: Settings) -> None:
    settings.hab_home.mkdir()
    (settings.hab_home / "hab.db").write_bytes(b"not a database" * 1000)
    with made(settings) as engine, pytest.raises(DatabaseUnavailable):
        ping(engine)
    with pytest.raises(DatabaseUnavailable):
        migrate.upgrade(settings)
    (settings.hab_home / "hab.db").unlink()
    migrate.upgrade(settings)


def test_an_older_sqlite_file_that_another_program_reads_turns_to_wal(settings: Settings) -> None:
    settings.hab_home.mkdir()
    with closing(sqlite3.connect(settings.hab_home / "hab.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN")
        other.execute("SELECT * FROM t").fetchall()
        with made(settings) as engine, pytest.raises(DatabaseUnavailable):
            ping(engine)
        other.execute("COMMIT")
        with made(settings) as engine:
            ping(engine)


@pytest.mark.parametrize(
    "dsn", ["mysql://u:hunter2@h/d", "hunter2", "postgresql://u:hunter2@h:port/d", "sqlite://", "oracle://hunter2"]
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="DATABASE_URL") as caught:
        create_store_engine(Settings(hab_home=tmp_path, database_url=dsn))
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("prefix", ["postgresql", "postgresql+psycopg"])
def test_a_server_that_refuses_connections(tmp_path: Path, prefix: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    settings = Settings(hab_home=tmp_path, database_url=f"{prefix}://hab:hunter2@127.0.0.1:{port}/hab")
    with made(settings) as engine, pytest.raises(DatabaseUnavailable) as caught:
        ping(engine)
    shown = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in shown
    assert isinstance(caught.value.__cause__, OperationalError)
    with pytest.raises(DatabaseUnavailable):
        migrate.upgrade(settings)


def test_a_server_that_accepts_and_then_says_nothing(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"postgresql+psycopg://hab:hunter2@127.0.0.1:{silent.getsockname()[1]}/hab"
        with (
            made(Settings(hab_home=tmp_path, database_url=address)) as engine,
            pytest.raises(DatabaseUnavailable),
        ):
            ping(engine)


def test_a_database_that_is_not_migrated_yet_is_not_there(store_settings: Settings) -> None:
    engine = create_store_engine(store_settings)
    with pytest.raises(DatabaseUnavailable), transaction(engine) as connection:
        connection.execute(text("SELECT * FROM predictions"))
    engine.dispose()
