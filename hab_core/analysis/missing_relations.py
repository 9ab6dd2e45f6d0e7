"""Whether the gaps of a column depend on other columns, with the evidence for it.

What the data can show: gaps that differ between groups (then they are not missing completely at random). What it
cannot: gaps that depend on the very values that are missing (Little and Rubin, Statistical Analysis with Missing Data,
chapter 1). So a verdict never claims the latter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.crosstab import independence
from hab_core.analysis.distributions import correlation_p
from hab_core.analysis.gaps import GapCounts
from hab_core.analysis.pairwise import pearson
from hab_core.schemas.analysis_results import MissingRelation

STRONG = 0.1
SIGNIFICANT = 0.01
_ENOUGH_GAPS = 10
_ENOUGH_ROWS = 30
_UNKNOWABLE = "비어 있는 값 자체에 달린 결측(MNAR)인지는 자료만으로 알 수 없습니다."


def find_relations(gaps: GapCounts, i: int, compared: list[Column]) -> list[MissingRelation]:
    """Returns how the gaps of column ``i`` relate to each column that varies where it is known, the strongest first."""
    missing = gaps.missing(i)[gaps.codes]
    found = []
    for column in compared:
        series = gaps.frame[column.name]
        known = series.is_not_null().to_numpy()
        if column.family is Family.NUMBER and column.rule is None:
            relation = _with_number(gaps.columns[i], column, series, known, missing)
        else:
            relation = _with_classes(gaps.columns[i], column, series, known, missing)
        if relation is not None:
            found.append(relation)
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


def _with_classes(
    name: str, column: Column, series: pl.Series, known: NDArray[np.bool_], missing: NDArray[np.bool_]
) -> MissingRelation | None:
    """Returns the relation with a column of classes: Cramér's V of the 2 x classes table."""
    values = series.drop_nulls().unique().sort()
    if values.len() < 2:
        return None
    codes = _places(series, values)[known]
    flags = missing[known]
    totals = np.bincount(codes, minlength=values.len())
    gaps = np.bincount(codes[flags], minlength=values.len())
    sides = np.array([len(flags) - int(flags.sum()), int(flags.sum())])
    if not sides.all():
        return None
    cells = [
        (count, side, k)
        for side, counts in enumerate((totals - gaps, gaps))
        for k, count in enumerate(counts.tolist())
        if count
    ]
    test = independence(np.array(cells), sides, totals)
    shares = gaps / totals
    most, least = int(shares.argmax()), int(shares.argmin())
    return MissingRelation(
        column=name,
        other=column.name,
        measure="cramers_v",
        n=len(flags),
        strength=test.cramers_v,
        p=test.p,
        evidence=f"결측률 {values[most]} {shares[most]:.1%}, {values[least]} {shares[least]:.1%}",
    )


def _places(series: pl.Series, values: pl.Series) -> NDArray[np.int64]:
    """Returns the place of each cell among the sorted different values; missing cells get 0."""
    if series.dtype == pl.String:
        codes = series.cast(pl.Enum(values)).to_physical()
    else:
        codes = series.replace_strict(values, pl.int_range(values.len(), eager=True), default=None)
    return codes.fill_null(0).cast(pl.Int64).to_numpy()


def _with_number(
    name: str, column: Column, series: pl.Series, known: NDArray[np.bool_], missing: NDArray[np.bool_]
) -> MissingRelation | None:
    """Returns the relation with a column of numbers: the point-biserial correlation."""
    values = series.drop_nulls().cast(pl.Float64).to_numpy()
    flags = missing[known]
    if not flags.any() or flags.all():
        return None
    with_gap, without = _mean(values[flags]), _mean(values[~flags])
    matrix = np.asfortranarray(np.column_stack([values, flags.astype(np.float64)]))
    r: Any = float(pearson(matrix).r[0, 1])
    if np.isnan(r):
        return None
    return MissingRelation(
        column=name,
        other=column.name,
        measure="point_biserial",
        n=len(flags),
        strength=abs(r),
        p=correlation_p(r, len(flags)),
        evidence=f"평균이 결측 행 {with_gap:,.4g}, 나머지 {without:,.4g}",
    )


def _mean(values: NDArray[np.float64]) -> float:
    """Returns the mean of at least one value."""
    return float(values.mean())
