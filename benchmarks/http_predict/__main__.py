"""Compares the servers: ``python -m benchmarks.http_predict [--setup] [--rounds 3] [--seconds 4] [--only NAME …]``.

Needs ``wrk``. With TEST_DATABASE_URL HAB is measured on that PostgreSQL too. HAB gets Korean text, validates it and
commits the prediction before it answers; the peers get numbers that are already encoded, and store nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.http_predict.servers import Server, all_servers, install_peers, running
from benchmarks.predict.data import accidents
from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import released_folder
from hab_core.schemas.eclo import Accident

BODIES = 300
MANY_BODIES = 30_000
"""So many that explanations, of which a few thousand are remembered, are made anew."""
CONNECTIONS = 50
PEERS = ("mlserver", "litserve", "bentoml")
_LUA = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local i = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  i = i %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[i])
end
"""


def make_bodies(folder: Path) -> None:
    """Writes the request bodies of each kind, one JSON object a line: seeded, synthetic accidents."""
    model = EcloModel.load(released_folder())
    rows: dict[str, list[str]] = {"korean": [], "many": [], "encoded": [], "open_inference": []}
    for number, given in enumerate(accidents(MANY_BODIES, seed=7)):
        text = json.dumps(given, ensure_ascii=False)
        rows["many"].append(text)
        if number < BODIES:
            encoded, _warnings = model.table.encode(Accident.model_validate(given))
            numbers = [0.0 if math.isnan(number) else number for number in encoded]  # JSON has no NaN
            tensor = {"name": "x", "shape": [1, len(numbers)], "datatype": "FP64", "data": numbers}
            rows["korean"].append(text)
            rows["encoded"].append(json.dumps({"row": numbers}))
            rows["open_inference"].append(json.dumps({"inputs": [tensor]}))
    for kind, lines in rows.items():
        bodies = folder / f"{kind}.jsonl"
        bodies.write_text("\n".join(lines), encoding="utf-8")
        (folder / f"{kind}.lua").write_text(_LUA % bodies)


def measure(server: Server, folder: Path, seconds: int) -> tuple[float, float, float, int]:
    """Returns requests per second, p50 and p99 in ms, and the answers that were no success."""
    home = Path(tempfile.mkdtemp(prefix="hab-"))
    try:
        with running(server, home) as address:
            command = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", "-s", str(folder / f"{server.bodies}.lua")]
            subprocess.run([*command, "-d1s", address + server.path], check=True, capture_output=True)
            done = subprocess.run(
                [*command, f"-d{seconds}s", address + server.path], check=True, capture_output=True, text=True
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return parse(done.stdout)


def parse(output: str) -> tuple[float, float, float, int]:
    """Returns the figures in wrk's report."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if rate is None:
        raise ValueError(output)
    return float(rate[1]), _milliseconds(output, "50%"), _milliseconds(output, "99%"), int(failed[1]) if failed else 0


def _milliseconds(output: str, quantile: str) -> float:
    """Returns one quantile of the latency."""
    found = re.search(rf"{quantile}\s+([\d.]+)(us|ms|s)\b", output)
    if found is None:
        raise ValueError(output)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def report(results: dict[str, list[tuple[float, float, float, int]]]) -> None:
    """Prints the medians and the ratios to the best peer and to the reference."""
    rates = {name: statistics.median(run[0] for run in runs) for name, runs in results.items()}
    best = max((rates[name] for name in PEERS if name in rates), default=None)
    reference = rates.get("reference in FastAPI")
    head = ("req/s", "p50 ms", "p99 ms", "p99/p50", "failed", "/best peer", "/reference")
    print(f"{'server':24} {' '.join(f'{name:>10}' for name in head)}")
    for name, runs in results.items():
        p50, p99 = (statistics.median(run[i] for run in runs) for i in (1, 2))
        ratios = [f"{rates[name] / base:10.2f}" if base else f"{'-':>10}" for base in (best, reference)]
        failed = sum(run[3] for run in runs)
        print(f"{name:24} {rates[name]:10.0f} {p50:10.2f} {p99:10.2f} {p99 / p50:10.1f} {failed:10} {' '.join(ratios)}")


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--setup", action="store_true", help="install the peers first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", nargs="*", help="names of the servers to run")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    if options.setup:
        install_peers()
    servers = all_servers(os.environ.get("TEST_DATABASE_URL"))
    chosen = [server for server in servers if not options.only or server.name in options.only]
    results: dict[str, list[tuple[float, float, float, int]]] = {server.name: [] for server in chosen}
    with tempfile.TemporaryDirectory() as folder:
        make_bodies(Path(folder))
        for _ in range(options.rounds):
            for server in chosen:
                results[server.name].append(measure(server, Path(folder), options.seconds))
    report(results)


if __name__ == "__main__":
    main()
