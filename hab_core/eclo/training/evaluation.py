"""How well the recipe predicts years it has not seen: rolling origin, and what a district is worth.

RMSLE is the root of the mean squared difference of log1p(ECLO). A *fold* trains on the years before a year and predicts
that year. The last years of training may lack 시군구; what it adds is then measured on the last year that has it, also
for a model that knows no district of the years between, as the released one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from hab_core.eclo.severity import IntervalTable, SeverityScale
from hab_core.eclo.training.boosting import boost, predict
from hab_core.eclo.training.calibration import coverage, make_interval, make_scale, with_drawn_districts
from hab_core.eclo.training.ensemble import Fitted, fit
from hab_core.eclo.training.records import Floats, Records
from hab_core.schemas.eclo import INTERPRETATIONS

FOLDS = 2
LEAST_ROWS = 200
"""Accidents that a year must have to be tested, and training to be begun."""
_GAP_YEARS = 4
_MOST_UNKNOWN = 0.1
Step = Callable[[], None]


class Fold(NamedTuple):
    """A year that was predicted by a model of the years before.

    Attributes:
        year: The year.
        training: The accidents before it.
        tested: Its accidents.
        fitted: The model.
        predictions: log1p(ECLO) for ``tested``.
    """

    year: int
    training: Records
    tested: Records
    fitted: Fitted
    predictions: Floats


class DistrictTest(NamedTuple):
    """A year with 시군구, and two models for it: one that knew the districts until the year before, one with a gap."""

    year: int
    folds: dict[str, Fold]


def test_years(records: Records) -> list[int]:
    """Returns the last years that can be predicted from the ones before, rising."""
    years, counts = np.unique(records.year, return_counts=True)
    before = np.cumsum(counts) - counts
    fit_for = years[(counts >= LEAST_ROWS) & (before >= LEAST_ROWS)]
    return [int(year) for year in fit_for[-FOLDS:]]


def district_year(records: Records) -> int | None:
    """Returns the last year that has districts and can show what they are worth, where one can."""
    years = [int(year) for year in np.unique(records.year) if _knows_districts(records, int(year))]
    enough = [year for year in years if (records.has_district & (records.year <= year - _GAP_YEARS)).sum() > LEAST_ROWS]
    return enough[-1] if enough else None


def run_fold(records: Records, year: int, holidays: Mapping[str, str], step: Step) -> Fold:
    """Returns the fold that predicts ``year``."""
    training, tested = records.select(records.year < year), records.select(records.year == year)
    fitted = fit(training, holidays, step)
    return Fold(year, training, tested, fitted, fitted.predict(tested))


def run_district_test(records: Records, year: int, holidays: Mapping[str, str], step: Step) -> DistrictTest:
    """Returns the folds that tell what the district is worth in ``year``."""
    gap = (records.year > year - _GAP_YEARS) & (records.year < year)
    with_gap = run_fold(records.without_districts(gap), year, holidays, step)
    return DistrictTest(year, {"year_before": run_fold(records, year, holidays, step), "four_years_before": with_gap})


def fold_metrics(fold: Fold) -> dict[str, Any]:
    """Returns the figures of a fold: its RMSLE beside that of the constants and of plain LightGBM."""
    target = fold.tested.target
    last = fold.training.target[fold.training.year == fold.training.last_year]
    return {
        "trained_to": fold.training.last_year,
        "rows": len(fold.tested),
        "rmsle": rmsle(fold.predictions, target),
        "bias_log1p": _rounded(float((fold.predictions - target).mean())),
        "rmsle_level_known": _rounded(float((fold.predictions - target).std())),
        "best_constant_in_hindsight": _rounded(float(target.std())),
        "constant_of_last_training_year": rmsle(np.full(len(target), last.mean()), target),
        "constant_of_training": rmsle(np.full(len(target), fold.training.target.mean()), target),
        "plain_lightgbm": rmsle(plain_lightgbm(fold.training, fold.tested), target),
        "fidelity_of_the_copy": _rounded(fold.fitted.fidelity),
    }


def district_metrics(test: DistrictTest) -> dict[str, Any]:
    """Returns what the district is worth: the RMSLE with it, and of the same model when it is not told."""
    found: dict[str, Any] = {"year": test.year}
    for name, fold in test.folds.items():
        hidden = fold.tested.without_districts(np.ones(len(fold.tested), dtype=np.bool_))
        found[f"districts_known_to_{name}"] = {
            "rmsle": rmsle(fold.predictions, fold.tested.target),
            "rmsle_level_known": _rounded(float((fold.predictions - fold.tested.target).std())),
            "rmsle_district_hidden": rmsle(fold.fitted.predict(hidden), fold.tested.target),
        }
    return found


def interval_metrics(calibrated_on: Fold, fold: Fold) -> dict[str, Any]:
    """Returns how many outcomes of a fold lie in the intervals that the fold before it gives."""
    interval = fold_interval([calibrated_on])
    low, high = interval.ends_of(fold.predictions)
    return {
        "calibrated_on": calibrated_on.year,
        "tested_on": fold.year,
        "level": interval.level,
        "coverage": _rounded(coverage(interval, fold.predictions, fold.tested.target)),
        "mean_width_eclo": _rounded(float((high - low).mean())),
    }


def fold_interval(folds: list[Fold]) -> IntervalTable:
    """Returns the interval that the residuals of some folds give."""
    predictions = np.concatenate([fold.predictions for fold in folds])
    return make_interval(predictions, np.concatenate([fold.tested.target for fold in folds]))


def fold_scale(folds: list[Fold], level: float, donors: Records | None = None) -> SeverityScale:
    """Returns the severity scale that the predictions for unseen years give.

    Args:
        folds: The folds.
        level: The level of the model that the scale is for; predictions are moved to it.
        donors: Accidents that lend their districts to those without one; None leaves these without.
    """
    parts = []
    for fold in folds:
        tested = fold.tested if donors is None else with_drawn_districts(fold.tested, donors)
        parts.append(fold.fitted.predict(tested) + (level - fold.fitted.level))
    return make_scale(np.concatenate(parts))


def severity_metrics(calibrated_on: Fold, fold: Fold) -> dict[str, Any]:
    """Returns for each class of the scale its share of the fold's accidents and their mean real ECLO."""
    scale = fold_scale([calibrated_on], fold.fitted.level)
    classes = np.array(scale.interpretations(scale.percentiles(np.expm1(fold.predictions))))
    found = [
        {
            "class": name,
            "share": _rounded(float((classes == name).mean())),
            "mean_eclo": _rounded(float(fold.tested.eclo[classes == name].mean())) if (classes == name).any() else None,
        }
        for name in INTERPRETATIONS
    ]
    return {"calibrated_on": calibrated_on.year, "tested_on": fold.year, "classes": found}


