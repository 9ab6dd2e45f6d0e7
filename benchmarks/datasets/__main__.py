"""Compares the way of an upload with pandas: ``python -m benchmarks.datasets [--rounds 5] [--rows 15000 186000]``.

HAB reads (encoding, separator, types by the whole file), profiles and stores as Parquet; pandas is given the encoding
and reads only, or reads and describes. They take turns inside one process, so that both meet the same load; the growth
of memory is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.datasets.data import wide_csv
from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.datasets.storage import DatasetStore

MB = 1_000_000
SETTLED = 11
"""Seconds after which the allocator of polars returns what it no longer uses."""


def main() -> None:
    """Prints one table for each size and encoding."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.datasets", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 186_000])
    parser.add_argument("--memory-of", nargs=2, metavar=("FILE", "WHO"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        print(_growth(Path(given.memory_of[0]), given.memory_of[1]))
        return
    for rows in given.rows:
        for encoding in ("utf-8", "cp949"):
            compare(wide_csv(rows, encoding), encoding, given.rounds)


def compare(data: bytes, encoding: str, rounds: int) -> None:
    """Times one file and prints the medians, their ratio to pandas, and the growth of memory."""
    ways = _ways(data, encoding)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    reading = statistics.median(taken["pandas: read"])
    print(f"\n{len(data) / MB:.1f} MB, {encoding}, {rounds} rounds")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"  {name:<32}{median:8.3f} s   min {min(seconds):.3f} s   x{median / reading:.2f} of pandas reading")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, encoding)
        path.write_bytes(data)
        for who in ("hab", "pandas"):
            command = [sys.executable, "-m", "benchmarks.datasets", "--memory-of", str(path), who]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            print(f"  memory, {who}: {done.stdout.strip()}")


def _ways(data: bytes, encoding: str) -> dict[str, Callable[[], object]]:
    """Returns what is compared, by name."""
    folder = tempfile.mkdtemp(prefix="hab-benchmark-")
    store = DatasetStore(folder)
    return {
        "HAB: read, profile, store": lambda: _upload(data, store),
        "HAB: read, profile": lambda: profile_table(read_csv(data)[0]),
        "HAB: read": lambda: read_csv(data),
        "pandas: read": lambda: pd.read_csv(io.BytesIO(data), encoding=encoding),
        "pandas: read, describe": lambda: pd.read_csv(io.BytesIO(data), encoding=encoding).describe(include="all"),
    }


def _upload(data: bytes, store: DatasetStore) -> None:
    """Does with a file what an upload does."""
    frame, _ = read_csv(data)
    profile_table(frame)
    store.put("ds_benchmark", frame)


def _growth(path: Path, who: str) -> str:
    """Returns how far memory grew while a file was read, and how much of it is kept once the allocator has settled."""
    read_csv(b"warm,up\n1,2\n") if who == "hab" else pd.read_csv(io.BytesIO(b"warm,up\n1,2\n"))
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    before = _memory("VmRSS")
    if who == "hab":
        with tempfile.TemporaryDirectory() as folder:
            _upload(path.read_bytes(), DatasetStore(folder))
    else:
        pd.read_csv(path, encoding=path.name)
    peak = _memory("VmHWM")
    time.sleep(SETTLED)
    read_csv(b"warm,up\n1,2\n")
    return f"peak +{peak - before:.0f} MB, kept after {SETTLED} s +{_memory('VmRSS') - before:.0f} MB"


def _memory(what: str) -> float:
    """Returns a figure of /proc/self/status, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(what))


if __name__ == "__main__":
    main()
