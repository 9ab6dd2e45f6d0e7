"""A commit per write against a group commit: 50 callers at once, without HTTP, each waits until its row is durable.

Rounds are interleaved; read the ratio, for the figures themselves depend on the disk. What the callers themselves cost
is measured alone and taken off the processor time of a row. SQLite runs with WAL and ``synchronous=FULL``.

The peer is the usual way: a ``Session`` of SQLModel that adds one object and commits, in the 40 threads that a web
framework gives to plain functions.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session

from benchmarks.figures import options, print_table, progress, quantile
from benchmarks.stack import postgres_schema, temporary_home
from hab_core.schemas.common import utc_now
from hab_core.schemas.eclo import EcloInterval, EcloScore
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine
from hab_server.store.ids import new_id
from hab_server.store.predictions import prediction_values
from hab_server.store.tables import PredictionRow
from hab_server.store.writer import GroupCommitWriter

CALLERS = 50
THREADS = 40
FEATURES = {
    "weather": "맑음",
    "road_surface": "건조",
    "road_type": "교차로 - 교차로안",
    "accident_type": "차대차",
    "district": "대구광역시 수성구 상동",
    "occurred_at": "2022-01-01T01:00",
    "day_of_week": "토요일",
    "time_period": "심야",
}
SCORE = EcloScore(
    eclo=4.12345, interval=EcloInterval(low=1.0, high=9.5), percentile=44.4, interpretation="일반", warnings=[]
)
Write = Callable[[dict[str, Any]], Awaitable[None]]


class Measured(NamedTuple):
    """Of one round: rows per second, processor µs of this process per row, p50 and p99 of a caller's wait, ms."""

    rate: float
    cpu: float
    p50: float
    p99: float


def a_row() -> dict[str, Any]:
    """Returns a prediction as the server stores it."""
    return prediction_values(new_id("pred"), SCORE, FEATURES, "2026.11", created_at=utc_now())


async def nothing(_row: dict[str, Any]) -> None:
    """Stores nothing: what the callers themselves cost."""
    await asyncio.sleep(0)


@contextmanager
def commit_per_write(engine: Engine) -> Iterator[Write]:
    """The usual way."""
    pool = ThreadPoolExecutor(THREADS)

    def add(row: dict[str, Any]) -> None:
        with Session(engine) as session:
            session.add(PredictionRow(**row))
            session.commit()

    async def write(row: dict[str, Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, add, row)

    yield write
    pool.shutdown()


@contextmanager
def group_commit(engine: Engine) -> Iterator[Write]:
    """HAB's way."""
    writer = GroupCommitWriter(engine)
    writer.start()
    yield writer.write
    writer.stop()


async def measure(write: Write, seconds: float) -> Measured:
    """Lets the callers write for a while."""
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def caller() -> None:
        while (start := time.perf_counter()) < end:
            await write(a_row())
            waits.append(time.perf_counter() - start)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Measured(len(waits) / took, 1e6 * cpu / len(waits), 1e3 * quantile(waits, 0.5), 1e3 * quantile(waits, 0.99))


def compare(name: str, settings: Settings, rounds: int, seconds: float) -> None:
    """Prints both ways side by side on one database."""
    migrate.upgrade(settings)
    engine = create_store_engine(settings)
    found: dict[str, list[Measured]] = {"commit per write": [], "group commit": []}
    for number in range(rounds):
        progress(f"{name}, round {number + 1} of {rounds}")
        for way, opened in (("commit per write", commit_per_write), ("group commit", group_commit)):
            with opened(engine) as write:
                found[way].append(asyncio.run(measure(write, seconds)))
    empty = asyncio.run(measure(nothing, seconds / 2)).cpu
    rows = []
    for way, each in found.items():
        rate, cpu, p50, p99 = (statistics.median(column) for column in zip(*each, strict=True))
        rows.append((f"{name}, {way}", rate, p50, p99, cpu - empty))
    pairs = zip(found["group commit"], found["commit per write"], strict=True)
    rows[1] += (statistics.median(group.rate / single.rate for group, single in pairs),)
    rows[0] += (1.0,)
    print_table(["way", "rows/s", "p50 ms", "p99 ms", "CPU µs/row", "× rows/s"], rows)
    engine.dispose()


def main() -> None:
    """Measures SQLite and, where it is named, PostgreSQL."""
    parser = options("store", __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    with temporary_home() as home:
        embedded = Settings(hab_home=home, database_url=None)
        compare("SQLite", embedded, given.rounds, given.seconds)
        if address := os.environ.get("TEST_DATABASE_URL"):
            with postgres_schema(address) as dsn:
                compare("PostgreSQL", Settings(hab_home=home, database_url=dsn), given.rounds, given.seconds)


if __name__ == "__main__":
    main()
