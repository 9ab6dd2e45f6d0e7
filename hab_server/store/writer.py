"""Group commit: rows that arrive together are made durable together, and only then are their callers answered.

A commit waits for the disk. One commit per request makes every request wait its turn; one commit for all that arrived
meanwhile costs each of them hardly more than the disk's own time.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from hab_core.errors import DatabaseUnavailable
from hab_server.store.bulk import BulkInsert
from hab_server.store.engine import is_duplicate, store_errors
from hab_server.store.predictions import PREDICTIONS

CAPACITY: Final = 10_000
"""Rows that may wait; more are refused at once."""
BATCH: Final = 500
"""Most rows of one transaction."""
STALL_SECONDS: Final = 2.5
"""A commit that takes longer counts as failed, whatever becomes of it."""
_WATCH_SECONDS: Final = 0.25
_FRESH_SECONDS: Final = 1.0
"""How long an unused connection is trusted without asking the database."""
_DRAIN_SECONDS: Final = 8.0
log = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    """A row and the caller who waits for it."""

    row: Mapping[str, Any]
    future: asyncio.Future[None]


class GroupCommitWriter:
    """Writes prediction rows from any number of event loops by one thread.

    A caller is answered within three seconds: after the commit, or by ``DatabaseUnavailable``. After a failure the next
    rows are simply tried again, so the writer recovers with the database.
    """

    def __init__(self, engine: Engine, *, capacity: int = CAPACITY, batch: int = BATCH) -> None:
        """Prepares a writer; nothing runs before :meth:`start`.

        Args:
            engine: The database.
            capacity: Rows that may wait before more are refused.
            batch: Most rows of one transaction.
        """
        self._rows = _RowWriter(engine)
        self._capacity = capacity
        self._batch = batch
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._accepts = False
        self._stopping = threading.Event()
        self._in_hand: tuple[float, list[_Waiting]] | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Starts the writing thread, and one that watches it for a commit that never returns."""
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._write_until_stopped, name="hab-store-writer", daemon=True),
            threading.Thread(target=self._watch_until_stopped, name="hab-store-watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._accepts = True

    def stop(self) -> None:
        """Writes what waits, refuses what comes after, and ends the threads."""
        if not self._accepts:
            return
        self._accepts = False
        self._queue.put(None)
        self._threads[0].join(_DRAIN_SECONDS)
        self._stopping.set()
        self._threads[1].join()
        _fail(self._drain(), DatabaseUnavailable)

    async def write(self, row: Mapping[str, Any]) -> None:
        """Returns once the row, a mapping of column names to values, is durable.

        A caller that is cancelled before its row is taken up leaves no row behind.

        Raises:
            DatabaseUnavailable: the database fails, too many rows wait, or the writer does not run.
            sqlalchemy.exc.SQLAlchemyError: the row itself is wrong, e.g. its id is there already.
        """
        if not self._accepts or self._queue.qsize() >= self._capacity:
            raise DatabaseUnavailable
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(row, future))
        await future

    async def write_once(self, row: Mapping[str, Any]) -> None:
        """Does as :meth:`write`; a row that an earlier try has stored under the same id is as good as written."""
        try:
            await self.write(row)
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            log.info("a row was stored by an earlier try", extra={"prediction_id": row["id"]})

    def _write_until_stopped(self) -> None:
        """The writing thread: takes what has arrived, writes it, answers, and again."""
        stopped = False
        while not stopped:
            batch, stopped = self._take()
            batch = [waiting for waiting in batch if not waiting.future.cancelled()]
            if batch:
                self._in_hand = (time.monotonic(), batch)
                self._write(batch)
                self._in_hand = None
        self._rows.close()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Returns what has arrived, waiting for the first row, and whether the end was reached."""
        batch: list[_Waiting] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == self._batch:
                return batch, False
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _write(self, batch: list[_Waiting]) -> bool:
        """Writes a batch and answers its callers; returns whether the database was there."""
        try:
            self._rows.write([waiting.row for waiting in batch])
        except DatabaseUnavailable:
            # Those who arrived meanwhile have waited as long for the same database.
            late = self._drain()
            log.warning("rows not stored: the database is unavailable", extra={"rows": len(batch) + len(late)})
            _fail(batch + late, DatabaseUnavailable)
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller of the row
            self._write_singly(batch, error)
        else:
            _answer(batch, _succeed_all)
        return True

    def _write_singly(self, batch: list[_Waiting], error: Exception) -> None:
        """Writes the rows of a batch that one of them spoilt, so that only that one fails."""
        if len(batch) == 1:
            _fail(batch, lambda: error)
            return
        for position, waiting in enumerate(batch, start=1):
            if not self._write([waiting]):
                _fail(batch[position:], DatabaseUnavailable)
                return

    def _watch_until_stopped(self) -> None:
        """The watching thread: while a commit is stuck, nobody waits for it beyond the limit."""
        while not self._stopping.wait(_WATCH_SECONDS):
            in_hand = self._in_hand
            if in_hand is not None and time.monotonic() - in_hand[0] > STALL_SECONDS:
                _fail(in_hand[1] + self._drain(), DatabaseUnavailable)

    def _drain(self) -> list[_Waiting]:
        """Takes everything that waits, and leaves the mark of the end where it was found."""
        found: list[_Waiting] = []
        while True:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return found
            if waiting is None:
                self._queue.put(None)
                return found
            found.append(waiting)


class _RowWriter:
    """Inserts rows on a connection kept open between transactions, which saves asking for it every time."""

    def __init__(self, engine: Engine) -> None:
        """Prepares the insert; connects at the first row."""
        self._insert = BulkInsert(PREDICTIONS, engine.dialect)
        # One statement is a transaction of its own on PostgreSQL: no round trips for BEGIN and COMMIT.
        options = {"isolation_level": "AUTOCOMMIT"} if engine.dialect.name == "postgresql" else {}
        self._engine = engine.execution_options(**options)
        self._connection: Connection | None = None
        self._used = 0.0

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts and commits the rows.

        Raises:
            DatabaseUnavailable: the database fails.
        """
        with store_errors():
            connection = self._connected()
            try:
                with connection.begin():
                    self._insert(connection, rows)
            except BaseException:
                self.close()
                raise
            self._used = time.monotonic()

    def close(self) -> None:
        """Gives the connection back to the pool, which keeps it where it still works."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> Connection:
        """Returns the connection; one that was idle goes through the pool again, which asks whether it still works."""
        if time.monotonic() - self._used > _FRESH_SECONDS:
            self.close()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection


def _fail(batch: list[_Waiting], error: Callable[[], Exception]) -> None:
    """Gives every caller an error of its own."""

    def fail_all(futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if not future.done():
                future.set_exception(error())

    _answer(batch, fail_all)


def _succeed_all(futures: list[asyncio.Future[None]]) -> None:
    """Wakes those who still wait."""
    for future in futures:
        if not future.done():
            future.set_result(None)


def _answer(batch: list[_Waiting], answer: Callable[[list[asyncio.Future[None]]], None]) -> None:
    """Answers the callers of a batch, waking each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiting in batch:
        by_loop.setdefault(waiting.future.get_loop(), []).append(waiting.future)
    for loop, futures in by_loop.items():
        try:
            loop.call_soon_threadsafe(answer, futures)
        except RuntimeError:  # the loop was closed: nobody waits there any more
            log.warning("answers for a closed event loop", extra={"rows": len(futures)})
