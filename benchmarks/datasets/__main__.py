"""Synthetic accidents of 28 columns, read by HAB and by pandas in one process; medians, without HTTP.

HAB reads (encoding, separator, types by the whole file), profiles and stores as Parquet; pandas is given the encoding
and reads only, or reads and describes. They take turns; the growth of memory is measured in a process of its own, and
what is kept of it after the allocator has settled.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from benchmarks.datasets.data import wide_csv
from benchmarks.figures import MB, Call, medians_ms, options, print_table, progress
from benchmarks.machine import forget_peak, peak_of, rss_of
from benchmarks.stack import temporary_home
from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.datasets.storage import DatasetStore

READING = "pandas: read"
SETTLED = 11
"""Seconds after which the allocator of polars returns what it no longer uses."""


def main() -> None:
    """Prints one table for each size and encoding."""
    parser = options("datasets", __doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 186_000])
    parser.add_argument("--memory-of", nargs=2, metavar=("FILE", "WHO"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        print(json.dumps(_growth(Path(given.memory_of[0]), given.memory_of[1])))
        return
    for rows in given.rows:
        for encoding in ("utf-8", "cp949"):
            progress(f"{rows:,} rows, {encoding}")
            compare(wide_csv(rows, encoding), encoding, given.rounds)


def compare(data: bytes, encoding: str, rounds: int) -> None:
    """Times one file and prints the medians, their ratio to pandas, and the growth of memory."""
    with temporary_home() as folder:
        ways = _ways(data, encoding, DatasetStore(folder))
        medians = dict(zip(ways, medians_ms(list(ways.values()), rounds), strict=True))
    grown = _memory_of_each(data, encoding)
    rows = [
        (name, ms / 1000, ms / medians[READING], *grown.get(name, ("", ""))) for name, ms in medians.items()
    ]  # fmt: skip
    title = f"{len(data) / MB:.1f} MB, {encoding}"
    print_table([title, "s", "× pandas reading", "memory: peak, MB", f"kept after {SETTLED} s, MB"], rows)


def _memory_of_each(data: bytes, encoding: str) -> dict[str, tuple[float, float]]:
    """Returns how far memory grows at most and for good, MB, by what was done."""
    with temporary_home() as folder:
        path = Path(folder, encoding)
        path.write_bytes(data)
        found = {}
        for name, who in (("HAB: read, profile, store", "hab"), (READING, "pandas")):
            command = [sys.executable, "-m", "benchmarks.datasets", "--memory-of", str(path), who]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name] = tuple(json.loads(done.stdout))
        return found


def _ways(data: bytes, encoding: str, store: DatasetStore) -> dict[str, Call]:
    """Returns what is compared, by name."""
    return {
        "HAB: read, profile, store": lambda: _upload(data, store),
        "HAB: read, profile": lambda: profile_table(read_csv(data)[0]),
        "HAB: read": lambda: read_csv(data),
        READING: lambda: pd.read_csv(io.BytesIO(data), encoding=encoding),
        "pandas: read, describe": lambda: pd.read_csv(io.BytesIO(data), encoding=encoding).describe(include="all"),
    }


def _upload(data: bytes, store: DatasetStore) -> None:
    """Does with a file what an upload does."""
    frame, _ = read_csv(data)
    profile_table(frame)
    store.put("ds_benchmark", frame)


def _growth(path: Path, who: str) -> tuple[float, float]:
    """Returns how far memory grew while a file was read, and how much is kept once the allocator has settled, MB."""
    own = os.getpid()
    read_csv(b"warm,up\n1,2\n") if who == "hab" else pd.read_csv(io.BytesIO(b"warm,up\n1,2\n"))
    forget_peak(own)
    before = rss_of(own)
    if who == "hab":
        with temporary_home() as folder:
            _upload(path.read_bytes(), DatasetStore(folder))
    else:
        pd.read_csv(path, encoding=path.name)
    peak = peak_of(own)
    time.sleep(SETTLED)
    if who == "hab":
        read_csv(b"warm,up\n1,2\n")  # the allocator of polars gives back when it is used again
    return peak - before, rss_of(own) - before


if __name__ == "__main__":
    main()
