"""What goes together with what."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.coding import coded, codes_of
from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.distributions import correlation_p, f_p
from hab_core.analysis.pairwise import correlate
from hab_core.analysis.parameters import ColumnNames, CorrelationMethod, TargetColumn, TopN
from hab_core.analysis.view import View, clean
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import (
    Correlation,
    CorrelationResult,
    TargetCorrelation,
    TargetResult,
)

MAX_CORRELATED = 30
MAX_TARGET_COLUMNS = 40
MAX_CLASSES = 300
_MAX_PAIRS = 100
_FLAT = 1e-26
_ROUNDING = 1e-12
_CLASS_RULES = frozenset({"gu", "before_dash", "time_period"})


class Target(NamedTuple):
    """The target scaled to at most 1 with mean 0.

    Attributes:
        values: By row, 0 where it is missing.
        gaps: Where it is missing; None where nowhere.
        squares: The sum of the squares.
    """

    values: NDArray[np.float64]
    gaps: NDArray[np.bool_] | None
    squares: float

    @classmethod
    def of(cls, column: NDArray[np.float64]) -> Target:
        """Returns the target from its values, NaN where they are missing."""
        gaps = np.isnan(column)
        values = np.where(gaps, 0.0, column) if gaps.any() else column.copy()
        count = len(values) - int(np.count_nonzero(gaps))
        if not count:
            return cls(values, gaps, 0.0)
        values /= max(abs(float(values.max())), abs(float(values.min()))) or 1.0
        values -= float(values.sum()) / count
        if count < len(values):
            values[gaps] = 0.0
        return cls(values, gaps if count < len(values) else None, float((values * values).sum()))


def get_correlation(
    table: Table,
    *,
    columns: ColumnNames | None = None,
    method: CorrelationMethod = "pearson",
    conditions: Conditions = (),
) -> CorrelationResult:
    """숫자 열들이 서로 얼마나 함께 움직이는지 모든 쌍의 상관계수(-1~1)를 유의확률 p, 행 수 n과 함께 구합니다.

    열을 생략하면 숫자 열을 모두 견줍니다. 한 열을 기준으로 볼 때는 get_column_correlation_with_target이 맞습니다.
    상관은 인과를 뜻하지 않습니다.
    """
    view = View(table, conditions)
    chosen = _numbers(view, columns)
    matrix = _matrix(view.collect(chosen), chosen)
    found = correlate(matrix, method)
    names = [column.name for column in chosen]
    pairs = [
        Correlation(columns=[names[i], names[j]], r=r, n=n, p=correlation_p(r, n))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        for r, n in [(float(found.r[i, j]), int(found.n[i, j]))]
    ]
    pairs.sort(key=lambda pair: -abs(pair.r) if pair.r is not None else 1.0)
    if any(pair.r is None for pair in pairs):
        view.notes.append("값이 모두 같거나 함께 있는 행이 모자란 쌍은 상관계수가 없습니다.")
    return CorrelationResult(
        **view.said(len(matrix)),
        method=method,
        columns=names,
        pairs=view.cut(pairs, _MAX_PAIRS, "쌍") if len(pairs) > _MAX_PAIRS else pairs,
        matrix=found.r.tolist(),
    )


def get_column_correlation_with_target(
    table: Table,
    *,
    target_column: TargetColumn,
    columns: ColumnNames | None = None,
    method: CorrelationMethod = "pearson",
    top_n: TopN = 20,
    conditions: Conditions = (),
) -> TargetResult:
    """숫자 열 하나(target_column)와 관련이 큰 열을 순서대로 찾습니다.

    숫자 열은 상관계수, 범주 열은 상관비 η(0~1, 제곱하면 설명되는 비율)를 p, n과 함께 냅니다.
    "무엇이 ECLO와 관련 있는가" 같은 물음에 쓰세요. 열을 생략하면 숫자·범주 열을 모두 견줍니다.
    """
    view = View(table, conditions)
    target = view.find_number(target_column, "target_column")
    chosen = [each for each in _candidates(view, columns) if each.name != target.name]
    if not chosen:
        raise InvalidInput.of("columns", f"'{target.name}'과(와) 견줄 다른 열이 없습니다.")
    chosen = view.cut(chosen, MAX_TARGET_COLUMNS, "열")
    chosen = view.prepare(chosen)
    frame = view.frame.select([clean(target), *map(coded, chosen)]).collect()
    numbers = [each for each in chosen if each.family is Family.NUMBER]
    matrix = _matrix(frame, [target, *numbers])
    y = Target.of(matrix[:, 0])
    found = _with_numbers(matrix, numbers, method)
    found += [_with_classes(each, frame[each.name], y) for each in chosen if each.family is not Family.NUMBER]
    found.sort(key=lambda each: -abs(each.value) if each.value is not None else 1.0)
    return TargetResult(
        **_said_after(view, found, top_n, frame.height),
        target_column=target.name,
        method=method,
        columns=found[:top_n],
    )


def _said_after(view: View, found: list[TargetCorrelation], top_n: int, rows: int) -> dict[str, Any]:
    """Returns what the result says of its rows, after remarks on what it leaves out."""
    if any(each.value is None for each in found):
        view.notes.append("값이 모두 같거나 함께 있는 행이 모자란 열은 관계를 계산할 수 없습니다.")
    if len(found) > top_n:
        view.cut_note(f"열 {len(found)}개 중 관련이 큰 {top_n}개만 보여줍니다.")
    return view.said(rows)


def _numbers(view: View, columns: list[str] | None) -> list[Column]:
    """Returns the columns to correlate; raises where they are fewer than two."""
    if columns is not None:
        chosen = list({each.name: each for each in (view.find_number(name, "columns") for name in columns)}.values())
    else:
        chosen = [each for each in view.columns.values() if each.measured]
    if len(chosen) < 2:
        numbers = [each.name for each in view.columns.values() if each.family is Family.NUMBER]
        raise InvalidInput.of("columns", "상관계수에는 숫자 열이 둘 이상 필요합니다.", numbers[:50])
    return view.cut(chosen, MAX_CORRELATED, "숫자 열")


def _matrix(frame: pl.DataFrame, columns: list[Column]) -> NDArray[np.float64]:
    """Returns columns as floats, shape (rows, columns), column by column in memory, NaN where a value is missing."""
    values = np.empty((frame.height, len(columns)), dtype=np.float64, order="F")
    for i, column in enumerate(columns):
        values[:, i] = frame[column.name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values


def _candidates(view: View, columns: list[str] | None) -> list[Column]:
    """Returns the columns to compare with the target: those named, else quantities and classes."""
    if columns is not None:
        return view.find_all(columns)
    found = []
    for column in view.columns.values():
        few = column.distinct is not None and column.distinct <= MAX_CLASSES
        is_class = column.kind in ("category", "boolean") and few
        if column.measured or is_class or column.rule in _CLASS_RULES:
            found.append(column)
    return found


def _with_numbers(matrix: NDArray[np.float64], columns: list[Column], method: str) -> list[TargetCorrelation]:
    """Returns the correlation of the first column of a matrix with each of the others."""
    pairs = correlate(matrix, method, only_first=True)
    found = []
    for i, column in enumerate(columns, start=1):
        r, n = float(pairs.r[0, i]), int(pairs.n[0, i])
        found.append(TargetCorrelation(column=column.name, measure=method, value=r, n=n, p=correlation_p(r, n)))
    return found


def _with_classes(column: Column, series: pl.Series, target: Target) -> TargetCorrelation:
    """Returns the correlation ratio η of the target over the classes of a column."""
    codes, values = codes_of(series)
    none = values.len()
    if target.gaps is not None:
        codes = np.where(target.gaps, none, codes)
    counts = np.bincount(codes, minlength=none + 1)
    sums = np.bincount(codes, weights=target.values, minlength=none + 1).astype(np.float64)
    squares = target.squares
    if counts[none]:
        kept = target.values[codes < none]
        squares = float((kept * kept).sum())
    there = counts[:none] > 0
    return _anova(column, counts[:none][there], sums[:none][there], squares)


def _anova(column: Column, counts: NDArray[np.int64], sums: NDArray[np.float64], squares: float) -> TargetCorrelation:
    """Returns η and its test by one-way ANOVA, from the groups' counts and sums and the sum of all squares.

    η² = between-group over total sum of squares; F = (SSB/(g - 1))/(SSW/(n - g)).
    """
    n, groups = int(counts.sum()), len(counts)
    facts: dict[str, Any] = {"column": column.name, "measure": "eta", "n": n, "value": None, "p": None}
    mean = float(sums.sum()) / n if n else 0.0
    total = squares - n * mean * mean
    if groups > 1 and total > max(squares * _ROUNDING, n * _FLAT):
        between = min(float(((sums - counts * mean) ** 2 / counts).sum()), total)
        facts["value"] = float(np.sqrt(between / total))
        within = total - between
        if n > groups:
            f = (between / (groups - 1)) / (within / (n - groups)) if within > 0 else float("inf")
            facts["p"] = f_p(f, groups - 1, n - groups)
    return TargetCorrelation(**facts, groups=groups)
