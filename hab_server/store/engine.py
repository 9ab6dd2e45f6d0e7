"""The database: one engine for SQLite and PostgreSQL, transactions, and failures turned into HAB's own.

Time limits add up to at most three seconds: one for a free connection and two for the database itself, or one for a
server that stopped answering and two for connecting to it anew.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy.exc
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

from hab_core.errors import DatabaseUnavailable, InvalidInput
from hab_server.settings import Settings
from hab_server.store.patience import limit_patience

POOL_TIMEOUT: Final = 1.0
"""Seconds to wait for a free connection of the pool."""
CONNECT_TIMEOUT: Final = 2
"""Seconds to wait for PostgreSQL to accept a connection; libpq knows no shorter limit."""
LOCK_TIMEOUT_MS: Final = 2_000
"""Milliseconds to wait for a lock that another connection holds."""
_STATEMENT_TIMEOUT_MS: Final = 10_000
_IDLE_IN_TRANSACTION_MS: Final = 60_000

_PRAGMAS: Final = (f"busy_timeout={LOCK_TIMEOUT_MS}", "foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY")
_READ_ONLY: Final = "hab_read_only"

_SQLITE_DOWN: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
"""SQLite's primary result codes that say something of the file or the disk, not of the statement."""
_POSTGRES_DOWN: Final = ("08", "28", "3D", "40", "53", "55", "57", "58", "XX", "25006", "25P03", "42P01")
"""SQLSTATE classes: connection, authentication, database name, rollback, resources, locks, operator, system, damage;
then a server that became read-only, a transaction that idled too long, a table that no migration has made yet."""
_SQLITE_NOT_MIGRATED: Final = "no such table"
_SQLITE_DUPLICATE: Final = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
_POSTGRES_DUPLICATE: Final = "23505"


def create_store_engine(settings: Settings) -> Engine:
    """Returns an engine for the database of the settings; ``HAB_HOME`` is made where it is missing.

    Transactions on SQLite start with ``BEGIN IMMEDIATE``, so that one that reads before it writes never fails halfway;
    :func:`reading` starts one that takes no lock.

    Raises:
        InvalidInput: ``DATABASE_URL`` is neither PostgreSQL nor a SQLite file.
        DatabaseUnavailable: the folder of the SQLite file cannot be made.
    """
    url = _address(settings)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, settings.database_pool_size)
    return _postgres_engine(url, settings.database_pool_size)


def sqlite_file(settings: Settings) -> Path | None:
    """Returns the SQLite file of the settings, or None where the store is PostgreSQL."""
    url = _address(settings)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def ping(engine: Engine) -> None:
    """Asks the database for an answer.

    Raises:
        DatabaseUnavailable: there is none.
    """
    with reading(engine) as connection:
        connection.execute(text("SELECT 1")).scalar_one()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Opens a transaction that may write; commits at the end, rolls back on an exception.

    Raises:
        DatabaseUnavailable: the database fails, see :func:`store_errors`.
    """
    with store_errors(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Opens a transaction that only reads: it waits for no writer, and no writer waits for it.

    Raises:
        DatabaseUnavailable: the database fails, see :func:`store_errors`.
    """
    with store_errors(), engine.execution_options(**{_READ_ONLY: True}).connect() as connection:
        yield connection


@contextmanager
def store_errors() -> Iterator[None]:
    """Turns failures of the database into ``DatabaseUnavailable``; mistakes in a statement or its data pass through.

    Raises:
        DatabaseUnavailable: no connection, no free connection in time, a lock held for too long, a full or read-only
            disk, a damaged file. The driver's failure is its cause.
    """
    try:
        yield
    except (sqlalchemy.exc.TimeoutError, sqlalchemy.exc.DBAPIError) as error:
        if is_unavailable(error):
            raise DatabaseUnavailable from error
        raise


def is_unavailable(error: BaseException) -> bool:
    """Whether an error of SQLAlchemy says that the database cannot serve now."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        return True
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, sqlalchemy.exc.InterfaceError):
        return True
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        code = getattr(driver, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code in _SQLITE_DOWN or str(driver).startswith(_SQLITE_NOT_MIGRATED)
    state = getattr(driver, "sqlstate", None)
    if state is None:
        return isinstance(error, sqlalchemy.exc.OperationalError)
    return str(state).startswith(_POSTGRES_DOWN)


def is_duplicate(error: BaseException) -> bool:
    """Whether an error of SQLAlchemy says that a row of this key is there already."""
    driver = error.orig if isinstance(error, sqlalchemy.exc.IntegrityError) else None
    code = getattr(driver, "sqlite_errorcode", None)
    return code in _SQLITE_DUPLICATE or getattr(driver, "sqlstate", None) == _POSTGRES_DUPLICATE


def _address(settings: Settings) -> URL:
    """Returns the parsed address; its text may hold a password, so no message repeats it."""
    try:
        url = make_url(settings.database_dsn)
        name = url.get_backend_name()
    except (sqlalchemy.exc.ArgumentError, ValueError):
        name = ""
    if name in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if name == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite")
    raise InvalidInput.of(
        "DATABASE_URL", "DATABASE_URL을 읽을 수 없습니다. 예: postgresql+psycopg://사용자@호스트:5432/데이터베이스"
    )


def _sqlite_engine(url: URL, pool_size: int) -> Engine:
    """Returns an engine on a SQLite file in WAL mode, durable at every commit."""
    try:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable("데이터베이스 폴더를 만들 수 없습니다. HAB_HOME의 권한을 확인해주세요.") from error
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": LOCK_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Takes transactions out of the driver's hands and sets what SQLite forgets at every new connection."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    _switch_to_wal(connection)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Turns WAL on; SQLite does not wait for its busy timeout here, so two processes at a fresh file need the loop."""
    last_try = time.monotonic() + LOCK_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last_try:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Starts a transaction: with the write lock at once, unless it only reads.

    SQLite's own waiting sleeps ever longer, up to 100 ms: among several writers the one that has waited most comes
    last, and fails. Short sleeps of random length give each the same chance at every turn.
    """
    if connection.get_execution_options().get(_READ_ONLY, False):
        connection.exec_driver_sql("BEGIN")
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        if not _took_write_lock(cursor):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try: its failure is the one that is told
    finally:
        cursor.execute(f"PRAGMA busy_timeout={LOCK_TIMEOUT_MS}")
        cursor.close()


def _took_write_lock(cursor: Any) -> bool:
    """Tries to begin until it works; returns False where another error or the end of the time came first."""
    last_try = time.monotonic() + LOCK_TIMEOUT_MS / 1000
    while time.monotonic() < last_try:
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            time.sleep(random.uniform(0.0005, 0.003))  # noqa: S311 - no secret
        else:
            return True
    return False


def _postgres_engine(url: URL, pool_size: int) -> Engine:
    """Returns an engine on PostgreSQL that notices a dead server within the time limits and comes back by itself."""
    limits = {
        "statement_timeout": _STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
    }
    own_options = url.query.get("options", "")  # stated in the address: they come last, so they win
    options = [*(f"-c {name}={value}" for name, value in limits.items())]
    options += [own_options] if isinstance(own_options, str) else list(own_options)
    engine = create_engine(
        url.difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "tcp_user_timeout": CONNECT_TIMEOUT * 1000,
            "keepalives_idle": 5,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "application_name": "hab",
            "options": " ".join(options).strip(),
        },
    )
    limit_patience(engine)
    return engine
