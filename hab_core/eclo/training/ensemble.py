"""What the circumstances change, as a blend of members that err differently, and its copy as one small model.

Members are ridge regressions on crossed categories and boosted trees, each with a short and a long memory (half-life of
an accident's weight). Each alone explains about as much; their mean explains more. A blend of hundreds of large trees
and thousands of coefficients is slow to serve, so one small LightGBM model is trained on the *blend's* output for the
accidents of training (distillation, Hinton et al. 2015). That target has no noise: the copy keeps 99 % of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from hab_core.eclo.features import FeatureTable
from hab_core.eclo.training.boosting import boost, predict
from hab_core.eclo.training.encoding import make_table, out_of_fold_rows
from hab_core.eclo.training.factors import CIRCUMSTANCES, PLACES, YEAR, make_factors
from hab_core.eclo.training.level import forecast, levels
from hab_core.eclo.training.records import Codes, Floats, Records
from hab_core.eclo.training.ridge import Factor, contribution, fit_ridge

HALF_LIVES = (2.5, 5.0)
"""Years after which an accident weighs half: a short and a long memory."""
SEEDS = (1, 2)
_MEMBER: Mapping[str, object] = {
    "learning_rate": 0.03,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "lambda_l2": 20.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
}
_MEMBER_ROUNDS = 300
_COPY: Mapping[str, object] = {
    "learning_rate": 0.1,
    "num_leaves": 31,
    "max_depth": 9,
    "min_data_in_leaf": 20,
    "lambda_l2": 1.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "seed": 1,
}
COPY_ROUNDS = 200
_COPY_FLOOR = 0.1
"""Weight that even the oldest accident keeps while the blend is copied: its place and hour still occur."""


STEPS = 2 + 2 * len(HALF_LIVES)
"""How many parts ``fit`` has."""


class Fitted(NamedTuple):
    """A model that predicts log1p(ECLO) of the year after training.

    Attributes:
        table: The encoder of its rows.
        text: LightGBM's text.
        levels: Level of log1p(ECLO) in each year of training, the circumstances' effects apart.
        level: The level it predicts at.
        fidelity: Share of the blend's variance that the copy keeps.
    """

    table: FeatureTable
    text: str
    levels: dict[int, float]
    level: float
    fidelity: float

    def predict(self, records: Records) -> Floats:
        """Returns log1p(ECLO) of some accidents, shape (rows,)."""
        return predict(self.text, self.table.encode_table(records.columns()))


def fit(records: Records, holidays: Mapping[str, str], step: Callable[[], None]) -> Fitted:
    """Returns the model of some accidents.

    Args:
        records: The accidents of training.
        holidays: Kind of day by ISO date.
        step: Called after each part of the work, ``STEPS`` times.
    """
    memories = {half_life: _weights(records, half_life) for half_life in HALF_LIVES}
    long_memory = memories[max(HALF_LIVES)]
    circumstances = make_factors(records, holidays, CIRCUMSTANCES)
    year_level, effects, _ = _ridge(circumstances, records, long_memory)
    within_year = records.target - year_level
    rest = within_year - effects
    table = make_table(records, long_memory, within_year, rest, holidays)
    rows = table.encode_table(records.columns())
    trained_on = out_of_fold_rows(records, long_memory, rest, table, rows)
    step()
    places = make_factors(records, holidays, PLACES)
    blend = np.zeros(len(records))
    for weights in memories.values():
        blend += _ridge_member([*circumstances, *places], records, weights) / 2
        step()
        blend += _tree_member(table, trained_on, rows, within_year, records, weights) / 2
        step()
    blend /= len(memories)
    by_year = levels(records, blend)
    target = blend + forecast(by_year)
    text = _copy(table, rows, target, long_memory)
    step()
    rest_of_copy = target - predict(text, rows)
    fidelity = 1.0 - float(np.average(rest_of_copy**2, weights=long_memory) / max(float(blend.var()), 1e-12))
    return Fitted(table, text, by_year, forecast(by_year), fidelity)


def _weights(records: Records, half_life: float) -> Floats:
    """Returns the weight of each accident: recent ones count more, noisy accident types less (mean 1).

    Weighting by the reciprocal of the noise's variance is what makes least squares efficient (Aitken, 1936).
    """
    recency = 0.5 ** ((records.last_year - records.year) / half_life)
    column = records.coded("accident_type")
    overall = max(float(records.target.var()), 1e-12)
    precision = np.ones(len(records))
    for code in range(len(column.values)):
        inside = column.codes == code
        # Twenty accidents of the overall variance keep a type with few accidents from an extreme weight.
        variance = (records.target[inside].var() * inside.sum() + 20 * overall) / (inside.sum() + 20)
        precision[inside] = overall / variance
    return np.asarray(recency * precision / precision.mean(), dtype=np.float64)


def _ridge(factors: list[Factor], records: Records, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns for each accident the level of its year, the sum of its other effects, and that of its place's part."""
    centre = float(np.average(records.target, weights=weights))
    coefficients = fit_ridge(factors, records.target - centre, weights)
    level, effects, place = np.full(len(records), centre), np.zeros(len(records)), np.zeros(len(records))
    of_place = {name for name, _ in PLACES}
    for factor, values in zip(factors, coefficients, strict=True):
        part = contribution(factor, values)
        if factor.name == YEAR:
            level += part
            continue
        effects += part
        if factor.name in of_place:
            place += part
    return level, effects, place


