"""Files of 28 columns through HTTP, from the first byte sent to the answer, and the memory of the API meanwhile.

Receiving ends with the last byte sent; then the file is read, profiled and stored. Growth is against the memory before
the file, after a first small one; *kept* is what is left some seconds after the answer, when the allocator has given
back what it no longer needs.
"""

from __future__ import annotations

import io
import statistics
import time
from typing import NamedTuple

import httpx

from benchmarks import machine
from benchmarks.datasets.data import wide_csv
from benchmarks.figures import MB, Aim, options, print_aims, print_table, progress
from benchmarks.machine import peak_of, rss_of
from benchmarks.stack import EMBEDDED, Hab, running_hab, upload

BYTES_A_ROW = 277
AIMS = {5: 0.7, 50: 3.0}
"""Seconds that a file of so many MB may take."""
RECEIVING_MB = 100.0
SETTLED = 11.0


class Measured(NamedTuple):
    """Seconds of one upload, and how far memory grew: while it was received, at most, and for good, MB."""

    seconds: float
    receiving: float
    peak: float
    kept: float


class _Body(io.BytesIO):
    """A file that notes the most memory of a process while it is read."""

    def __init__(self, content: bytes, pid: int) -> None:
        """Watches ``pid``."""
        super().__init__(content)
        self._pid = pid
        self.receiving = 0.0

    def read(self, size: int | None = -1) -> bytes:
        """Returns the next piece."""
        self.receiving = peak_of(self._pid)
        return super().read(size)


def main() -> None:
    """Prints one line for each size."""
    parser = options("uploads", __doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[5, 10, 50])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rows, aims = [], []
    with running_hab(EMBEDDED, environment={"MAX_UPLOAD_MB": "100"}) as hab, hab.client() as client:
        upload(client, wide_csv(100, "utf-8"))
        for megabytes in given.megabytes:
            content = wide_csv(megabytes * MB // BYTES_A_ROW, "utf-8")
            found = []
            for number in range(given.rounds):
                progress(f"{len(content) / MB:.1f} MB, round {number + 1} of {given.rounds}")
                found.append(measure(hab, client, content))
            middle = Measured(*(statistics.median(column) for column in zip(*found, strict=True)))
            rows.append((f"{len(content) / MB:.1f} MB", *middle))
            aims.append(Aim(f"{megabytes} MB: growth while receiving", middle.receiving, RECEIVING_MB, "MB"))
            if megabytes in AIMS:
                aims.append(Aim(f"{megabytes} MB: from request to answer", middle.seconds, AIMS[megabytes], "s"))
    print_table(["file", "s", "receiving, + MB", "at most, + MB", f"after {SETTLED:.0f} s, + MB"], rows)
    print_aims(*aims)


def measure(hab: Hab, client: httpx.Client, content: bytes) -> Measured:
    """Uploads a file and deletes it again."""
    (pid,) = hab.pids()["API"][:1]
    machine.forget_peak(pid)
    before = rss_of(pid)
    body = _Body(content, pid)
    began = time.perf_counter()
    answer = client.post("/api/datasets/upload", files={"file": ("사고.csv", body)})
    seconds = time.perf_counter() - began
    answer.raise_for_status()
    peak = peak_of(pid)
    time.sleep(SETTLED)
    client.delete(f"/api/datasets/{answer.json()['id']}").raise_for_status()
    return Measured(seconds, body.receiving - before, peak - before, rss_of(pid) - before)


if __name__ == "__main__":
    main()
