"""Gaps as bit patterns: which columns are missing together, counted once and read in many ways."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.coding import coded
from hab_core.analysis.columns import Column
from hab_core.analysis.view import ROW, View
from hab_core.schemas.analysis_results import MissingPair, MissingPattern

_MASK = "\x00mask"
_SMALL = 1 << 16


class GapCounts(NamedTuple):
    """The gaps of a table.

    Attributes:
        columns: The columns with gaps; column ``i`` is bit ``i`` of a pattern.
        patterns: The different patterns, shape (patterns,).
        counts: How many rows have each, shape (patterns,).
        codes: The pattern of each row, as its place in ``patterns``, shape (rows,).
        frame: The columns to compare with, by row, text as codes.
    """

    columns: list[str]
    patterns: NDArray[np.int64]
    counts: NDArray[np.int64]
    codes: NDArray[np.int64]
    frame: pl.DataFrame

    def missing(self, i: int) -> NDArray[np.bool_]:
        """Returns for each pattern whether column ``i`` is missing in it."""
        return (self.patterns >> i & 1).astype(bool)


def count_gaps(view: View, gapped: list[Column], compared: list[Column]) -> GapCounts:
    """Returns the patterns of at most 62 columns, and the columns to compare with, in one scan."""
    bits = [pl.col(column.codes or column.name).is_null().cast(pl.Int64) * (1 << i) for i, column in enumerate(gapped)]
    mask = pl.sum_horizontal(bits) if bits else pl.lit(0, dtype=pl.Int64)
    others = [coded(column) for column in compared] if gapped else []
    frame = view.numbered.select(mask.alias(_MASK), *others, ROW).collect()
    patterns, codes, counts = _different(frame[_MASK].to_numpy())
    return GapCounts([column.name for column in gapped], patterns, counts, codes, frame.drop(_MASK, ROW))


def patterns_of(gaps: GapCounts, most: int) -> list[MissingPattern]:
    """Returns the most frequent patterns, complete rows among them."""
    total = int(gaps.counts.sum())
    order: list[int] = np.lexsort((gaps.patterns, -gaps.counts))[:most].tolist() if gaps.columns else []
    return [
        MissingPattern(
            columns=[name for i, name in enumerate(gaps.columns) if int(gaps.patterns[k]) >> i & 1],
            count=int(gaps.counts[k]),
            share=int(gaps.counts[k]) / total if total else None,
        )
        for k in order
    ]


def pairs_of(gaps: GapCounts, most: int) -> list[MissingPair]:
    """Returns the pairs of columns whose gaps go together most, by φ = (n·n₁₁ - n₁·n₂)/√(n₁(n - n₁)n₂(n - n₂))."""
    total = int(gaps.counts.sum())
    flags = [gaps.missing(i) for i in range(len(gaps.columns))]
    single = [int(gaps.counts[flag].sum()) for flag in flags]
    pairs = []
    for i, first in enumerate(flags):
        for j in range(i):
            together = int(gaps.counts[first & flags[j]].sum())
            spread = single[i] * (total - single[i]) * single[j] * (total - single[j])
            phi = (total * together - single[i] * single[j]) / math.sqrt(spread) if spread else None
            if together:
                pairs.append(MissingPair(columns=[gaps.columns[j], gaps.columns[i]], together=together, phi=phi))
    pairs.sort(key=lambda pair: -abs(pair.phi) if pair.phi is not None else 1.0)
    return pairs[:most]


def _different(masks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Returns the different masks, the place of each row's mask among them, and their counts."""
    if len(masks) and masks.max() >= _SMALL:
        patterns, codes, counts = np.unique(masks, return_inverse=True, return_counts=True)
        return patterns, codes, counts
    tally = np.bincount(masks)
    patterns = np.flatnonzero(tally)
    places = np.zeros(len(tally), dtype=np.int64)
    places[patterns] = np.arange(len(patterns))
    return patterns, places[masks], tally[patterns]
