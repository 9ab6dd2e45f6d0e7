"""Compares the tools with pandas: ``python -m benchmarks.tools [--rows 500000] [--rounds 7] [--only TOOL …]``.

HAB scans Parquet at each call and returns the whole answer: typed result, JSON, text and picture. pandas returns bare
figures, from a table that is already in memory and, like for like, from a Parquet file of which it reads only the
columns it needs. They take turns, so that all meet the same load of the machine. pandas stores text best with pyarrow,
and reads Parquet with it: install it beside (``pip install pyarrow``) for the second comparison.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import polars as pl

from benchmarks.tools.data import synthetic
from benchmarks.tools.peers import NEEDED, PEERS
from hab_core.analysis.run import run_tool
from hab_core.datasets.profile import profile_table
from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table

Call = Callable[[], object]
RAIN = [
    {"column": "기상상태", "operator": "==", "value": "비"},
    {"column": "시군구", "operator": "contains", "value": "수성구"},
    {"column": "경상자수", "operator": ">=", "value": 1},
]
CALLS: dict[str, dict[str, Any]] = {
    "get_value_counts": {"column": "시군구"},
    "filter_dataframe": {"conditions": RAIN},
    "sort_dataframe": {"column": ["사망자수", "사고일시"]},
    "group_by_aggregate": {
        "group_by": ["시군구.구", "기상상태"], "value_column": "ECLO", "aggregate": ["mean", "sum", "count"]
    },
    "get_unique_values": {"column": "시군구"},
    "get_outliers": {"column": "교통량"},
    "calculate_percentile": {"column": "기온", "percentile": [10, 25, 50, 75, 90]},
    "cross_tabulation": {"columns": ["기상상태", "사고유형"]},
    "get_column_correlation_with_target": {"target_column": "ECLO"},
    "get_temporal_pattern": {"by": "hour", "value_column": "ECLO"},
}  # fmt: skip
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "get_correlation, spearman": ("get_correlation", {"method": "spearman"}),
    "get_value_counts, 구": ("get_value_counts", {"column": "시군구.구"}),
    "get_dataframe_info, under conditions": ("get_dataframe_info", {"conditions": RAIN}),
    "get_sample_rows, under conditions": ("get_sample_rows", {"conditions": RAIN}),
    "get_temporal_pattern, 수성구 in the rain": (
        "get_temporal_pattern",
        {"by": "hour", "conditions": [{"column": "시군구.구", "operator": "==", "value": "수성구"}, RAIN[0]]},
    ),
}


def main() -> None:
    """Writes the table, runs every comparison and prints the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tools", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=None, help="names of tools")
    options = parser.parse_args()
    frame = synthetic(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        store = DatasetStore(folder)
        store.put("ds_benchmark", frame)
        table = store.table("ds_benchmark", profile_table(frame))
        file = Path(folder, "pandas.parquet")
        frame.write_parquet(file, compression="zstd")
        theirs = Pandas.of(frame, file)
        print(f"{options.rows:,} rows x {frame.width} columns; pandas {pd.__version__}, "
              f"pyarrow {'there' if theirs.file else 'not there'}\n")  # fmt: skip
        del frame
        compare(table, theirs, options.rounds, options.only)


class Pandas(NamedTuple):
    """The table as pandas has it: in memory, and as a Parquet file where pyarrow is there to read it."""

    table: pd.DataFrame
    file: Path | None

    @classmethod
    def of(cls, frame: pl.DataFrame, file: Path) -> Pandas:
        """Returns the table in memory, text as pandas' own type for it."""
        columns = {name: series.to_list() if series.dtype == pl.String else series.to_numpy()
                   for name, series in frame.to_dict().items()}  # fmt: skip
        return cls(pd.DataFrame(columns), file if find_spec("pyarrow") else None)

    def read(self, name: str) -> pd.DataFrame:
        """Returns the columns that an analysis needs, read from the file."""
        return pd.read_parquet(self.file, columns=NEEDED.get(name))


def compare(table: Table, theirs: Pandas, rounds: int, only: list[str] | None) -> None:
    """Prints one line a tool: medians in ms, and how many times as fast as pandas HAB is."""
    header = ["tool", "HAB ms", "pandas in memory ms", "ratio"]
    header += ["pandas from Parquet ms", "ratio"] if theirs.file else []
    print(f"| {' | '.join(header)} |\n|{' --- |' * len(header)}")
    found: list[list[float]] = []
    for name, peer in PEERS.items():
        if only and name not in only:
            continue
        calls: list[Call] = [lambda n=name: run_tool(n, table, CALLS.get(n, {})), lambda p=peer: p(theirs.table)]
        calls += [lambda p=peer, n=name: p(theirs.read(n))] if theirs.file else []
        taken = medians(calls, rounds)
        ratios = [each / taken[0] for each in taken[1:]]
        found.append([taken[0], *ratios])
        cells = " | ".join(f"{ms:.1f} | {ratio:.1f}x" for ms, ratio in zip(taken[1:], ratios, strict=True))
        print(f"| {name} | {taken[0]:.1f} | {cells} |", flush=True)
    for label, (name, arguments) in OTHERS.items():
        if not only or name in only:
            (ours,) = medians([lambda n=name, a=arguments: run_tool(n, table, a)], rounds)
            print(f"| {label} | {ours:.1f} |{' - |' * (len(header) - 2)}", flush=True)
    least = [f"{min(column):.2f}x" for column in list(zip(*found, strict=True))[1:]]
    print(f"\nslowest {max(each[0] for each in found):.1f} ms; least ratios: {', '.join(least)}")


def medians(calls: list[Call], rounds: int) -> list[float]:
    """Returns the medians in ms of calls that take turns, after one call each that is not counted."""
    taken: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(rounds):
        for call, times in zip(calls, taken, strict=True):
            started = time.perf_counter()
            call()
            times.append((time.perf_counter() - started) * 1000)
    return [statistics.median(times) for times in taken]


if __name__ == "__main__":
    main()
