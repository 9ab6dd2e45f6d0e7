"""Compares the tools with pandas: ``python -m benchmarks.tools [--rows 500000] [--rounds 7] [--only TOOL …]``.

pandas works on a table that is already in memory and returns bare figures. HAB scans Parquet at each call and returns
the whole answer: typed result, JSON, text and picture. The two take turns, so that both meet the same load of the
machine. pandas stores text best with pyarrow; it is used where it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pandas as pd

from benchmarks.tools.data import synthetic
from benchmarks.tools.peers import PEERS
from hab_core.analysis.run import run_tool
from hab_core.datasets.profile import profile_table
from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table

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
    theirs = pd.DataFrame({name: frame[name].to_list() if frame[name].dtype.is_(frame["시군구"].dtype)
                           else frame[name].to_numpy() for name in frame.columns})  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        store = DatasetStore(folder)
        store.put("ds_benchmark", frame)
        table = store.table("ds_benchmark", profile_table(frame))
        text = theirs["시군구"].dtype
        print(f"{options.rows:,} rows x {frame.width} columns; pandas {pd.__version__}, text as {text!r}, "
              f"pyarrow {'there' if find_spec('pyarrow') else 'not there'}\n")  # fmt: skip
        del frame
        compare(table, theirs, options.rounds, options.only)


def compare(table: Table, theirs: pd.DataFrame, rounds: int, only: list[str] | None) -> None:
    """Prints one line a tool: medians in ms, and how many times as fast as pandas HAB is."""
    print("| tool | HAB ms | pandas ms | ratio |\n| --- | --- | --- | --- |")
    slowest, least = 0.0, float("inf")
    for name, peer in PEERS.items():
        if only and name not in only:
            continue
        ours, other = medians(lambda n=name: run_tool(n, table, CALLS.get(n, {})), lambda p=peer: p(theirs), rounds)
        slowest, least = max(slowest, ours), min(least, other / ours)
        print(f"| {name} | {ours:.1f} | {other:.1f} | {other / ours:.1f}x |", flush=True)
    for label, (name, arguments) in OTHERS.items():
        if not only or name in only:
            ours, _ = medians(lambda n=name, a=arguments: run_tool(n, table, a), None, rounds)
            print(f"| {label} | {ours:.1f} | - | - |", flush=True)
    print(f"\nslowest {slowest:.1f} ms, least ratio {least:.2f}x")


def medians(ours: Callable[[], object], theirs: Callable[[], object] | None, rounds: int) -> tuple[float, float]:
    """Returns the medians in ms of calls that take turns, after one call each that is not counted."""
    calls = [ours] + ([theirs] if theirs is not None else [])
    taken: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(rounds):
        for call, times in zip(calls, taken, strict=True):
            started = time.perf_counter()
            call()
            times.append((time.perf_counter() - started) * 1000)
    found = [statistics.median(times) for times in taken]
    return found[0], found[1] if len(found) > 1 else float("nan")


if __name__ == "__main__":
    main()
