"""Predictions over HTTP by 50 connections at once; medians of rounds in which the servers take turns.

HAB gets Korean text, validates it, and answers after the prediction is committed (SQLite: WAL, ``synchronous=FULL``).
The peers get numbers that are already encoded and store nothing: MLServer without its process pool, LitServe with its
fast queue, BentoML with an asynchronous endpoint, all with one process, as HAB where nothing else is said. The
reference is the predictor of the section above in a FastAPI ``def`` route. "Explained" takes 30,000 distinct accidents,
so that explanations are made and not remembered. Beside the servers, ``wrk`` and the database share the cores.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import statistics
import subprocess
from contextlib import ExitStack
from pathlib import Path

from benchmarks.accidents import requests
from benchmarks.figures import Aim, print_aims, print_table, progress, say
from benchmarks.figures import options as options_of
from benchmarks.http_predict.servers import (
    REFERENCE,
    TWO_PROCESSES,
    Server,
    all_servers,
    install_peers,
    running,
)
from benchmarks.stack import postgres_schema, temporary_home
from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import released_folder
from hab_core.schemas.eclo import Accident

BODIES = 300
MANY_BODIES = 30_000
"""So many that explanations, of which a few thousand are remembered, are made anew."""
CONNECTIONS = 50
PEERS = ("MLServer", "LitServe", "BentoML")
EXPLAINED = "HAB on SQLite, explained"
DURABLE = {"HAB on SQLite": 3.0, "HAB on PostgreSQL": 2.0}
"""How many times the best peer's rate a durable prediction was to reach."""
Run = tuple[float, float, float, int]
"""Requests per second, p50 and p99 in ms, answers that were no success."""
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
    for number, given in enumerate(requests(MANY_BODIES, seed=7)):
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


def measure(server: Server, folder: Path, seconds: int) -> Run:
    """Returns requests per second, p50 and p99 in ms, and the answers that were no success."""
    with running(server) as address:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", "-s", str(folder / f"{server.bodies}.lua")]
        subprocess.run([*command, "-d1s", address + server.path], check=True, capture_output=True)
        done = subprocess.run(
            [*command, f"-d{seconds}s", address + server.path], check=True, capture_output=True, text=True
        )
    return parse(done.stdout)


def parse(output: str) -> Run:
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


def report(results: dict[str, list[Run]]) -> None:
    """Prints the medians, the ratios to the best peer and to the reference, and the aims."""
    rates = {name: statistics.median(run[0] for run in runs) for name, runs in results.items()}
    best = max((rates[name] for name in PEERS if name in rates), default=math.nan)
    reference = rates.get(REFERENCE, math.nan)
    rows, aims = [], []
    for name, runs in results.items():
        rate = rates[name]
        p50, p99 = (statistics.median(run[i] for run in runs) for i in (1, 2))
        rows.append((name, rate, p50, p99, sum(run[3] for run in runs), rate / best, rate / reference))
        if name in DURABLE:
            aims.append(Aim(f"{name}, to the best peer", rate / best, DURABLE[name], "×", least=True))
            aims.append(Aim(f"{name}, p99 to p50", p99 / p50, 3, "×"))
        elif name == EXPLAINED:
            aims.append(Aim(f"{name}, to the reference", rate / reference, 2, "×", least=True))
    print_table(["", "requests/s", "p50 ms", "p99 ms", "failed", "× the best peer", "× the reference"], rows)
    print_aims(*aims)
    scaled = [(name, rates[two] / rates[name]) for name in DURABLE if (two := name + TWO_PROCESSES) in rates]
    if scaled:
        print_table(["from 1 to 2 API processes", "×"], scaled)


def main() -> None:
    """Runs the comparison."""
    parser = options_of("http_predict", __doc__)
    parser.add_argument("--setup", action="store_true", help="install the peers first")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", nargs="*", help="names of the servers to run")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    if options.setup:
        try:
            install_peers()
        except subprocess.CalledProcessError as error:  # HAB can be measured without them
            progress(str(error))
    with ExitStack() as stack:
        address = os.environ.get("TEST_DATABASE_URL")
        servers = all_servers(stack.enter_context(postgres_schema(address)) if address else None)
        chosen = [server for server in servers if not options.only or server.name in options.only]
        folder = stack.enter_context(temporary_home())
        progress("making the requests")
        make_bodies(folder)
        report(compare(chosen, folder, options.rounds, options.seconds))


def compare(servers: list[Server], folder: Path, rounds: int, seconds: int) -> dict[str, list[Run]]:
    """Returns what was measured of each server, which take turns; one that cannot be run is named and left out."""
    results: dict[str, list[Run]] = {server.name: [] for server in servers}
    for number in range(rounds):
        for server in servers:
            if server.name not in results:
                continue
            progress(f"round {number + 1} of {rounds}: {server.name}")
            try:
                results[server.name].append(measure(server, folder, seconds))
            except (RuntimeError, OSError, subprocess.CalledProcessError) as error:  # a timeout is an OSError
                progress(str(error))
                say(f"{server.name} could not be measured ({type(error).__name__}).")
                del results[server.name]
    return results


if __name__ == "__main__":
    main()
