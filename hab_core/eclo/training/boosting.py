"""LightGBM with fixed seeds and threads, so that the same accidents give the same bytes. Imported only when called."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from hab_core.eclo.booster import Booster
from hab_core.eclo.training.records import Floats

_FIXED: Mapping[str, object] = {
    "objective": "l2",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
    "bagging_freq": 1,
}


def boost(
    rows: Floats, target: Floats, weights: Floats, *, names: Sequence[str], rounds: int, **parameters: object
) -> str:
    """Returns a trained model as LightGBM's text.

    Args:
        rows: Shape (rows, features).
        target: Shape (rows,).
        weights: Shape (rows,).
        names: Name of each feature.
        rounds: Number of trees.
        **parameters: LightGBM's parameters; those that make it reproducible are set here.
    """
    # An OpenMP team that spins while it waits slows every other process of a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import lightgbm

    # The sample that bins are made from must hold every row, or it would depend on their number.
    options: dict[str, Any] = {"bin_construct_sample_cnt": max(1, len(rows)), **parameters, **_FIXED}
    data = lightgbm.Dataset(rows, target, weight=weights, feature_name=list(names), params=options)
    return str(lightgbm.train(options, data, num_boost_round=rounds).model_to_string())


def predict(text: str, rows: Floats) -> Floats:
    """Returns the predictions of a model's text for some rows, as serving makes them."""
    return Booster(text.encode()).predict(rows)
