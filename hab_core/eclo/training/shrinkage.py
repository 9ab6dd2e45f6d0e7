"""Shrunken means: what a cell of the data says, believed as far as its number of accidents allows."""

from __future__ import annotations

import numpy as np

from hab_core.eclo.training.records import MISSING, Codes, Floats

_FOLDS = 10


def shrunken_means(codes: Codes, size: int, values: Floats, weights: Floats, strength: float) -> Floats:
    """Returns the mean of ``values`` for each code, drawn to zero as by ``strength`` accidents with the value zero.

    Args:
        codes: Code of each row, shape (rows,); rows with ``MISSING`` are passed over.
        size: Number of codes.
        values: Shape (rows,), of mean zero overall.
        weights: Shape (rows,).
        strength: Weight of the doubt.

    Returns:
        Shape (size,).
    """
    sums = np.bincount(codes + 1, weights * values, size + 1)[1:]
    counts = np.bincount(codes + 1, weights, size + 1)[1:]
    return np.asarray(sums / (counts + strength), dtype=np.float64)


def out_of_fold_means(codes: Codes, size: int, values: Floats, weights: Floats, strength: float) -> Floats:
    """Returns for each row its cell's shrunken mean as the *other* rows tell it, NaN where the code is missing.

    A model that is trained on cell means in which each row's own outcome is contained trusts them too much. The rows
    are dealt into ten folds by a fixed seed.
    """
    folds = np.random.default_rng(0).integers(0, _FOLDS, len(codes))
    means = np.full(len(codes), np.nan)
    for fold in range(_FOLDS):
        inside = (folds == fold) & (codes != MISSING)
        others = shrunken_means(codes, size, values, np.where(folds == fold, 0.0, weights), strength)
        means[inside] = others[codes[inside]]
    return means