def rmsle(predictions: Floats, target: Floats) -> float:
    """Returns the RMSLE of predictions on the log1p scale, six decimals."""
    return _rounded(float(np.sqrt(np.mean((predictions - target) ** 2))))


def plain_lightgbm(training: Records, tested: Records) -> Floats:
    """Returns log1p(ECLO) by LightGBM with its default parameters on label-encoded columns, the usual first try."""
    columns = ("weather", "road_surface", "road_type", "accident_type", "district")
    codes: list[Floats] = []
    for name in columns:
        index = {value: code for code, value in enumerate(training.coded(name).values)}
        values = [index.get(value, np.nan) for part in (training, tested) for value in getattr(part, name)]
        codes.append(np.array(values, dtype=np.float64))
    numbers = [np.concatenate([getattr(p, n) for p in (training, tested)]) for n in ("year", "month", "day", "hour")]
    rows = np.column_stack([*codes, *numbers]).astype(np.float64)
    names = [*columns, "year", "month", "day", "hour"]
    cut = len(training)
    text = boost(rows[:cut], training.target, np.ones(cut), names=names, rounds=100, seed=1)
    return predict(text, rows[cut:])


def _knows_districts(records: Records, year: int) -> bool:
    """Returns whether a year can be tested with its districts."""
    inside = records.year == year
    return bool(inside.sum() >= LEAST_ROWS and records.has_district[inside].mean() > 1 - _MOST_UNKNOWN)


def _rounded(value: float) -> float:
    """Returns a figure with six decimals."""
    return round(value, 6)
