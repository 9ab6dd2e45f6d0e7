"""Runs benchmarks one after the other: ``python -m benchmarks [NAME …] [--report] [--short]``; without names, all.

``--report`` keeps what each printed in ``docs/performance`` and renders ``docs/performance.md``. ``--short`` only tries
whether they run: their figures mean nothing, and are not kept.

All need ``pip install -e '.[bench]'``; ``http_predict`` needs ``wrk`` and installs its peers at the first run. With
``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` HAB is measured on PostgreSQL and Redis too; that database of Redis is
emptied. A benchmark that takes an hour is stopped.
``training`` needs accident files and is run by hand, beside the page: ``python -m benchmarks.training FILES…``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import suppress

from benchmarks import report
from benchmarks.figures import progress

FULL: dict[str, list[str]] = {
    "startup": [],
    "predict": [],
    "store": [],
    "datasets": [],
    "tools": [],
    "uploads": [],
    "chat": [],
    "batch": [],
    "growth": [],
    "http_predict": ["--setup"],
    "load": [],
}
SHORT: dict[str, list[str]] = {
    "startup": ["--rounds", "1"],
    "predict": ["--rows", "100", "--rounds", "1"],
    "store": ["--rounds", "1", "--seconds", "1"],
    "datasets": ["--rounds", "1", "--rows", "2000"],
    "tools": ["--rows", "5000", "--rounds", "1"],
    "uploads": ["--rounds", "1", "--megabytes", "1"],
    "chat": ["--rows", "2000", "--rounds", "3"],
    "batch": ["--rows", "3000", "--sent", "1000"],
    "growth": ["--rows", "1000", "10000", "--tables", "1000", "10000", "--rounds", "3"],
    "http_predict": ["--setup", "--rounds", "1", "--seconds", "2"],
    "load": ["--users", "5", "--seconds", "5"],
}
LIMIT_SECONDS = 3600.0
"""After so long a benchmark is stopped, with everything that it started."""
_CLEANING_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Runs the named benchmarks; returns 1 where one failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *FULL], help=", ".join(FULL))
    parser.add_argument("--report", action="store_true", help="keep the results and render docs/performance.md")
    parser.add_argument("--short", action="store_true", help="only try whether they run")
    given = parser.parse_args(arguments)
    failed = []
    for name in given.names or FULL:
        output = run(name, (SHORT if given.short else FULL)[name])
        if output is None:
            failed.append(name)
        elif given.report and not given.short:
            report.keep(name, shlex.join(["python", "-m", f"benchmarks.{name}", *FULL[name]]), output)
            report.write()
    progress(f"failed: {', '.join(failed)}" if failed else "all done")
    return int(bool(failed))


def run(name: str, arguments: list[str]) -> str | None:
    """Runs one benchmark, shows what it prints and returns it; None where it failed or took too long."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    progress(f"{shlex.join(command[1:])}")
    print(f"\n## {name}\n", flush=True)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    alarm = threading.Timer(LIMIT_SECONDS, _end, [process])
    alarm.start()
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
        code = process.wait()
    finally:
        alarm.cancel()
        _end(process)
    progress(f"{name} ended with exit code {code}")
    return "".join(lines) if code == 0 else None


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a benchmark that still runs, with time to clean up; what it started dies with it."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(_CLEANING_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
