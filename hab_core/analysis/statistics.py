"""Numbers that describe one column: location, spread, percentiles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.aggregates import sums_fit
from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.counting import count_values, shares
from hab_core.analysis.histogram import histogram_of
from hab_core.analysis.parameters import BinLimit, ColumnName, ColumnNames, Percentiles
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import (
    ColumnStatistics,
    Percentile,
    PercentileResult,
    StatisticsResult,
)

MAX_DESCRIBED = 20
_TOP = 5
_FLAT = 1e-12
_EXACT_FLOAT = 2.0**53
_SMALLEST = 1e-150


def get_column_statistics(
    table: Table,
    *,
    column: ColumnName | None = None,
    columns: ColumnNames | None = None,
    limit: BinLimit | None = None,
    conditions: Conditions = (),
) -> StatisticsResult:
    """열의 기초 통계를 냅니다: 평균·표준편차·최소·사분위수·최대·합계·왜도(숫자 열), 개수와 흔한 값(다른 열).

    한 열이면 column, 여러 열이면 columns를 쓰고, 둘 다 생략하면 숫자 열을 모두 봅니다.
    묶음별 평균은 group_by_aggregate, 값별 건수는 get_value_counts가 맞습니다.
    limit을 주면 숫자 열의 값을 그 수까지의 구간으로 나누어 셉니다(히스토그램).
    """
    view = View(table, conditions)
    chosen = _chosen(view, column, columns)
    numbers = [each for each in chosen if each.family is Family.NUMBER]
    known = [each for each in numbers if _is_profiled(view, each)]
    described = _from_profile(view, known)
    unknown = [each for each in numbers if each.name not in described]
    frame = view.collect(unknown, numbered=not unknown and view.filtered) if unknown or view.filtered else None
    for each in unknown:
        if frame is not None:
            described[each.name] = _describe_number(each, frame[each.name])
    others = [each for each in chosen if each.family is not Family.NUMBER]
    rows = view.rows if frame is None else frame.height
    for each, counts in zip(others, count_values(view, others), strict=True):
        described[each.name] = _describe_other(each, counts, rows)
    if limit is not None and numbers:
        _add_histograms(view, numbers, described, limit)
    return StatisticsResult(**view.said(rows), columns=[described[each.name] for each in chosen])


def calculate_percentile(
    table: Table, *, column: ColumnName, percentile: Percentiles = 50.0, conditions: Conditions = ()
) -> PercentileResult:
    """숫자 열의 백분위수를 구합니다. 예: percentile 90이면 값의 90%가 그 아래에 있는 경계값입니다.

    "상위 10%의 기준값" 같은 물음에 쓰세요(상위 10% = 90 백분위수).
    """
    view = View(table, conditions)
    chosen = view.find_number(column, "column")
    series = view.collect([chosen])[chosen.name]
    values = np.sort(numbers_of(series))
    asked = list(percentile) if isinstance(percentile, list) else [percentile]
    found = sorted_quantiles(values, [each / 100 for each in asked])
    return PercentileResult(
        **view.said(series.len()),
        column=chosen.name,
        count=len(values),
        missing=series.len() - len(values),
        percentiles=[Percentile(percentile=each, value=value) for each, value in zip(asked, found, strict=True)],
    )


def numbers_of(series: pl.Series) -> NDArray[np.float64]:
    """Returns the values of a column that are there, as floats, shape (count,)."""
    return series.drop_nulls().cast(pl.Float64).to_numpy()


def sorted_quantiles(values: NDArray[np.float64], probabilities: list[float]) -> list[float | None]:
    """Returns quantiles of ascending values by linear interpolation; None for each where there is no value.

    Type 7 of Hyndman and Fan (Sample Quantiles in Statistical Packages, 1996), as NumPy and pandas have it.
    """
    if not len(values):
        return [None] * len(probabilities)
    found: list[float | None] = []
    for probability in probabilities:
        place = (len(values) - 1) * probability
        below, above = float(values[math.floor(place)]), float(values[math.ceil(place)])
        part = place - math.floor(place)
        found.append(below if below == above else below * (1 - part) + above * part)
    return found


def moments(values: NDArray[np.float64]) -> tuple[float, float | None, float | None]:
    """Returns mean, sample standard deviation (n - 1) and skewness m₃ / m₂^1.5 of ascending values, at least one.

    The deviation is None for a single value, the skewness where all values are equal up to rounding.
    """
    scale = max(abs(float(values[0])), abs(float(values[-1]))) or 1.0
    scaled = values / scale
    center = float(scaled.mean())
    deviations = scaled - center
    squares = deviations * deviations
    total, count = float(squares.sum()), len(values)
    std = float(np.sqrt(total / (count - 1))) if count > 1 else None
    if not std or std <= abs(center) * _FLAT:
        return center * scale, None if std is None else std * scale, None
    m2 = total / count
    skewness = float((squares * deviations).sum()) / count / m2**1.5 if m2 > _SMALLEST else None
    return center * scale, std * scale, skewness


def _chosen(view: View, column: str | None, columns: list[str] | None) -> list[Column]:
    """Returns the columns to describe: those named, else every quantity."""
    if column is not None or columns is not None:
        named = ([column] if column is not None else []) + (columns or [])
        return view.cut(view.find_all(named, "column" if columns is None else "columns"), MAX_DESCRIBED, "열")
    numbers = [each for each in view.columns.values() if each.measured]
    if not numbers:
        raise InvalidInput.of(
            "columns", "이 표에는 숫자 열이 없습니다. columns에 볼 열을 적어주세요.", list(view.columns)[:50]
        )
    return view.cut(numbers, MAX_DESCRIBED, "숫자 열")


def _add_histograms(view: View, columns: list[Column], described: dict[str, ColumnStatistics], bins: int) -> None:
    """Counts the values of columns of numbers in bins."""
    frame = view.collect(columns)
    for each in columns:
        values = numbers_of(frame[each.name])
        counted = histogram_of(values, bins, whole=each.dtype.is_integer())
        described[each.name] = described[each.name].model_copy(update={"histogram": counted})


def _is_profiled(view: View, column: Column) -> bool:
    """Returns whether the profile tells what the whole column is like."""
    profile = None if view.filtered else view.profile_of(column)
    if profile is None or profile.mean is None or not math.isfinite(profile.mean):
        return False
    return {"0.25", "0.5", "0.75"} <= profile.quantiles.keys()


def _from_profile(view: View, columns: list[Column]) -> dict[str, ColumnStatistics]:
    """Returns descriptions whose greater part the profile knows; the rest takes one pass."""
    parts = [part for i, column in enumerate(columns) for part in _rest(view, column, i)]
    row = view.frame.select(parts).collect().row(0, named=True) if parts else {}
    found = {}
    for i, column in enumerate(columns):
        profile = view.profile_of(column)
        if profile is None or profile.mean is None:
            continue
        flat = not profile.std or profile.std <= abs(profile.mean) * _FLAT
        found[column.name] = ColumnStatistics(
            column=column.name,
            kind=column.kind,
            count=view.rows - profile.missing,
            missing=profile.missing,
            distinct=profile.distinct,
            mean=profile.mean,
            std=profile.std,
            min=profile.min,
            q1=profile.quantiles["0.25"],
            median=profile.quantiles["0.5"],
            q3=profile.quantiles["0.75"],
            max=profile.max,
            sum=row[f"sum{i}"],
            zeros=row[f"zeros{i}"],
            skewness=None if flat else row[f"skew{i}"],
        )
    return found


def _rest(view: View, column: Column, i: int) -> list[pl.Expr]:
    """Returns what the profile does not know of a column of numbers."""
    values = pl.col(column.name)
    wide = column.dtype.is_integer() and not sums_fit(view, column)
    return [
        (values.cast(pl.Int128) if wide else values).sum().alias(f"sum{i}"),
        (values == 0).sum().alias(f"zeros{i}"),
        values.skew().alias(f"skew{i}"),
    ]


def _describe_number(column: Column, series: pl.Series) -> ColumnStatistics:
    """Returns the description of a column of numbers."""
    values = np.sort(numbers_of(series))
    count = len(values)
    facts: dict[str, Any] = {"column": column.name, "kind": column.kind, "count": count}
    facts |= {"missing": series.len() - count, "distinct": 0}
    if count:
        q1, median, q3 = sorted_quantiles(values, [0.25, 0.5, 0.75])
        mean, std, skewness = moments(values)
        distinct = _distinct(series, values)
        facts |= {"mean": mean, "std": std, "skewness": skewness, "q1": q1, "median": median, "q3": q3}
        facts |= {"min": series.min(), "max": series.max(), "sum": _exact_sum(series), "distinct": distinct}
        facts["zeros"] = int(np.count_nonzero(values == 0))
    return ColumnStatistics(**facts)


def _distinct(series: pl.Series, values: NDArray[np.float64]) -> int:
    """Returns how many different values there are; ``values`` are the same ones, ascending."""
    if series.dtype.is_integer() and max(abs(values[0]), abs(values[-1])) >= _EXACT_FLOAT:
        return series.drop_nulls().n_unique()
    return 1 + int(np.count_nonzero(values[1:] != values[:-1]))


def _exact_sum(series: pl.Series) -> Any:
    """Returns the sum of at least one value; whole numbers are summed without overflow."""
    return (series.cast(pl.Int128) if series.dtype.is_integer() else series).sum()


def _describe_other(column: Column, counts: pl.DataFrame, rows: int) -> ColumnStatistics:
    """Returns the description of a column that holds no numbers; dates have a first and a last."""
    present = counts.filter(pl.col("value").is_not_null())
    count = int(present["count"].sum())
    ends = {}
    if column.family is Family.DATE:
        ends = {"min": present["value"].min(), "max": present["value"].max()}
    return ColumnStatistics(
        column=column.name,
        kind=column.kind,
        count=count,
        missing=rows - count,
        distinct=present.height,
        top=shares(present.head(_TOP).rows(), count),
        **ends,
    )
