"""A prediction inside one process, from a dict of Korean strings, beside the way an application usually makes it.

The *reference* is a one-row pandas frame, a scikit-learn label encoder for each text, and ``LGBMRegressor.predict``
with 500 trees and default threads. HAB is measured with the reference's own trees, where its predictions must be the
same bits, and with the released model (or ``--model``); *score* adds range, percentile, class and warnings. The
variants take turns in blocks of 50 rows. An explanation is exact TreeSHAP of circumstances that were not explained
before. A table is scored on one thread, from columns, or from dicts that are validated one by one.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from benchmarks.accidents import requests as make_requests
from benchmarks.figures import Aim, print_aims, print_table, progress, quantile
from benchmarks.figures import options as options_of
from benchmarks.predict.data import reference_row, train_reference, write_same_trees
from hab_core.eclo.folder import MODEL, is_model_folder
from hab_core.eclo.model import EcloModel, columns_of
from hab_core.eclo.registry import released_folder
from hab_core.eclo.rows import score_batch
from hab_core.schemas.eclo import Accident

BLOCK = 50
TABLE_ROWS = 10_000
REFERENCE_TABLE_ROWS = 200
EXPLAINED = 200
TIMES_AS_FAST = 100

Call = Callable[[int], object]


def main() -> None:
    """Trains the reference, runs every comparison and prints the tables."""
    parser = options_of("predict", __doc__)
    parser.add_argument("--model", type=Path, default=released_folder(), help="folder of the model to measure")
    parser.add_argument("--rows", type=int, default=1000, help="distinct rows of the single predictions")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the tables")
    options = parser.parse_args()
    progress("training the reference")
    reference = train_reference()
    requests = make_requests(options.rows, seed=3)
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
    checks = [(f"{name} ({models[name].version})", "Booster.predict", same_bits[name]) for name in models]
    checks.append(("HAB, same trees", "the reference predictor", ours == theirs))
    print_table(["predictions of", "same bits as", ""], [(*who, "yes" if same else "no") for *who, same in checks])
    peers: dict[str, Call] = {
        "reference": lambda index: reference.predict(rows[index]),
        "reference, 1 thread": lambda index: reference.predict(rows[index], threads=1),
    }
    progress("one prediction")
    compare_single(peers, models, requests)
    parts(models, requests)
    progress("explanations")
    explain(models, requests)
    progress("tables")
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
    found = {name: (quantile(taken, 0.5), quantile(taken, 0.99)) for name, taken in times.items()}
    base50, base99 = found["reference"]
    rows = [(name, p50, p99, base50 / p50, base99 / p99) for name, (p50, p99) in found.items()]
    print_table(["one prediction", "p50 µs", "p99 µs", "p50 ×", "p99 ×"], rows)
    print_aims(
        *(
            Aim(
                f"{name}: {which}, times as fast",
                found["reference"][place] / found[f"{name}: predict"][place],
                TIMES_AS_FAST,
                "×",
                least=True,
            )
            for name in models
            for place, which in enumerate(("p50", "p99"))
        )
    )


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


def parts(models: dict[str, EcloModel], requests: Sequence[dict[str, Any]]) -> None:
    """Prints the p50 of the steps of a prediction, each in turn by itself."""
    rows = []
    for name, model in models.items():
        accidents = [Accident(**request) for request in requests]
        encoded = [model.table.encode(accident)[0] for accident in accidents]
        calls: dict[str, Call] = {
            "validation": lambda index: Accident(**requests[index]),
            "encoding": lambda index, model=model, rows=accidents: model.table.encode(rows[index]),  # type: ignore[misc]
            "trees": lambda index, model=model, rows=encoded: model._booster.predict_one(rows[index]),  # type: ignore[misc]
        }
        rows.append((name, *(quantile(taken, 0.5) for taken in interleaved(calls, len(requests)).values())))
    print_table(["where the time goes, p50 µs", "validation", "encoding", "trees"], rows)


def explain(models: dict[str, EcloModel], requests: Sequence[dict[str, Any]]) -> None:
    """Prints p50 and p99 of one explained prediction that was not explained before."""
    rows = [Accident(**request) for request in requests[:EXPLAINED]]
    lines = []
    for name, model in models.items():
        calls: dict[str, Call] = {name: lambda index, model=model: model.explain(rows[index])}  # type: ignore[misc]
        model.explain(Accident(**make_requests(1, seed=9)[0]))
        taken = []
        for index in range(len(rows)):
            begun = time.perf_counter()
            calls[name](index)
            taken.append((time.perf_counter() - begun) * 1e6)
        lines.append((name, quantile(taken, 0.5), quantile(taken, 0.99)))
    print_table(["one explanation", "p50 µs", "p99 µs"], lines)


def compare_tables(reference: Callable[[], object], models: dict[str, EcloModel], rounds: int) -> None:
    """Prints rows/s of tables of Korean strings, on one thread; medians over the rounds."""
    requests = make_requests(TABLE_ROWS, seed=4)
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
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    print_table(["a table", "rows/s", "×"], [(name, speed, speed / base) for name, speed in medians.items()])


if __name__ == "__main__":
    main()
