"""Times in words and pictures."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, grid, name, number, percent
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import DateRange, DateRangeResult, TemporalPattern

_UNITS = {"year": "연도", "month": "월", "day": "일", "weekday": "요일", "hour": "시", "time_period": "시간대"}


def date_range(result: DateRangeResult) -> str:
    """Returns the time each date column covers."""
    return "\n".join(map(_range, result.columns))


def temporal_pattern(result: TemporalPattern) -> str:
    """Returns the buckets and which stand out."""
    unit = _UNITS[result.by]
    value = f"{result.value_column} {result.aggregate}" if result.value_column else None
    head = f"{name(result.column)} 기준 {unit}별 건수입니다(날짜가 빈 행 {result.missing:,}개)."
    if result.busiest is not None:
        head += f" 가장 많은 때는 **{result.busiest}**, 가장 적은 때는 **{result.quietest}**입니다."
    if value and result.highest_value is not None:
        head += (
            f" {cell(value)}은(는) **{result.highest_value}**에 가장 높고 **{result.lowest_value}**에 가장 낮습니다."
        )
    header = [unit, "건수", "비율", *([cell(value)] if value else [])]
    lines = [
        [each.label, f"{each.count:,}", percent(each.share), *([number(each.value)] if value else [])]
        for each in result.buckets
    ]
    return f"{head}\n\n{grid(header, lines)}"


def temporal_chart(result: TemporalPattern) -> ChartSpec | None:
    """Returns the value, or else the count, over time: a line over years, days and hours, else bars."""
    if not result.buckets:
        return None
    label = f"{result.value_column} {result.aggregate}" if result.value_column else "건수"
    y = [each.value if result.value_column else each.count for each in result.buckets]
    series = ChartSeries(name=label, x=[each.label for each in result.buckets], y=y)
    kind = "line" if result.by in ("year", "day", "hour") else "bar"
    unit = _UNITS[result.by]
    return ChartSpec(kind=kind, title=f"{unit}별 {label}", x=unit, y=label, series=[series])


def _range(column: DateRange) -> str:
    """Returns one date column in a line."""
    if not column.count:
        return f"- {name(column.column)}: 날짜가 없습니다(빈 값 {column.missing:,}개)."
    return (
        f"- {name(column.column)}: **{cell(column.first)} ~ {cell(column.last)}**, {number(column.span_days)}일 동안 "
        f"{number(column.distinct_days)}일에 기록이 있고 {number(column.days_without_rows)}일은 없습니다"
        f"(값 {column.count:,}개, 빈 값 {column.missing:,}개)."
    )
