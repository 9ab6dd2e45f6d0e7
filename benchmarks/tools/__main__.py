"""Each analysis tool beside pandas on a table of 28 columns; medians.

HAB scans Parquet at each call and returns the whole answer: typed result, JSON, text and picture. pandas returns bare
figures, from a table that is already in memory and, like for like, from a Parquet file of which it reads only the
columns it needs; that comparison is made where pyarrow is installed.
"""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import polars as pl

from benchmarks.figures import Aim, Call, medians_ms, options, print_aims, print_table, progress, say
from benchmarks.tools.data import synthetic
from benchmarks.tools.peers import NEEDED, PEERS
from hab_core.analysis.run import run_tool
from hab_core.datasets.profile import profile_table
from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table

SLOWEST_MS = 200.0
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
    parser = options("tools", __doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=None, help="names of tools")
    given = parser.parse_args()
    progress(f"making {given.rows:,} rows")
    frame = synthetic(given.rows)
    with tempfile.TemporaryDirectory() as folder:
        store = DatasetStore(folder)
        store.put("ds_benchmark", frame)
        table = store.table("ds_benchmark", profile_table(frame))
        file = Path(folder, "pandas.parquet")
        frame.write_parquet(file, compression="zstd")
        theirs = Pandas.of(frame, file)
        say(f"{given.rows:,} rows × {frame.width} columns; pandas {pd.__version__}.")
        del frame
        compare(table, theirs, given.rounds, given.only)


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
    header = ["tool", "HAB ms", "pandas in memory ms", "×", *(["pandas from Parquet ms", "×"] if theirs.file else [])]
    rows: list[list[object]] = []
    slowest = 0.0
    for name, peer in PEERS.items():
        if only and name not in only:
            continue
        progress(name)
        calls: list[Call] = [lambda n=name: run_tool(n, table, CALLS.get(n, {})), lambda p=peer: p(theirs.table)]
        calls += [lambda p=peer, n=name: p(theirs.read(n))] if theirs.file else []
        ours, *others = medians_ms(calls, rounds)
        slowest = max(slowest, ours)
        rows.append([name, ours, *chain.from_iterable((each, each / ours) for each in others)])
    for label, (name, arguments) in OTHERS.items():
        if not only or name in only:
            (ours,) = medians_ms([lambda n=name, a=arguments: run_tool(n, table, a)], rounds)
            rows.append([label, ours, *["–"] * (len(header) - 2)])
    print_table(header, rows)
    print_aims(Aim("the slowest of the tools", slowest, SLOWEST_MS, "ms"))


if __name__ == "__main__":
    main()
