"""Ridge regression on crossed categories: the smooth, additive member of the ensemble.

Each *factor* is a column of codes (a category, or the crossing of several) with one coefficient per code and one
penalty for all of them. A penalty is the ratio of the noise's variance to that of the coefficients: it says how many
accidents it takes before a cell is believed as much as it is doubted (James and Stein's shrinkage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hab_core.eclo.training.records import MISSING, Codes, Floats

_TOLERANCE = 1e-4
_MOST_STEPS = 200


@dataclass(frozen=True)
class Factor:
    """One column of codes.

    Attributes:
        name: Raw fields joined by ``*``.
        codes: Code of each row, shape (rows,); ``MISSING`` contributes nothing.
        size: Number of codes.
        penalty: How strongly its coefficients are drawn to zero.
    """

    name: str
    codes: Codes
    size: int
    penalty: float


def cross(columns: Sequence[Codes]) -> tuple[Codes, int]:
    """Returns one code for each combination that occurs, and how many do; missing where a part is."""
    known = np.all([column != MISSING for column in columns], axis=0)
    joint = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        joint = joint * (int(column.max(initial=0)) + 1) + np.where(known, column, 0)
    codes = np.full(len(joint), MISSING, dtype=np.intp)
    distinct, codes[known] = np.unique(joint[known], return_inverse=True)
    return codes, len(distinct)


def fit_ridge(factors: Sequence[Factor], target: Floats, weights: Floats) -> list[Floats]:
    """Returns the coefficients of each factor, by preconditioned conjugate gradients on the normal equations.

    Args:
        factors: The columns.
        target: Shape (rows,); its mean should be near zero, there is no intercept.
        weights: Shape (rows,), not negative.
    """
    system = _System(factors, weights)
    right = system.spread(weights * target)
    solution = np.zeros_like(right)
    residual, scaled = right.copy(), right / system.diagonal
    direction, energy = scaled.copy(), _dot(residual, scaled)
    limit = _TOLERANCE**2 * _dot(right, right)
    for _ in range(_MOST_STEPS):
        if _dot(residual, residual) <= limit:
            break
        applied = system.apply(direction)
        step = energy / _dot(direction, applied)
        solution += step * direction
        residual -= step * applied
        scaled = residual / system.diagonal
        energy, previous = _dot(residual, scaled), energy
        direction = scaled + (energy / previous) * direction
    return system.split(solution)


def contribution(factor: Factor, coefficients: Floats) -> Floats:
    """Returns what a factor adds to the prediction of each row."""
    return np.append(coefficients, 0.0)[factor.codes]


class _System:
    """The penalised normal equations of crossed factors, never written out."""

    def __init__(self, factors: Sequence[Factor], weights: Floats) -> None:
        self._factors = factors
        self._weights = weights
        self._penalties = np.concatenate([np.full(factor.size, factor.penalty) for factor in factors])
        self.diagonal = self.spread(weights) + self._penalties

    def apply(self, coefficients: Floats) -> Floats:
        """Returns the matrix times a vector."""
        fitted = np.zeros_like(self._weights)
        for factor, part in zip(self._factors, self.split(coefficients), strict=True):
            fitted += contribution(factor, part)
        return self.spread(self._weights * fitted) + self._penalties * coefficients

    def spread(self, values: Floats) -> Floats:
        """Returns the sum of the rows' values for each coefficient."""
        sums = [np.bincount(each.codes + 1, values, each.size + 1)[1:] for each in self._factors]
        return np.concatenate(sums)

    def split(self, coefficients: Floats) -> list[Floats]:
        """Returns the coefficients factor by factor."""
        return np.split(coefficients, np.cumsum([factor.size for factor in self._factors])[:-1])


def _dot(left: Floats, right: Floats) -> float:
    """Returns the inner product; summed by numpy itself, whose order does not depend on threads."""
    return float((left * right).sum())
