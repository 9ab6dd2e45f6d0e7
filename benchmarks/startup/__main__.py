"""Times cold starts against ``python -c pass``, interleaved: ``python -m benchmarks.startup [--rounds 15]``."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

HAB = str(Path(sys.executable).parent / "hab")
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import typer": [sys.executable, "-c", "import typer"],
    "hab --help": [HAB, "--help"],
    "import httpx": [sys.executable, "-c", "import httpx"],
    "import hab_client": [sys.executable, "-c", "import hab_client; hab_client.HabClient"],
}
LIMITS = {"hab --help": 8, "import hab_client": 25}


def seconds(command: list[str]) -> float:
    """Returns the seconds a command takes as a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Prints medians and ratios; a ratio is the median over rounds of command / bare interpreter in the same round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    taken = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(rounds + 1)][1:]
    print(f"{'command':20} {'ms':>7} {'ratio':>7} {'at most':>8}")
    for name in COMMANDS:
        median = statistics.median(each[name] for each in taken)
        ratio = statistics.median(each[name] / each["python -c pass"] for each in taken)
        print(f"{name:20} {median * 1000:7.0f} {ratio:7.1f} {LIMITS.get(name, ''):>8}")


if __name__ == "__main__":
    main()
