"""Many rows in one go, with as little Python work per row as each database allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Table

Row = Mapping[str, Any]
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat).encode


class BulkInsert:
    """Inserts rows into one table, all or none.

    Values are converted by the column types. A column that a row does not name becomes NULL, defaults of the table do
    not apply, names that are no column are ignored.

    SQLite gets one prepared statement for all rows. PostgreSQL gets all rows as one JSON document in one statement: one
    round trip, a quarter of the processor time of a statement per row, and atomic without a transaction around it.
    """

    def __init__(self, table: Table, dialect: Dialect) -> None:
        """Prepares the statement and the conversions."""
        self._converters = [
            (column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.columns
        ]
        self._as_document = dialect.name == "postgresql"
        names = ", ".join(_quoted(column.name) for column in table.columns)
        if self._as_document:
            types = ", ".join(f"{_quoted(column.name)} {column.type.compile(dialect)}" for column in table.columns)
            source = f"SELECT {names} FROM json_to_recordset(%s::json) AS given({types})"  # noqa: S608 - names of our own tables
        else:
            source = f"VALUES ({', '.join('?' * len(self._converters))})"
        self._statement = f"INSERT INTO {_quoted(table.name)} ({names}) {source}"

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Inserts the rows.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refuses them; none is inserted once the transaction ends.
        """
        if not rows:
            return
        if self._as_document:
            columns = self._converters
            document = [{name: to(row.get(name)) if to else row.get(name) for name, to in columns} for row in rows]
            connection.exec_driver_sql(self._statement, (_encode(document),))
        else:
            connection.exec_driver_sql(self._statement, [self._values(row) for row in rows])

    def _values(self, row: Row) -> tuple[Any, ...]:
        """Returns a row's values in the order of the columns, as the driver takes them."""
        return tuple([to(row.get(name)) if to else row.get(name) for name, to in self._converters])


def _quoted(name: str) -> str:
    return f'"{name}"'
