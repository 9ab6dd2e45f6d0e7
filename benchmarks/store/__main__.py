"""A commit per write against a group commit: 50 callers at once, each waits until its row is durable.

Run ``python -m benchmarks.store``; with ``TEST_DATABASE_URL`` PostgreSQL is measured too, in a schema of its own.
Rounds are interleaved; read the ratio, for the figures themselves depend on the disk and on what else the machine does.

The peer is the usual way: a ``Session`` of SQLModel that adds one object and commits, in the 40 threads that a web
framework gives to plain functions.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, func, make_url, select, text
from sqlmodel import Session

from hab_core.schemas.common import utc_now
from hab_core.schemas.eclo import EcloInterval, EcloScore
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.store.engine import create_store_engine
from hab_server.store.ids import new_id
from hab_server.store.predictions import PREDICTIONS, prediction_values
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


@dataclass(frozen=True)
class Measured:
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
    cuts = statistics.quantiles(waits, n=100)
    return Measured(len(waits) / took, 1e6 * cpu / len(waits), 1e3 * cuts[49], 1e3 * cuts[98])


def compare(name: str, settings: Settings, rounds: int, seconds: float) -> None:
    """Prints both ways side by side on one database."""
    migrate.upgrade(settings)
    engine = create_store_engine(settings)
    found: dict[str, list[Measured]] = {"commit per write": [], "group commit": []}
    for _ in range(rounds):
        for way, opened in (("commit per write", commit_per_write), ("group commit", group_commit)):
            with opened(engine) as write:
                found[way].append(asyncio.run(measure(write, seconds)))
    empty = asyncio.run(measure(nothing, seconds / 2)).cpu
    print(f"\n{name}: {CALLERS} callers, medians of {rounds} rounds; a caller itself costs {empty:.0f} µs")
    print(f"{'':18}{'rows/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs/row':>12}")
    for way, each in found.items():
        rate, p50, p99, cpu = (statistics.median(getattr(m, f) for m in each) for f in ("rate", "p50", "p99", "cpu"))
        print(f"{way:18}{rate:9.0f}{p50:9.2f}{p99:9.2f}{cpu - empty:12.0f}")
    pairs = zip(found["group commit"], found["commit per write"], strict=True)
    print("ratio of rows/s, round by round:", " ".join(f"{group.rate / single.rate:.1f}" for group, single in pairs))
    with engine.connect() as connection:
        print("rows stored:", connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one())
    engine.dispose()


@contextmanager
def postgres_schema(address: str) -> Iterator[str]:
    """An empty schema that goes with the run."""
    schema = f"bench_{uuid.uuid4().hex}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            url = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


def main() -> None:
    """Measures SQLite and, where it is named, PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        embedded = Settings(hab_home=home, database_url=None)
        compare("SQLite, synchronous=FULL", embedded, options.rounds, options.seconds)
        if address := os.environ.get("TEST_DATABASE_URL"):
            with postgres_schema(address) as dsn:
                compare("PostgreSQL", Settings(hab_home=home, database_url=dsn), options.rounds, options.seconds)


if __name__ == "__main__":
    main()
