"""Connections to PostgreSQL that give up a server which keeps the line open and says nothing.

The server ends a slow statement by ``statement_timeout``, and TCP notices a machine that is gone. Neither helps where
the server's processes are stopped or its disk hangs: the kernel still acknowledges what arrives. So the client counts
too: a little longer than the server allows itself for a statement, and a second for the question, asked whenever a
connection is taken from the pool, whether anybody is there.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy import Connection, Engine, event

PING_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 2.0
_INTERVAL_SECONDS: Final = 0.1
_SERVER_LIMIT: Final = "SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'"


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose patience ends.

    Attributes:
        patience: Seconds that an answer may take now; None for any time.
        statement_patience: Seconds that the answer to a statement may take.
    """

    patience: float | None = None
    statement_patience: float | None = None

    def wait(self, gen: PQGen[Any], interval: float = _INTERVAL_SECONDS, timeout: float | None = None) -> Any:
        """Waits for an answer, as psycopg does, but not for ever.

        Raises:
            psycopg.OperationalError: There was none in time; the connection is closed, as nobody knows its state.
        """
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError("the server does not answer") from error


def limit_patience(engine: Engine) -> None:
    """Makes every connection of an engine on PostgreSQL a patient one."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", _expect_statements)
    event.listen(engine, "checkin", _expect_ping)


def lift_patience(connection: Connection) -> None:
    """Lets statements on a connection take any time, until it is given back; nothing on SQLite."""
    driver = connection.connection.dbapi_connection
    if isinstance(driver, PatientConnection):
        driver.patience = None


def _connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> PatientConnection:
    """Connects, and asks how long the server lets a statement take: an address may say something else than HAB."""
    connection = PatientConnection.connect(*arguments, **options)
    connection.patience = _GRACE_SECONDS
    row = connection.execute(_SERVER_LIMIT).fetchone()
    connection.rollback()
    if row is not None and row[0]:
        connection.statement_patience = row[0] / 1000 + _GRACE_SECONDS
    connection.patience = connection.statement_patience
    return connection


def _expect_statements(driver: Any, _record: Any, _proxy: Any) -> None:
    """Called when a connection was taken from the pool and has answered."""
    driver.patience = driver.statement_patience


def _expect_ping(driver: Any, _record: Any) -> None:
    """Called when a connection is given back: the next thing it is asked is whether it still works."""
    if driver is not None:
        driver.patience = PING_SECONDS
