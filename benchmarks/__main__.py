"""Runs the benchmarks one after the other: ``python -m benchmarks [NAME …]``; without names, all that need no data.

``http_predict`` needs ``wrk`` and installs its peers at the first run; ``training`` needs accident files and is run by
hand: ``python -m benchmarks.training FILES…``.
"""

from __future__ import annotations

import subprocess
import sys

WITHOUT_DATA = {
    "startup": [],
    "predict": [],
    "store": [],
    "datasets": [],
    "tools": [],
    "http_predict": ["--setup"],
}


def main(names: list[str]) -> int:
    """Runs the named benchmarks; returns 1 where one failed."""
    failed = False
    for name in names or WITHOUT_DATA:
        print(f"\n## {name}\n", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *WITHOUT_DATA.get(name, [])]
        failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
