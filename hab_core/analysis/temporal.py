"""When things happen: the time a table covers, and how it spreads over years, months, weekdays and hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.aggregates import WORDS, aggregate_of
from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.parameters import ColumnName, OneAggregate, TemporalUnit, ValueColumn
from hab_core.analysis.view import View, clean
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import (
    DateRange,
    DateRangeResult,
    TemporalBucket,
    TemporalPattern,
)
from hab_core.schemas.eclo import TIME_PERIODS, WEEKDAYS, time_period

MAX_DATE_COLUMNS = 10
MAX_YEARS = 200
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_MOST_BINS = 2_000_000
_GLANCED = 1_000
_HOURLY = ("hour", "time_period")
_FIXED: dict[str, tuple[Sequence[int], Sequence[str]]] = {
    "month": (range(1, 13), [f"{month}월" for month in range(1, 13)]),
    "day": (range(1, 32), [f"{day}일" for day in range(1, 32)]),
    "weekday": (range(1, 8), WEEKDAYS),
    "hour": (range(24), [f"{hour}시" for hour in range(24)]),
    "time_period": (range(len(TIME_PERIODS)), TIME_PERIODS),
}


def get_date_range(table: Table, *, column: ColumnName | None = None, conditions: Conditions = ()) -> DateRangeResult:
    """날짜 열의 처음과 끝, 기간의 길이, 기록이 있는 날과 없는 날의 수를 알려줍니다.

    "언제부터 언제까지의 자료인가" 같은 물음에 쓰세요. 열을 생략하면 날짜 열을 모두 봅니다.
    """
    view = View(table, conditions)
    if column is not None:
        chosen = [view.find_date(column, "column")]
    else:
        chosen = view.cut(_date_columns(view), MAX_DATE_COLUMNS, "날짜 열")
    ranges = [_date_range(view, each) for each in chosen]
    return DateRangeResult(**view.said(), columns=ranges)


def get_temporal_pattern(
    table: Table,
    *,
    by: TemporalUnit = "month",
    column: ColumnName | None = None,
    value_column: ValueColumn | None = None,
    aggregate: OneAggregate = "mean",
    conditions: Conditions = (),
) -> TemporalPattern:
    """연·월·일·요일·시·시간대별 건수와 비율을 달력 순서로 보여줍니다.

    value_column이 있으면 구간마다 그 평균(또는 합계 등)도 구합니다.

    "몇 월에 사고가 많은가", "시간대별 평균 ECLO" 같은 물음에 쓰세요. 여러 해의 같은 달(요일, 시)은 합쳐서 셉니다.
    날짜 열(column)을 생략하면 첫 번째 날짜 열을 씁니다.
    """
    view = View(table, conditions)
    dates = _date_columns(view)
    chosen = view.find_date(column, "column") if column is not None else dates[0]
    if column is None and len(dates) > 1:
        view.notes.append(f"날짜 열이 여럿이어서 '{chosen.name}'을(를) 썼습니다.")
    value = view.find_number(value_column, "value_column") if value_column is not None else None
    counted = _counted(view, chosen, by, value, aggregate)
    present = counted.filter(pl.col("key").is_not_null())
    total, rows = int(present["count"].sum()), int(counted["count"].sum())
    buckets = _buckets(view, by, present, total)
    _remark_on_hours(view, chosen, by, present)
    return TemporalPattern(
        **view.said() | {"rows": rows},
        column=chosen.name,
        by=by,
        value_column=value.name if value else None,
        aggregate=WORDS[aggregate] if value else "",
        missing=rows - total,
        buckets=buckets,
        **_extremes(buckets, total),
    )


def _date_columns(view: View) -> list[Column]:
    """Returns the date columns; raises where there is none."""
    found = [each for each in view.columns.values() if each.family is Family.DATE]
    if not found:
        raise InvalidInput.of("column", "이 표에는 날짜 열이 없습니다.")
    return found


def _days_and_hours(values: pl.Series) -> tuple[int, bool]:
    """Returns on how many days there are moments, and whether any of them has a time of day."""
    if values.dtype == pl.Date:
        days, hourly = values.to_physical().to_numpy().astype(np.int64), False
    else:
        moments = values.cast(pl.Datetime("us")).to_physical().to_numpy()
        days = moments // _DAY
        some = moments[:_GLANCED] != days[:_GLANCED] * _DAY
        hourly = bool(some.any()) or bool((moments != days * _DAY).any())
    if not len(days):
        return 0, False
    least, greatest = int(days.min()), int(days.max())
    if greatest - least > _MOST_BINS:
        return len(np.unique(days)), hourly
    return int(np.count_nonzero(np.bincount(days - least))), hourly


def _date_range(view: View, column: Column) -> DateRange:
    """Returns the range of a column."""
    cells = view.frame.select(pl.col(column.name)).collect().to_series()
    values = cells.drop_nulls()
    first, last = values.min(), values.max()
    days, hourly = _days_and_hours(values)
    span = (_day(last) - _day(first)).days + 1 if isinstance(first, date) and isinstance(last, date) else None
    return DateRange(
        column=column.name,
        count=values.len(),
        missing=cells.len() - values.len(),
        first=first,
        last=last,
        span_days=span,
        distinct_days=days if values.len() else None,
        days_without_rows=span - days if span is not None else None,
        has_hours=hourly,
    )


def _day(moment: date | datetime) -> date:
    """Returns the day of a moment."""
    return moment.date() if isinstance(moment, datetime) else moment


def _counted(view: View, dates: Column, by: str, value: Column | None, aggregate: str) -> pl.DataFrame:
    """Returns ``key``, ``count`` and, with a value column, ``value`` for each part of the date that occurs."""
    if value is None or aggregate in ("mean", "sum"):
        return _tallied(view, dates, by, value, aggregate)
    aggregated = [pl.len().cast(pl.Int64).alias("count")]
    if value is not None:
        aggregated.append(aggregate_of(view, value, aggregate).alias("value"))
    return view.frame.group_by(_key(dates, by)).agg(aggregated).collect()


def _tallied(view: View, dates: Column, by: str, value: Column | None, aggregate: str) -> pl.DataFrame:
    """Returns counts, means and sums as ``_counted`` does: tallied by the hour first, then the hours by their part."""
    wanted = [pl.col(dates.name).cast(pl.Datetime("us")).to_physical().alias("moment")]
    wanted += [clean(value).alias("value")] if value is not None else []
    frame = view.frame.select(wanted).collect()
    known = frame["moment"].is_not_null()
    dated = frame if known.all() else frame.filter(known)
    hours = dated["moment"].to_numpy() // _HOUR
    least = int(hours.min()) if len(hours) else 0
    places = hours - least
    if len(hours) and int(places.max()) > _MOST_BINS:
        _, places = np.unique(hours, return_inverse=True)
        moments = np.unique(hours)
    else:
        moments = np.arange(least, least + (int(places.max()) + 1 if len(hours) else 0))
    tally = pl.DataFrame({dates.name: pl.Series(moments * _HOUR, dtype=pl.Int64).cast(pl.Datetime("us"))})
    tally = tally.with_columns(pl.Series("count", np.bincount(places, minlength=len(moments)).astype(np.int64)))
    if value is not None:
        tally = tally.with_columns(_sums(dated["value"], places, len(moments)))
    parts = tally.filter(pl.col("count") > 0).group_by(_key(dates._replace(dtype=pl.Datetime("us")), by))
    found = parts.agg(_combined(value is not None, aggregate))
    lost = frame.height - dated.height
    if not lost:
        return found
    return pl.concat([found, pl.DataFrame({"key": [None], "count": [lost]})], how="diagonal_relaxed")


def _sums(values: pl.Series, places: NDArray[np.int64], size: int) -> list[pl.Series]:
    """Returns for each hour the sum of the values that are there, and how many they are."""
    known = values.is_not_null().to_numpy()
    given = values.drop_nulls().cast(pl.Float64).to_numpy()
    places = places if known.all() else places[known]
    sums = np.bincount(places, weights=given, minlength=size).astype(np.float64)
    return [pl.Series("sum", sums), pl.Series("given", np.bincount(places, minlength=size).astype(np.int64))]


def _combined(valued: bool, aggregate: str) -> list[pl.Expr]:
    """Returns count and value of a part of the date from those of its hours; a value of nothing is null."""
    if not valued:
        return [pl.col("count").sum()]
    total, given = pl.col("sum").sum(), pl.col("given").sum()
    value = total / given if aggregate == "mean" else total
    return [pl.col("count").sum(), pl.when(given > 0).then(value).alias("value")]


def _key(dates: Column, by: str) -> pl.Expr:
    """Returns the part of the date as a whole number; null where there is no date."""
    moment = pl.col(dates.name)
    if by in _HOURLY and dates.dtype == pl.Date:
        moment = moment.cast(pl.Datetime("us"))
    if by == "time_period":
        periods = {hour: TIME_PERIODS.index(time_period(hour)) for hour in range(24)}
        return moment.dt.hour().replace_strict(periods, return_dtype=pl.Int8).alias("key")
    parts = {"year": moment.dt.year, "month": moment.dt.month, "day": moment.dt.day}
    return (parts | {"weekday": moment.dt.weekday, "hour": moment.dt.hour})[by]().alias("key")


def _buckets(view: View, by: str, present: pl.DataFrame, total: int) -> list[TemporalBucket]:
    """Returns the parts of the calendar in order, those without rows included."""
    found = {row["key"]: row for row in present.iter_rows(named=True)}
    if by == "year":
        years = range(min(found), max(found) + 1) if found else range(0)
        keys: Sequence[int] = years if len(years) <= MAX_YEARS else view.cut(sorted(found), MAX_YEARS, "연도")
        labels: Sequence[str] = [f"{year}년" for year in keys]
    else:
        keys, labels = _FIXED[by]
    buckets = []
    for key, label in zip(keys, labels, strict=True):
        row = found.get(key, {"count": 0, "value": None})
        share = row["count"] / total if total else None
        buckets.append(TemporalBucket(label=label, count=row["count"], share=share, value=row.get("value")))
    return buckets


def _extremes(buckets: list[TemporalBucket], total: int) -> dict[str, str | None]:
    """Returns the labels of the buckets with most and fewest rows, highest and lowest value."""
    valued = [each for each in buckets if each.value is not None]
    return {
        "busiest": max(buckets, key=lambda each: each.count).label if total else None,
        "quietest": min(buckets, key=lambda each: each.count).label if total else None,
        "highest_value": max(valued, key=lambda each: each.value or 0.0).label if valued else None,
        "lowest_value": min(valued, key=lambda each: each.value or 0.0).label if valued else None,
    }


def _remark_on_hours(view: View, dates: Column, by: str, present: pl.DataFrame) -> None:
    """Remarks that a table without times of day says nothing of hours."""
    if by in _HOURLY and present.height == 1 and (dates.dtype == pl.Date or present["key"][0] == 0):
        view.notes.append(f"'{dates.name}'에는 시각이 없어 모두 0시로 셉니다.")
