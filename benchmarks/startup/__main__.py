"""Cold starts of commands and processes, and the size of each extra.

Commands and imports are timed as whole processes against ``python -c pass`` of the same round. A server counts as
started when it answers ``/health/ready``, a worker when it is counted, the user interface when its page answers; each
starts in an empty home, so the time includes making the database. The sizes are those of the files of the installed
packages, each package with all that it needs; the few MB of HAB itself are missing where it is installed in place.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.figures import Aim, elapsed_ms, options, print_aims, print_table, progress
from benchmarks.stack import (
    EMBEDDED,
    HAB,
    free_port,
    running_hab,
    settings_of,
    started,
    temporary_home,
    wait_for_answer,
    wait_until,
)
from benchmarks.startup.size import EXTRAS, closure, installed_bytes
from hab_core.errors import QueueUnavailable
from hab_server.jobs.queue import JobQueue

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import typer": [sys.executable, "-c", "import typer"],
    "hab --help": [HAB, "--help"],
    "import httpx": [sys.executable, "-c", "import httpx"],
    "import hab_client, HabClient": [sys.executable, "-c", "import hab_client; hab_client.HabClient"],
}
UP_SECONDS = 30.0


def main() -> None:
    """Prints the three tables and the aims."""
    parser = options("startup", __doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    ratios = commands(rounds)
    up = processes(max(1, rounds // 3))
    sizes()
    print_aims(
        Aim("hab --help, to a bare interpreter", ratios["hab --help"], 8, "×"),
        Aim("import hab_client, to a bare interpreter", ratios["import hab_client, HabClient"], 25, "×"),
        Aim("hab up, ready", up, UP_SECONDS, "s"),
    )


def commands(rounds: int) -> dict[str, float]:
    """Prints medians of the commands; returns the medians of their ratios to the bare interpreter."""
    progress(f"commands, {rounds} rounds")
    taken = [{name: _milliseconds(command) for name, command in COMMANDS.items()} for _ in range(rounds + 1)][1:]
    ratios = {
        name: statistics.median(each[name] / each["python -c pass"] for each in taken) for name in COMMANDS
    }  # fmt: skip
    rows = [(name, statistics.median(each[name] for each in taken), ratios[name]) for name in COMMANDS]
    print_table(["a whole process", "ms", "× bare Python"], rows)
    return ratios


def _milliseconds(command: list[str]) -> float:
    """Returns the milliseconds that a command takes as a whole process."""
    return elapsed_ms(lambda: subprocess.run(command, check=True, capture_output=True))


def processes(rounds: int) -> float:
    """Prints medians of the starts of each process; returns that of ``hab up``."""
    starts = {
        "hab up --no-ui, ready": start_up,
        "hab serve, ready": start_server,
        "hab worker, counted": start_worker,
        "hab ui, its page answers": start_ui,
    }
    taken: dict[str, list[float]] = {name: [] for name in starts}
    for number in range(rounds):
        progress(f"processes, round {number + 1} of {rounds}")
        for name, start in starts.items():
            taken[name].append(start())
    print_table(["from the command to", "s"], [(name, statistics.median(each)) for name, each in taken.items()])
    return statistics.median(taken["hab up --no-ui, ready"])


def start_up() -> float:
    """Returns the seconds until ``hab up`` is ready and its worker is counted."""
    began = time.perf_counter()
    with running_hab(EMBEDDED):
        return time.perf_counter() - began


def start_server() -> float:
    """Returns the seconds until ``hab serve`` is ready."""
    return _until_answer([HAB, "serve"], "BACKEND_PORT", "/health/ready")


def start_ui() -> float:
    """Returns the seconds until the user interface answers."""
    return _until_answer([HAB, "ui"], "UI_PORT", "/")


def start_worker() -> float:
    """Returns the seconds until ``hab worker`` is counted among the workers."""
    with temporary_home() as home:
        queue = JobQueue(settings_of(home, {}))
        began = time.perf_counter()
        with started([HAB, "worker"], home, {}):
            wait_until(lambda: _counted(queue), "a worker")
            return time.perf_counter() - began


def _counted(queue: JobQueue) -> bool:
    """Whether a worker is counted; not while the queue itself is still starting."""
    try:
        return queue.workers() == 1
    except QueueUnavailable:
        return False


def _until_answer(command: list[str], variable: str, path: str) -> float:
    """Returns the seconds until a part that listens on the port of ``variable`` answers at ``path``."""
    port = free_port()
    began = time.perf_counter()
    with temporary_home() as home, started(command, home, {variable: str(port)}) as process:
        wait_for_answer(f"http://127.0.0.1:{port}{path}", process, home / "program.log")
        return time.perf_counter() - began


def sizes() -> None:
    """Prints how many packages each extra brings and what they weigh."""
    progress("sizes")
    rows = []
    for name, extras in EXTRAS.items():
        packages = closure("hab-client", extras)
        rows.append((name, len(packages), sum(map(installed_bytes, packages)) / 1e6))
    print_table(["installed", "packages", "MB"], rows)


if __name__ == "__main__":
    main()
