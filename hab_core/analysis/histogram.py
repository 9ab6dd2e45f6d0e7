"""Values counted in bins of equal width."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hab_core.schemas.analysis_figures import Histogram


def histogram_of(values: NDArray[np.float64], bins: int, *, whole: bool) -> Histogram | None:
    """Returns how many values lie in each bin; the last bin includes its upper edge.

    Args:
        values: Finite numbers, shape (count,), in any order.
        bins: At most so many bins.
        whole: Whether the values are whole numbers; their bins then hold equally many of them, with edges half way
            between two numbers, so that no bin is empty for want of a number that could lie in it.

    Returns:
        The edges and the counts; None where there is no value, or where the range is too wide for a float.
    """
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    edges = _whole_edges(low, high, bins) if whole else _edges(low, high, bins)
    if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        return None
    counts, _ = np.histogram(values, edges)
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def _edges(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """Returns the edges between the least and the greatest value; around a single value, of one bin."""
    if low == high:
        reach = abs(low) / 2 or 0.5
        return np.array([low - reach, low + reach])
    with np.errstate(over="ignore", invalid="ignore"):
        return np.linspace(low, high, bins + 1)


def _whole_edges(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """Returns edges half way between whole numbers."""
    numbers = high - low + 1
    width = math.ceil(numbers / bins)
    return low - 0.5 + width * np.arange(math.ceil(numbers / width) + 1, dtype=np.float64)
