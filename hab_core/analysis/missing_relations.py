"""Whether the gaps of a column depend on other columns, with the evidence for it.

What the data can show: gaps that differ between groups (then they are not missing completely at random). What it
cannot: gaps that depend on the very values that are missing (Little and Rubin, Statistical Analysis with Missing Data,
chapter 1). So a verdict never claims the latter.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.coding import codes_of
from hab_core.analysis.columns import Column, Family
from hab_core.analysis.crosstab import independence
from hab_core.analysis.distributions import correlation_p
from hab_core.analysis.gaps import GapCounts
from hab_core.schemas.analysis_results import MissingRelation

STRONG = 0.1
SIGNIFICANT = 0.01
_ENOUGH_GAPS = 10
_ENOUGH_ROWS = 30
_FLAT = 1e-24
_UNKNOWABLE = "비어 있는 값 자체에 달린 결측(MNAR)인지는 자료만으로 알 수 없습니다."


class _Classes(NamedTuple):
    """A column of classes by pattern of gaps: its values, and counts, shape (values, patterns)."""

    name: str
    values: pl.Series
    counts: NDArray[np.int64]


class _Numbers(NamedTuple):
    """A column of numbers by pattern of gaps: counts, sums and sums of squares of centred, scaled values."""

    name: str
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    center: float
    scale: float


Summary = _Classes | _Numbers


def summarise(gaps: GapCounts, compared: list[Column]) -> list[Summary]:
    """Returns what the columns look like for each pattern of gaps: all that the relations need, in one pass."""
    summaries: list[Summary] = []
    for column in compared:
        series = gaps.frame[column.name]
        if column.family is Family.NUMBER and column.rule is None:
            summaries.append(_numbers(gaps, column.name, series))
        else:
            summaries.append(_classes(gaps, column.name, series))
    return summaries


def find_relations(gaps: GapCounts, i: int, summaries: list[Summary]) -> list[MissingRelation]:
    """Returns how the gaps of column ``i`` relate to each column that varies where it is known, the strongest first."""
    missing = gaps.missing(i)
    name = gaps.columns[i]
    found = []
    for other in summaries:
        if other.name == name:
            continue
        if isinstance(other, _Classes):
            relation = _with_classes(name, other, missing)
        else:
            relation = _with_numbers(name, other, missing)
        found += [relation] if relation is not None else []
    return sorted(found, key=lambda each: -(each.strength or 0.0))


def judge(missing: int, rows: int, relations: list[MissingRelation]) -> tuple[str, str]:
    """Returns the verdict and its explanation in Korean.

    A relation counts where its strength is at least 0.1 (Cohen's small effect) and its p, times the number of columns
    compared (Bonferroni), under 0.01.
    """
    if missing == rows:
        return "always", "모든 값이 비어 있어 다른 열과 견줄 수 없습니다."
    if missing < _ENOUGH_GAPS or rows < _ENOUGH_ROWS or not relations:
        return "unknown", "결측이 적거나 견줄 열이 없어 판단할 수 없습니다."
    strong = [
        each
        for each in relations
        if (each.strength or 0.0) >= STRONG and (each.p if each.p is not None else 1.0) * len(relations) < SIGNIFICANT
    ]
    if strong:
        best = strong[0]
        return "related", (
            f"결측이 '{best.other}'에 따라 다릅니다({best.evidence}). 완전 무작위 결측(MCAR)으로 보기 어렵습니다. "
            f"{_UNKNOWABLE}"
        )
    return "unrelated", (
        f"견준 {len(relations)}개 열과 뚜렷한 관계가 없습니다. 완전 무작위 결측(MCAR)과 모순되지 않습니다. "
        f"{_UNKNOWABLE}"
    )


def _classes(gaps: GapCounts, name: str, series: pl.Series) -> _Classes:
    """Returns a column of classes by pattern."""
    codes, values = codes_of(series)
    patterns = len(gaps.patterns)
    tally = np.bincount(codes * patterns + gaps.codes, minlength=(values.len() + 1) * patterns)
    return _Classes(name, values, tally.reshape(values.len() + 1, patterns)[:-1])


def _numbers(gaps: GapCounts, name: str, series: pl.Series) -> _Numbers:
    """Returns a column of numbers by pattern."""
    known = series.is_not_null().to_numpy()
    values = series.drop_nulls().cast(pl.Float64).to_numpy()
    codes = gaps.codes if known.all() else gaps.codes[known]
    size = len(gaps.patterns)
    scale = max(abs(float(values.max())), abs(float(values.min())), 1e-300) if len(values) else 1.0
    scaled = values / scale
    center = float(scaled.mean()) if len(values) else 0.0
    scaled -= center
    return _Numbers(
        name,
        np.bincount(codes, minlength=size),
        np.bincount(codes, weights=scaled, minlength=size).astype(np.float64),
        np.bincount(codes, weights=scaled * scaled, minlength=size).astype(np.float64),
        center,
        scale,
    )


def _with_classes(name: str, other: _Classes, missing: NDArray[np.bool_]) -> MissingRelation | None:
    """Returns the relation with a column of classes: Cramér's V of the 2 x classes table."""
    gaps = other.counts[:, missing].sum(axis=1)
    totals = other.counts.sum(axis=1)
    used = totals > 0
    gaps, totals, values = gaps[used], totals[used], other.values.filter(pl.Series(used))
    sides = np.array([int((totals - gaps).sum()), int(gaps.sum())])
    if len(totals) < 2 or not sides.all():
        return None
    table = np.stack([totals - gaps, gaps])
    side, place = np.nonzero(table)
    test = independence(np.column_stack([table[side, place], side, place]), sides, totals)
    shares = gaps / totals
    most, least = int(shares.argmax()), int(shares.argmin())
    return MissingRelation(
        column=name,
        other=other.name,
        measure="cramers_v",
        n=int(sides.sum()),
        strength=test.cramers_v,
        p=test.p,
        evidence=f"결측률 {values[most]} {shares[most]:.1%}, {values[least]} {shares[least]:.1%}",
    )


def _with_numbers(name: str, other: _Numbers, missing: NDArray[np.bool_]) -> MissingRelation | None:
    """Returns the relation with a column of numbers: the point-biserial correlation."""
    n, with_gap = int(other.counts.sum()), int(other.counts[missing].sum())
    without = n - with_gap
    if not with_gap or not without:
        return None
    mean = float(other.sums.sum()) / n
    variance = float(other.squares.sum()) / n - mean * mean
    if variance <= _FLAT:
        return None
    ends = [float(other.sums[side].sum()) / count for side, count in ((missing, with_gap), (~missing, without))]
    r = (ends[0] - ends[1]) * math.sqrt(with_gap * without / variance) / n
    shown = [(end + other.center) * other.scale for end in ends]
    return MissingRelation(
        column=name,
        other=other.name,
        measure="point_biserial",
        n=n,
        strength=min(1.0, abs(r)),
        p=correlation_p(max(-1.0, min(1.0, r)), n),
        evidence=f"평균이 결측 행 {shown[0]:,.4g}, 나머지 {shown[1]:,.4g}",
    )
