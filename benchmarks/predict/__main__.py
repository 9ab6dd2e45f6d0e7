"""Compares prediction inside one process: ``python -m benchmarks.predict [--model FOLDER] [--rows 1000] [--rounds 5]``.

The reference and HAB take turns in blocks of 50 rows, so that both meet the same load of the machine. HAB is measured
twice: with the reference's own trees, where its predictions must be the same bits, and with the released model (or
``--model``). A single prediction starts from a dict of Korean strings; *score* adds range, percentile, class and
warnings.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from benchmarks.predict.data import accidents, reference_row, train_reference, write_same_trees
from hab_core.eclo.folder import MODEL, is_model_folder
from hab_core.eclo.model import EcloModel, columns_of
from hab_core.eclo.registry import released_folder
from hab_core.eclo.rows import score_batch
from hab_core.schemas.eclo import Accident

BLOCK = 50
TABLE_ROWS = 10_000
REFERENCE_TABLE_ROWS = 200
EXPLAINED = 200

Call = Callable[[int], object]


def main() -> None:
    """Trains the reference, runs every comparison and prints the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predict", description=__doc__)
    parser.add_argument("--model", type=Path, default=released_folder(), help="folder of the model to measure")
    parser.add_argument("--rows", type=int, default=1000, help="distinct rows of the single predictions")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the tables")
    options = parser.parse_args()
    reference = train_reference()
    requests = accidents(options.rows, seed=3)
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"HAB, same trees": write_same_trees(reference, Path(temporary, "model"))}
        if is_model_folder(options.model):
            folders["HAB, model"] = options.model
        models = {name: EcloModel.load(folder) for name, folder in folders.items()}
        same_bits = {name: check_bits(models[name], folder, requests) for name, folder in folders.items()}
    gc.collect()
    gc.freeze()  # as the server does
    rows = [reference_row(request) for request in requests]
    theirs = [reference.predict(row) for row in rows]
    ours = [models["HAB, same trees"].predict(Accident(**request)) for request in requests]
    for name, model in models.items():
        print(f"{name}: {model.version}, bits equal to Booster.predict: {same_bits[name]}")
    print(f"same trees, bits equal to the reference predictor: {ours == theirs}\n")
    peers: dict[str, Call] = {
        "reference": lambda index: reference.predict(rows[index]),
        "reference, 1 thread": lambda index: reference.predict(rows[index], threads=1),
    }
    compare_single(peers, models, requests)
    explain(models, requests)
    compare_tables(lambda: reference.predict_rows(rows[:REFERENCE_TABLE_ROWS]), models, options.rounds)


def check_bits(model: EcloModel, folder: Path, requests: Sequence[dict[str, Any]]) -> bool:
    """Returns whether single rows and the table equal ``lightgbm.Booster.predict`` to the last bit."""
    rows = [Accident(**request) for request in requests]
    columns = columns_of(rows)
    booster = lightgbm.Booster(model_file=str(folder / MODEL))
    expected = np.asarray(booster.predict(model.table.encode_table(columns), num_threads=1)).tolist()
    return expected == [model.predict(row) for row in rows] == model.score_table(columns).prediction.tolist()


def compare_single(peers: dict[str, Call], models: dict[str, EcloModel], requests: Sequence[dict[str, Any]]) -> None:
    """Prints p50 and p99 of one prediction from a dict of Korean strings, and of the whole score around it."""
    calls = dict(peers)
    for name, model in models.items():
        calls[f"{name}: predict"] = lambda index, model=model: model.predict(Accident(**requests[index]))  # type: ignore[misc]
        calls[f"{name}: score"] = lambda index, model=model: model.score(Accident(**requests[index]))  # type: ignore[misc]
    times = interleaved(calls, len(requests))
    base = {share: float(np.percentile(times["reference"], share)) for share in (50, 99)}
    print(f"{'one prediction':28}{'p50 us':>10}{'p99 us':>10}{'p50 x':>9}{'p99 x':>9}")
    for name, taken in times.items():
        p50, p99 = np.percentile(taken, 50), np.percentile(taken, 99)
        print(f"{name:28}{p50:10.1f}{p99:10.1f}{base[50] / p50:9.1f}{base[99] / p99:9.1f}")


def interleaved(calls: dict[str, Call], count: int) -> dict[str, list[float]]:
    """Returns the microseconds of each call, the variants in turns of ``BLOCK`` rows; the first block is a warm-up.

    Each turn starts with two calls that are not counted: their cold caches are the doing of the variant before.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for index in range(min(BLOCK, count)):
            call(index)
    for start in range(0, count, BLOCK):
        for name, call in calls.items():
            call(start)
            call(start)
            for index in range(start, min(start + BLOCK, count)):
                begun = time.perf_counter()
                call(index)
                times[name].append((time.perf_counter() - begun) * 1e6)
    return times


def explain(models: dict[str, EcloModel], requests: Sequence[dict[str, Any]]) -> None:
    """Prints p50 and p99 of one explained prediction that was not explained before."""
    rows = [Accident(**request) for request in requests[:EXPLAINED]]
    print(f"\n{'one explanation':24}{'p50 us':>10}{'p99 us':>10}")
    for name, model in models.items():
        calls: dict[str, Call] = {name: lambda index, model=model: model.explain(rows[index])}  # type: ignore[misc]
        model.explain(Accident(**accidents(1, seed=9)[0]))
        taken = []
        for index in range(len(rows)):
            begun = time.perf_counter()
            calls[name](index)
            taken.append((time.perf_counter() - begun) * 1e6)
        print(f"{name:24}{np.percentile(taken, 50):10.1f}{np.percentile(taken, 99):10.1f}")


def compare_tables(reference: Callable[[], object], models: dict[str, EcloModel], rounds: int) -> None:
    """Prints rows/s of tables of Korean strings, on one thread; medians over the rounds."""
    requests = accidents(TABLE_ROWS, seed=4)
    columns = columns_of([Accident(**request) for request in requests])
    calls: dict[str, tuple[int, Callable[[], object]]] = {"reference": (REFERENCE_TABLE_ROWS, reference)}
    for name, model in models.items():
        calls[f"{name}: columns"] = (TABLE_ROWS, lambda model=model: model.score_table(columns))  # type: ignore[misc]
        calls[f"{name}: rows"] = (TABLE_ROWS, lambda model=model: score_batch(model, requests))  # type: ignore[misc]
    speeds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, (count, call) in calls.items():
            begun = time.perf_counter()
            call()
            speeds[name].append(count / (time.perf_counter() - begun))
    base = statistics.median(speeds["reference"])
    print(f"\n{'a table':32}{'rows/s':>10}{'x':>9}")
    for name, found in speeds.items():
        speed = statistics.median(found)
        print(f"{name:32}{speed:10.0f}{speed / base:9.1f}")


if __name__ == "__main__":
    main()
