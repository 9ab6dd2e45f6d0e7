"""Pearson's and Spearman's correlation of columns with gaps, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Value = TypeVar("Value")
Out = TypeVar("Out")
_FLAT = 1e-13
_THREADS = 2


class Correlations(NamedTuple):
    """Every pair of columns, shape (columns, columns): r (NaN where there is none) and how many rows have both."""

    r: Floats
    n: NDArray[np.int64]


def pearson(values: Floats) -> Correlations:
    """Returns Pearson's r of every pair over the rows that have both.

    Args:
        values: Shape (rows, columns), NaN where a value is missing. It is overwritten.
    """
    present = ~np.isnan(values)
    _standardise(values, present)
    if present.all():
        whole = np.full((values.shape[1],) * 2, len(values), dtype=np.int64)
        return Correlations(_r_of_whole(values.T @ values, whole), whole)
    mask = present.astype(np.float64)
    n: Floats = mask.T @ mask
    sums = values.T @ mask
    squares = (values * values).T @ mask
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = values.T @ values - sums * sums.T / n
        variance = squares - sums * sums / n
    variance[variance <= np.maximum(squares * 1e-12, n * _FLAT**2)] = np.nan
    with np.errstate(invalid="ignore"):
        r = np.clip(covariance / np.sqrt(variance * variance.T), -1.0, 1.0)
    return Correlations(r, n.astype(np.int64))


def spearman(values: Floats) -> Correlations:
    """Returns Spearman's ρ of every pair: Pearson's r of the ranks among the rows that have both, ties averaged.

    Args:
        values: Shape (rows, columns), NaN where a value is missing.
    """
    columns = [values[:, i] for i in range(values.shape[1])]
    present = [~np.isnan(column) for column in columns]
    if all(mask.all() for mask in present):
        return pearson(np.column_stack(_in_threads(_average_ranks, [_codes(column) for column in columns])))
    return _spearman_with_gaps(_in_threads(_codes, columns), present)


def correlate(values: Floats, method: str) -> Correlations:
    """Returns the correlations of every pair by ``pearson`` or ``spearman``."""
    return spearman(values) if method == "spearman" else pearson(values)


def _spearman_with_gaps(codes: Sequence[NDArray[np.int64]], present: Sequence[NDArray[np.bool_]]) -> Correlations:
    """Returns ρ of every pair, ranked anew for each pair whose gaps differ."""
    size = len(codes)
    r = np.full((size, size), np.nan)
    n = np.zeros((size, size), dtype=np.int64)

    def one(pair: tuple[int, int]) -> tuple[float, int]:
        both = present[pair[0]] & present[pair[1]]
        ranks = [_average_ranks(codes[i][both]) for i in pair]
        found = pearson(np.column_stack(ranks)) if both.any() else None
        return (float(found.r[0, 1]) if found else np.nan), int(both.sum())

    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    for (i, j), (value, count) in zip(pairs, _in_threads(one, pairs), strict=True):
        r[i, j] = r[j, i] = value
        n[i, j] = n[j, i] = count
    return Correlations(r, n)


def _standardise(values: Floats, present: NDArray[np.bool_]) -> None:
    """Scales every column to at most 1 and moves its mean to 0, in place; gaps become 0."""
    for i in range(values.shape[1]):
        column, there = values[:, i], present[:, i]
        whole = bool(there.all())
        kept = column if whole else column[there]
        largest = float(np.abs(kept).max()) if len(kept) else 0.0
        if largest > 0:
            column /= largest
            column -= float((column if whole else column[there]).mean())
        if not whole:
            column[~there] = 0.0


def _r_of_whole(products: Floats, n: NDArray[np.int64]) -> Floats:
    """Returns r from the products of columns without gaps and with mean 0."""
    variance = np.diag(products).copy()
    variance[variance <= np.diag(n) * _FLAT**2] = np.nan
    scale = np.sqrt(variance)
    with np.errstate(invalid="ignore"):
        r: Floats = np.clip(products / np.outer(scale, scale), -1.0, 1.0)
    return r


def _codes(column: Floats) -> NDArray[np.int64]:
    """Returns for each value its place among the different values of the column, in ascending order; gaps get 0."""
    codes = np.zeros(len(column), dtype=np.int64)
    there = ~np.isnan(column)
    kept = column if there.all() else column[there]
    if not len(kept):
        return codes
    order = np.argsort(kept)
    ordered = kept[order]
    steps = np.empty(len(kept), dtype=np.int64)
    steps[0] = 0
    np.cumsum(ordered[1:] != ordered[:-1], out=steps[1:])
    places = np.empty(len(kept), dtype=np.int64)
    places[order] = steps
    codes[there] = places
    return codes


def _average_ranks(codes: NDArray[np.int64]) -> Floats:
    """Returns the ranks of values given by their order, from 1, equal values sharing the mean of their places."""
    counts = np.bincount(codes)
    ends = np.cumsum(counts)
    means: Floats = ends - (counts - 1) / 2
    return means[codes]


def _in_threads(work: Callable[[Value], Out], items: Sequence[Value]) -> list[Out]:
    """Returns the results of work that releases the GIL, in order."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, items))
