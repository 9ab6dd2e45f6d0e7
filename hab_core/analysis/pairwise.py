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
_BLOCK = 200_000
_SHORT = 100_000


class Correlations(NamedTuple):
    """Every pair of columns, shape (columns, columns): r (NaN where there is none) and how many rows have both."""

    r: Floats
    n: NDArray[np.int64]


def pearson(values: Floats, only_first: bool = False) -> Correlations:
    """Returns Pearson's r of every pair over the rows that have both.

    Args:
        values: Shape (rows, columns), column by column in memory, NaN where a value is missing. It is overwritten.
        only_first: Whether pairs without the first column may be left out (then they mean nothing).
    """
    masks, mask_of = _center(values)
    products, sums, squares, there = _tally(values, masks, 1 if only_first else values.shape[1])
    n = there[np.ix_(mask_of, mask_of)].reshape(values.shape[1], values.shape[1])
    return Correlations(_r(products, sums[:, mask_of], squares[:, mask_of], n), n.astype(np.int64))


def spearman(values: Floats, only_first: bool = False) -> Correlations:
    """Returns Spearman's ρ of every pair: Pearson's r of the ranks among the rows that have both, ties averaged.

    Args:
        values: Shape (rows, columns), NaN where a value is missing.
        only_first: Whether pairs without the first column may be left out (NaN).
    """
    columns = [values[:, i] for i in range(values.shape[1])]
    present = [~np.isnan(column) for column in columns]
    codes = _in_threads(_codes, columns)
    if all(mask.all() for mask in present):
        return pearson(_columns(_in_threads(_average_ranks, codes)))
    return _spearman_with_gaps(codes, present, only_first)


def correlate(values: Floats, method: str, only_first: bool = False) -> Correlations:
    """Returns the correlations of every pair by ``pearson`` or ``spearman``; may overwrite ``values``."""
    return spearman(values, only_first) if method == "spearman" else pearson(values, only_first)


def _columns(columns: Sequence[Floats]) -> Floats:
    """Returns columns side by side, each in one piece of memory."""
    return np.array(columns, dtype=np.float64).T


def _spearman_with_gaps(
    codes: Sequence[NDArray[np.int64]], present: Sequence[NDArray[np.bool_]], only_first: bool
) -> Correlations:
    """Returns ρ of every pair; columns are ranked anew for each two sets of gaps that meet in a pair."""
    size = len(codes)
    r = np.full((size, size), np.nan)
    n = np.zeros((size, size), dtype=np.int64)
    groups = _by_mask(present)
    for a, first in enumerate(groups):
        if only_first and 0 not in first:
            continue
        for second in groups if only_first else groups[a:]:
            rows = present[first[0]] & present[second[0]]
            count = int(np.count_nonzero(rows))
            used = list(dict.fromkeys(([0] if only_first else first) + second))
            chosen = [codes[i] if count == len(rows) else codes[i][rows] for i in used]
            found = pearson(_columns(_in_threads(_average_ranks, chosen))).r if count else np.full((size, size), np.nan)
            place = {i: k for k, i in enumerate(used)}
            for i in [0] if only_first else first:
                for j in second:
                    r[i, j] = r[j, i] = found[place[i], place[j]] if count else np.nan
                    n[i, j] = n[j, i] = count
    return Correlations(r, n)


def _by_mask(present: Sequence[NDArray[np.bool_]]) -> list[list[int]]:
    """Returns the columns in groups that miss the same rows."""
    groups: list[list[int]] = []
    for i, mask in enumerate(present):
        same = next((group for group in groups if np.array_equal(present[group[0]], mask)), None)
        if same is None:
            groups.append([i])
        else:
            same.append(i)
    return groups


def _r(products: Floats, sums: Floats, squares: Floats, n: Floats) -> Floats:
    """Returns r of every pair from sums over the rows that have both; NaN where a column does not vary there."""
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = products - sums * sums.T / n
        variance = squares - sums * sums / n
        variance[variance <= np.maximum(squares * 1e-12, n * _FLAT**2)] = np.nan
        r: Floats = np.clip(covariance / np.sqrt(variance * variance.T), -1.0, 1.0)
    return r


def _tally(values: Floats, masks: Floats, first: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Returns the products of the first columns with all, sums and squares over each mask, rows that masks share.

    Goes block by block, so that a block stays in the processor's cache and the products too small for BLAS to start
    threads of its own, which wait for each other on a busy machine.
    """
    columns, kinds = values.shape[1], masks.shape[1]
    products, there = np.zeros((columns, columns)), np.zeros((kinds, kinds))
    sums, squares = np.zeros((columns, kinds)), np.zeros((columns, kinds))
    block = max(64, _BLOCK // max(1, columns * max(columns, kinds)))
    for start in range(0, len(values), block):
        part, mask = values[start : start + block], masks[start : start + block]
        products[:first] += part[:, :first].T @ part
        sums += part.T @ mask
        squares += (part * part).T @ mask
        there += mask.T @ mask
    return products, sums, squares, there


def _center(values: Floats) -> tuple[Floats, list[int]]:
    """Scales every column to at most 1 and moves its mean to 0, in place; gaps become 0.

    Returns:
        The different masks, 1 where a value is there and 0 in gaps, shape (rows, masks), and for each column the
        number of its mask.
    """
    masks: list[NDArray[np.bool_]] = []
    mask_of: list[int] = []
    for i in range(values.shape[1]):
        column = values[:, i]
        there = ~np.isnan(column)
        known = (k for k, mask in enumerate(masks) if np.array_equal(mask, there))
        mask_of.append(next(known, len(masks)))
        if mask_of[-1] == len(masks):
            masks.append(there)
        _scale(column, there)
    return np.array(masks, dtype=np.float64).reshape(len(masks), len(values)).T, mask_of


def _scale(column: Floats, there: NDArray[np.bool_]) -> None:
    """Scales one column to at most 1 and moves its mean to 0, in place; gaps become 0."""
    count = int(np.count_nonzero(there))
    whole = count == len(column)
    if not whole:
        column[~there] = 0.0
    largest = max(abs(float(column.max())), abs(float(column.min()))) if count else 0.0
    if largest > 0:
        column /= largest
        column -= float(column.sum()) / count
        if not whole:
            column[~there] = 0.0


def _codes(column: Floats) -> NDArray[np.int64]:
    """Returns a whole number for each value, in the order of the values and equal for equal ones; gaps get 0."""
    codes = np.zeros(len(column), dtype=np.int64)
    there = ~np.isnan(column)
    kept = column if there.all() else column[there]
    if not len(kept):
        return codes
    least = float(kept.min())
    if float(kept.max()) - least < _SHORT and bool((kept == np.floor(kept)).all()):
        codes[there] = (kept - least).astype(np.int64)
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
