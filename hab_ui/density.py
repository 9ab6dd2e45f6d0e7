"""Densities from counted bins: a kernel estimate that needs the bins of a column, not its rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

_POINTS = 160
_REACH = 3.0


class Curve(NamedTuple):
    """A density at some values; the area under it is 1."""

    x: list[float]
    y: list[float]


def of_statistics(column: dict[str, Any]) -> Curve | None:
    """Returns the density of a column from what ``get_column_statistics`` counted; None where it has no spread."""
    counted, spread = column["histogram"], column["std"]
    if not counted or not spread or column["count"] < 2:
        return None
    return of_bins(counted["edges"], counted["counts"], bandwidth(spread, column["q3"] - column["q1"], column["count"]))


def bandwidth(std: float, quartile_range: float, count: int) -> float:
    """Returns Silverman's rule of thumb (Density Estimation, 1986, 3.31): 0.9·min(s, IQR/1.34)·n^(-1/5)."""
    spread = min(std, quartile_range / 1.34) if quartile_range > 0 else std
    return 0.9 * spread * math.pow(count, -1 / 5)


def of_bins(edges: Sequence[float], counts: Sequence[int], width: float) -> Curve:
    """Returns a Gaussian kernel estimate with each bin's values at its middle.

    Args:
        edges: Edges of the bins, ascending, one more than counts.
        counts: Values in each bin.
        width: The kernel's standard deviation; at least that of half a bin, below which the bins would show.
    """
    ends, weights = np.asarray(edges), np.asarray(counts, dtype=float)
    middles = (ends[:-1] + ends[1:]) / 2
    width = max(width, float(np.diff(ends).max()) / 2)
    at = np.linspace(ends[0] - _REACH * width, ends[-1] + _REACH * width, _POINTS)
    kernel = np.exp(-0.5 * ((at[:, None] - middles[None, :]) / width) ** 2)
    density = kernel @ weights / (weights.sum() * width * math.sqrt(2 * math.pi))
    return Curve(at.tolist(), density.tolist())
