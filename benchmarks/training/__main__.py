"""Compares the recipe with its peers on unseen years: ``python -m benchmarks.training FILES… [--years 2020 2021]``.

Every contender is trained on the accidents before a year and predicts that year. CatBoost gets the same inputs with its
native categories, public holidays included, log1p(ECLO) as the target, and is tried as it is and with settings for weak
signals; "level moved" gives it the same level forecast, so that only what is learned of circumstances differs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hab_core.eclo.features import day_kind
from hab_core.eclo.training import evaluation as ev
from hab_core.eclo.training.ensemble import Fitted
from hab_core.eclo.training.holiday_kinds import holiday_kinds
from hab_core.eclo.training.reading import read_training_files
from hab_core.eclo.training.records import Records

Floats = NDArray[np.float64]
_TEXTS = ("weather", "road_surface", "road_type", "accident_type", "district", "gu", "day_kind")
_NUMBERS = ("month", "day", "hour", "weekday")


def main() -> None:
    """Prints one table with the RMSLE of every contender for every year."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--years", nargs="+", type=int, default=[2020, 2021])
    arguments = parser.parse_args()
    records = read_training_files(arguments.files).records
    kinds = holiday_kinds()
    rows: dict[str, list[str]] = {}
    for year in arguments.years:
        began = time.perf_counter()
        fold = ev.run_fold(records, year, kinds, lambda: None)
        taken = time.perf_counter() - began
        add(rows, "this recipe", fold.predictions, fold.tested.target, taken)
        for name, contender in contenders(kinds).items():
            began = time.perf_counter()
            predictions = contender(fold.training, fold.tested, fold.fitted)
            add(rows, name, predictions, fold.tested.target, time.perf_counter() - began)
    print("| RMSLE (level known; seconds) | " + " | ".join(map(str, arguments.years)) + " |")
    print("|---|" + "---|" * len(arguments.years))
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")


def add(rows: dict[str, list[str]], name: str, predictions: Floats, target: Floats, seconds: float) -> None:
    """Adds one cell: the RMSLE, the RMSLE had the year's level been known, and the time taken."""
    known = float((predictions - target).std())
    rows.setdefault(name, []).append(f"{ev.rmsle(predictions, target):.5f} ({known:.5f}; {seconds:.0f})")


def contenders(kinds: dict[str, str]) -> dict[str, Callable[[Records, Records, Fitted], Floats]]:
    """Returns the peers by name; each takes the training, the tested accidents and our model (for its levels)."""
    return {
        "LightGBM, default parameters": lambda train, test, _: ev.plain_lightgbm(train, test),
        "CatBoost, default parameters": lambda train, test, _: catboost(train, test, kinds, None, {}),
        "CatBoost, tuned, level moved": lambda train, test, fitted: catboost(
            train,
            test,
            kinds,
            fitted,
            {"iterations": 400, "depth": 6, "learning_rate": 0.05, "l2_leaf_reg": 20},
        ),
        "constant: last training year": lambda train, test, _: np.full(
            len(test), train.target[train.year == train.last_year].mean()
        ),
        "constant: best in hindsight": lambda _, test, __: np.full(len(test), test.target.mean()),
    }


def catboost(
    train: Records, test: Records, kinds: dict[str, str], fitted: Fitted | None, parameters: dict[str, float]
) -> Floats:
    """Returns log1p(ECLO) by CatBoost; ``fitted`` gives the levels of the years and the half-life weights are ours."""
    from catboost import CatBoostRegressor

    target, weights, level = train.target, None, 0.0
    if fitted is not None:
        target = target - np.array([fitted.levels[year] for year in train.year.tolist()])
        weights = 0.5 ** ((train.last_year - train.year) / 5)
        level = fitted.level
    model = CatBoostRegressor(random_seed=1, thread_count=1, verbose=0, allow_writing_files=False, **parameters)
    features, texts = columns(train, kinds, with_year=fitted is None)
    model.fit(features, target, sample_weight=weights, cat_features=texts)
    return np.asarray(model.predict(columns(test, kinds, with_year=fitted is None)[0])) + level


def columns(records: Records, kinds: dict[str, str], *, with_year: bool) -> tuple[list[list[object]], list[int]]:
    """Returns the rows for CatBoost and the positions of its categories."""
    days = [date(*parts) for parts in zip(records.year, records.month, records.day, strict=True)]
    found: dict[str, list[object]] = {name: getattr(records, name).tolist() for name in (*_TEXTS[:5], *_NUMBERS[:3])}
    found["district"] = [district or "" for district in found["district"]]
    found["gu"] = [" ".join(str(district).split()[:2]) for district in found["district"]]
    found["day_kind"] = [day_kind(day, kinds) for day in days]
    found["weekday"] = [day.weekday() for day in days]
    names = [*_TEXTS, *_NUMBERS, *(["year"] if with_year else [])]
    found["year"] = records.year.tolist()
    return [list(row) for row in zip(*(found[name] for name in names), strict=True)], list(range(len(_TEXTS)))


if __name__ == "__main__":
    main()
