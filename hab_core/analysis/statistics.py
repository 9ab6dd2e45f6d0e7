"""Numbers that describe one column: location, spread, percentiles, outliers."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.counting import count_values, shares
from hab_core.analysis.parameters import ColumnName, ColumnNames, Percentiles
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_results import ColumnStatistics, Percentile, PercentileResult, StatisticsResult

MAX_DESCRIBED = 20
_TOP = 5
_EXACT = 2**62


def get_column_statistics(
    table: Table,
    *,
    column: ColumnName | None = None,
    columns: ColumnNames | None = None,
    conditions: Conditions = (),
) -> StatisticsResult:
    """열의 기초 통계를 냅니다.

    숫자 열은 개수·평균·표준편차·최소·사분위수·최대·합계·왜도, 다른 열은 개수와 가장 흔한 값입니다.

    한 열이면 column, 여러 열이면 columns를 쓰고, 둘 다 생략하면 숫자 열을 모두 봅니다.
    묶음별 평균은 group_by_aggregate, 값별 건수는 get_value_counts가 맞습니다.
    """
    view = View(table, conditions)
    chosen = _chosen(view, column, columns)
    numbers = [each for each in chosen if each.family is Family.NUMBER]
    frame = view.collect(numbers, numbered=not numbers)
    described = {each.name: _describe_number(each, frame[each.name]) for each in numbers}
    for each in chosen:
        if each.name not in described:
            described[each.name] = _describe_other(view, each)
    return StatisticsResult(**view.said(), columns=[described[each.name] for each in chosen])


def calculate_percentile(
    table: Table, *, column: ColumnName, percentile: Percentiles = 50.0, conditions: Conditions = ()
) -> PercentileResult:
    """숫자 열의 백분위수를 구합니다. 예: percentile 90이면 값의 90%가 그 아래에 있는 경계값입니다.

    "상위 10%의 기준값" 같은 물음에 쓰세요(상위 10% = 90 백분위수).
    """
    view = View(table, conditions)
    chosen = view.find_number(column, "column")
    values = numbers_of(view.collect([chosen])[chosen.name])
    asked = list(percentile) if isinstance(percentile, list) else [percentile]
    found = quantiles(values, [each / 100 for each in asked])
    return PercentileResult(
        **view.said(),
        column=chosen.name,
        count=len(values),
        missing=view.rows - len(values),
        percentiles=[Percentile(percentile=each, value=value) for each, value in zip(asked, found, strict=True)],
    )


def numbers_of(series: pl.Series) -> NDArray[np.float64]:
    """Returns the values of a column that are there, as floats, shape (count,)."""
    return series.drop_nulls().cast(pl.Float64).to_numpy()


def quantiles(values: NDArray[np.float64], probabilities: list[float]) -> list[float | None]:
    """Returns quantiles by linear interpolation (Hyndman and Fan, type 7); None for each where there is no value."""
    if not len(values):
        return [None] * len(probabilities)
    return [float(each) for each in np.quantile(values, probabilities)]


def exact_sum(series: pl.Series) -> int | float | None:
    """Returns the sum of a column; whole numbers are summed without overflow."""
    if series.dtype.is_float() or series.dtype.is_decimal():
        return float(series.sum()) if series.len() > series.null_count() else None
    least, greatest = series.min(), series.max()
    if least is None or greatest is None:
        return None
    largest = max(abs(int(least)), abs(int(greatest)))  # type: ignore[arg-type]
    if largest * series.len() < _EXACT:
        return int(series.sum())
    total: int = sum(series.drop_nulls().to_list())
    return total


def _chosen(view: View, column: str | None, columns: list[str] | None) -> list[Column]:
    """Returns the columns to describe: those named, else every quantity."""
    if column is not None or columns is not None:
        named = ([column] if column is not None else []) + (columns or [])
        return view.cut(view.find_all(named, "column" if columns is None else "columns"), MAX_DESCRIBED, "열")
    numbers = [each for each in view.own_columns if each.measured]
    if not numbers:
        raise InvalidInput.of(
            "columns", "이 표에는 숫자 열이 없습니다. columns에 볼 열을 적어주세요.", list(view.columns)[:50]
        )
    return view.cut(numbers, MAX_DESCRIBED, "숫자 열")


def _describe_number(column: Column, series: pl.Series) -> ColumnStatistics:
    """Returns the description of a column of numbers."""
    values = numbers_of(series)
    count = len(values)
    facts: dict[str, Any] = {"column": column.name, "kind": column.kind, "count": count}
    facts |= {"missing": series.len() - count, "distinct": series.drop_nulls().n_unique()}
    if count:
        q1, median, q3 = quantiles(values, [0.25, 0.5, 0.75])
        mean, std, skewness = moments(values)
        facts |= {"mean": mean, "std": std, "skewness": skewness, "q1": q1, "median": median, "q3": q3}
        facts |= {"min": series.min(), "max": series.max(), "sum": exact_sum(series)}
        facts["zeros"] = int(np.count_nonzero(values == 0))
    return ColumnStatistics(**facts)


def moments(values: NDArray[np.float64]) -> tuple[float, float | None, float | None]:
    """Returns mean, sample standard deviation (n - 1) and skewness m₃ / m₂^1.5 of at least one value.

    The deviation is None for a single value, the skewness where all values are equal up to rounding.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        deviations = values - mean
        squares = deviations * deviations
        total = float(squares.sum())
        count = len(values)
        std = float(np.sqrt(total / (count - 1))) if count > 1 else None
        m2 = total / count
        if not std or std <= abs(mean) * 1e-12:
            return mean, std, None
        return mean, std, float((squares * deviations).sum() / count / m2**1.5)


def _describe_other(view: View, column: Column) -> ColumnStatistics:
    """Returns the description of a column that holds no numbers; dates have a first and a last."""
    counts = count_values(view, column)
    present = counts.filter(pl.col("value").is_not_null())
    count = int(present["count"].sum())
    ends = {}
    if column.family is Family.DATE:
        ends = {"min": present["value"].min(), "max": present["value"].max()}
    return ColumnStatistics(
        column=column.name,
        kind=column.kind,
        count=count,
        missing=view.rows - count,
        distinct=present.height,
        top=shares(present.head(_TOP).rows(), count),
        **ends,
    )