def _ridge_member(factors: list[Factor], records: Records, weights: Floats) -> Floats:
    """Returns the effect that a ridge regression finds for each accident."""
    _, effects, place = _ridge(factors, records, weights)
    recent = _recent_with_district(records)
    return _place_neutral(effects, effects[recent] - place[recent], records, recent)


def _tree_member(
    table: FeatureTable, trained_on: Floats, rows: Floats, target: Floats, records: Records, weights: Floats
) -> Floats:
    """Returns the mean effect that boosted trees of several seeds find for each accident."""
    names = [feature.name for feature in table.features]
    recent = _recent_with_district(records)
    hidden = table.encode_table(
        records.select(recent).without_districts(np.ones(len(recent), dtype=np.bool_)).columns()
    )
    found = np.zeros(len(rows))
    for seed in SEEDS:
        text = boost(trained_on, target, weights, names=names, rounds=_MEMBER_ROUNDS, seed=seed, **_MEMBER)
        effects = predict(text, rows)
        found += _place_neutral(effects, predict(text, hidden), records, recent) / len(SEEDS)
    return found


def _recent_with_district(records: Records) -> Codes:
    """Returns the positions of the accidents with a district in the last three years that have some."""
    positions = np.flatnonzero(records.has_district)
    years = records.year[positions]
    return np.asarray(positions[years > years.max(initial=0) - 3], dtype=np.intp)


def _place_neutral(effects: Floats, hidden: Floats, records: Records, recent: Codes) -> Floats:
    """Returns effects that are the same on average whether districts are told or not, as expectations must be.

    Years without districts differ from the others in level, too, so a fit cannot tell the two apart: without this, a
    part of the level hides in the places, and the level of the last years would not fit accidents with a district.

    Args:
        effects: The effect of each accident.
        hidden: The effect of the accidents at ``recent`` had their district not been told.
        records: The accidents.
        recent: Positions of accidents with a district.
    """
    if not len(recent):
        return effects
    shift = float((effects[recent] - hidden).mean())
    return np.asarray(effects - np.where(records.has_district, shift, 0.0), dtype=np.float64)


def _copy(table: FeatureTable, rows: Floats, target: Floats, weights: Floats) -> str:
    """Returns the small model that repeats the blend."""
    names = [feature.name for feature in table.features]
    return boost(rows, target, weights + _COPY_FLOOR, names=names, rounds=COPY_ROUNDS, **_COPY)
