"""Fifty and a hundred users on one server as ``hab up`` runs it: API, one worker, one store.

Each user thinks for a second on average between two requests, and asks mostly for explained predictions; beside these
come tools on a dataset of 15,000 rows, cached questions to the chat, pages of the history, small uploads, and batches
of 100 rows, which are waited for. The users are one process of asyncio, whose share of a core is told. Before they
begin, every accident is asked for once, so that the 4,096 explanations which the API remembers are there as after hours
of use. The slope of the memory is the line of least squares after the first quarter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.accidents import csv
from benchmarks.figures import Aim, options, print_aims, print_table, progress, quantile, say
from benchmarks.load.users import TOOLS_ROWS
from benchmarks.machine import sampled
from benchmarks.stack import Hab, running_hab, service_kinds, upload

PREDICTION_P95_MS = 300.0
GRACE_SECONDS = 120.0
_WARM_UP = 0.25


def main() -> None:
    """Runs every number of users on each kind of services."""
    parser = options("load", __doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--seconds", type=int, default=300)
    given = parser.parse_args()
    for kind in service_kinds():
        for users in given.users:
            with running_hab(kind) as hab:
                measure(hab, f"{kind}, {users} users", users, given.seconds)


def measure(hab: Hab, title: str, users: int, seconds: int) -> None:
    """Lets the users work and prints what they met."""
    with hab.client() as client:
        dataset_id = upload(client, csv(TOOLS_ROWS))
    progress(f"{title}: {seconds} s")
    with sampled(hab.memory) as samples:
        found = _users(hab.address, dataset_id, users, seconds)
    times: dict[str, list[float]] = found["times"]
    failures: dict[str, list[str]] = found["failures"]
    count = sum(map(len, times.values()))
    say(f"**{title}**, {seconds} s: {count / seconds:.0f} requests/s; the users took {found['cpu']:.0%} of a core.")
    rows = []
    for kind, taken in times.items():
        quantiles = [quantile(taken, share) for share in (0.5, 0.95, 0.99)]
        rows.append((kind, len(taken), len(failures.get(kind, [])), *quantiles))
    print_table(["", "requests", "failures", "p50 ms", "p95 ms", "p99 ms"], rows)
    _print_memory(samples)
    for kind, messages in failures.items():
        say(f"{kind}: {'; '.join(dict.fromkeys(messages[:20]))}")
    print_aims(
        Aim("failures", sum(map(len, failures.values())), 0),
        Aim("p95 of a prediction", quantile(times["prediction"], 0.95), PREDICTION_P95_MS, "ms"),
    )


def _users(address: str, dataset_id: str, users: int, seconds: int) -> dict[str, Any]:
    """Runs the users in a process of their own and returns what it printed."""
    given = {"address": address, "dataset_id": dataset_id, "users": users, "seconds": seconds}
    command = [sys.executable, "-m", "benchmarks.load.users", json.dumps(given)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + GRACE_SECONDS)
    return dict(json.loads(done.stdout))


def _print_memory(samples: list[tuple[float, dict[str, float]]]) -> None:
    """Prints what each part held at the beginning, at most and at the end, and how it grew."""
    settled = samples[int(len(samples) * _WARM_UP) :]
    rows = []
    for role in settled[-1][1]:
        seconds = np.array([moment for moment, found in settled if role in found])
        held = np.array([found[role] for _, found in settled if role in found])
        slope = float(np.polyfit(seconds, held, 1)[0]) * 60 if len(held) > 2 else float("nan")
        rows.append((role, held[0].item(), held.max().item(), held[-1].item(), f"{slope:+.2f}"))
    print_table(["memory", "after the warm-up, MB", "at most, MB", "at the end, MB", "slope, MB/min"], rows)


if __name__ == "__main__":
    main()
