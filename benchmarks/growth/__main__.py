"""The history with a thousand predictions and with a million, many datasets, and tools on longer tables.

Predictions and datasets are written to the database as the server writes them, then asked for over HTTP; a deep page
begins where nine tenths of the history are passed. Tools run on Parquet in this process; the last column is how many
times as long the longest table takes as the shortest. Medians.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
from sqlalchemy import Engine, func, select

from benchmarks.accidents import requests
from benchmarks.figures import Aim, elapsed_ms, medians_ms, options, print_aims, print_table, progress, quantile
from benchmarks.growth.filling import add_datasets, add_predictions
from benchmarks.stack import Hab, running_hab, service_kinds, temporary_home
from benchmarks.tools.__main__ import CALLS
from benchmarks.tools.data import synthetic
from hab_core.analysis.run import run_tool
from hab_core.datasets.profile import profile_table
from hab_core.datasets.storage import DatasetStore
from hab_server.store.cursors import encode_cursor
from hab_server.store.engine import create_store_engine, reading
from hab_server.store.predictions import PREDICTIONS

PREDICTED = 300
WARM_UP = 3
"""How often everything is asked before it counts: the first answers of a new server are its slowest."""
DATASETS = (10, 1_000)
FLAT = 3.0
"""How many times as long a page or a prediction may take beside the longest history as beside the shortest."""


def main() -> None:
    """Prints history and datasets on each kind of services, then the tools."""
    parser = options("growth", __doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000, 1_000_000], help="predictions stored")
    parser.add_argument("--tables", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="rows of tables")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    aims = []
    for kind in service_kinds():
        with running_hab(kind) as hab, hab.client() as client, engine_of(hab) as engine:
            aims += history(kind, client, engine, given.rows, given.rounds)
            many_datasets(kind, client, engine, given.rounds)
    print_aims(*aims)
    tools(given.tables, max(3, given.rounds // 3))


@contextlib.contextmanager
def engine_of(hab: Hab) -> Iterator[Engine]:
    """A connection to the database of a running HAB."""
    engine = create_store_engine(hab.settings)
    try:
        yield engine
    finally:
        engine.dispose()


def history(kind: str, client: httpx.Client, engine: Engine, sizes: list[int], rounds: int) -> list[Aim]:
    """Prints pages of the history and predictions while it grows, after a warm-up that is not counted."""
    rows: list[tuple[str, float, float, float, float]] = []
    for _ in range(WARM_UP):
        predictions(client)
        _get(client, "/api/predictions")
    for size in sorted(sizes):
        progress(f"{kind}: {size:,} predictions")
        add_predictions(engine, max(0, size - _count(engine)))
        cursor = deep_cursor(engine, size)
        pages = medians_ms(
            [lambda: _get(client, "/api/predictions"), lambda c=cursor: _get(client, "/api/predictions", cursor=c)],
            rounds,
        )
        rows.append((f"{size:,}", *pages, *predictions(client)))
    head = [f"{kind}: predictions stored", "first page, ms", "deep page, ms", "a prediction, p50 ms", "p99 ms"]
    print_table(head, rows)
    return [
        Aim(f"{kind}: {name}, {rows[-1][0]} to {rows[0][0]}", rows[-1][place] / rows[0][place], FLAT, "×")
        for place, name in enumerate(("first page", "deep page", "a prediction"), 1)
    ]


def predictions(client: httpx.Client) -> tuple[float, float]:
    """Returns p50 and p99 of predictions that one caller asks for, ms."""
    bodies = requests(PREDICTED, seed=5)
    url = "/api/predict/eclo?explain=false"
    client.post(url, json=bodies[0]).raise_for_status()
    taken = [elapsed_ms(lambda b=body: client.post(url, json=b).raise_for_status()) for body in bodies]
    return quantile(taken, 0.5), quantile(taken, 0.99)


def deep_cursor(engine: Engine, size: int) -> str:
    """Returns the cursor of the page where nine tenths of the history are passed."""
    with reading(engine) as connection:
        place = select(PREDICTIONS.c.id).order_by(PREDICTIONS.c.id).offset(size // 10).limit(1)
        return encode_cursor(connection.execute(place).scalar_one())


def many_datasets(kind: str, client: httpx.Client, engine: Engine, rounds: int) -> None:
    """Prints the first page of the datasets while they become more."""
    rows, there = [], 0
    for count in DATASETS:
        progress(f"{kind}: {count:,} datasets")
        add_datasets(engine, count - there)
        there = count
        (ms,) = medians_ms([lambda: _get(client, "/api/datasets")], rounds)
        rows.append((f"{count:,}", ms))
    print_table([f"{kind}: datasets", "first page, ms"], rows)


def tools(sizes: list[int], rounds: int) -> None:
    """Prints the medians of each tool on tables of several lengths."""
    found: dict[str, list[float]] = {}
    for size in sizes:
        progress(f"tools on {size:,} rows")
        with temporary_home() as folder:
            frame = synthetic(size)
            store = DatasetStore(folder)
            store.put("ds_benchmark", frame)
            table = store.table("ds_benchmark", profile_table(frame))
            del frame
            calls = [lambda n=name, a=arguments, t=table: run_tool(n, t, a) for name, arguments in CALLS.items()]
            for name, ms in zip(CALLS, medians_ms(calls, rounds), strict=True):
                found.setdefault(name, []).append(ms)
    head = ["tool, ms on", *(f"{size:,} rows" for size in sizes), f"{sizes[-1] / sizes[0]:,.0f} × the rows"]
    rows = [(name, *taken, f"{taken[-1] / taken[0]:.1f} ×") for name, taken in found.items()]
    print_table(head, rows)


def _count(engine: Engine) -> int:
    """Returns how many predictions are stored."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one())


def _get(client: httpx.Client, path: str, **query: str) -> None:
    client.get(path, params=query).raise_for_status()


if __name__ == "__main__":
    main()
