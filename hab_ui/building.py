"""A chart to one's own wishes: which kind, of which columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from hab_core.schemas.datasets import DatasetDetail, DerivedRule
from hab_ui import backend, gathering, plans
from hab_ui.columns import ColumnInfo, by_rule, columns_of, names
from hab_ui.filters import Condition
from hab_ui.plans import Plan

_NONE = "(나누지 않음)"
_COUNT = "건수"
_MONTHLY = "연-월"
_UNIT_ORDER: tuple[DerivedRule, ...] = ("month", "weekday", "hour", "time_period", "day", "year")

Build = Callable[[DatasetDetail, list[ColumnInfo], list[Condition]], Plan | None]


def show(detail: DatasetDetail, where: list[Condition]) -> Plan | None:
    """Shows the boxes of the builder and returns the chart; None where the dataset has no column for it."""
    kind = st.selectbox("그림 종류", list(_BUILDERS), key=f"build-kind-{detail.id}")
    return _BUILDERS[kind](detail, columns_of(detail), where)


def _histogram(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a column of numbers."""
    column = _choose("숫자 열", [each for each in columns if each.is_measure], "histogram", detail)
    return plans.histogram(detail.id, column, where) if column else None


def _bars(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a column of classes, and what to compute for each."""
    left, middle, right = st.columns(3)
    with left:
        column = _choose("묶을 열", [each for each in columns if each.is_class], "bar", detail)
    if column is None:
        return None
    with middle:
        value, aggregate = _value(columns, "bar", detail, right)
    if value is None:
        return plans.bars(detail.id, column, where, top=20)
    return plans.grouped_bars(detail.id, column, value, aggregate, where)


def _boxes(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a column of numbers and what to divide it by."""
    return _divided(detail, columns, where, "box", plans.boxes)


def _densities(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a column of numbers and what to divide it by."""
    return _divided(detail, columns, where, "violin", plans.densities)


def _scatter(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for two columns of numbers."""
    measures = [each for each in columns if each.is_measure or each.kind in ("latitude", "longitude")]
    if len(measures) < 2:
        st.info("산점도에는 숫자 열이 둘 이상 필요합니다.", icon=":material/info:")
        return None
    left, right = st.columns(2)
    with left:
        x = _choose("가로축", measures, "x", detail)
    with right:
        y = _choose("세로축", [each for each in measures if each.name != x], "y", detail)
    return plans.scatter(detail.id, x, y, where) if x and y else None


def _week(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a date column with hours."""
    hourly = [each for each in columns if each.kind == "date" and by_rule(detail, "hour", each.name)]
    date = _choose("날짜·시각 열", hourly, "week", detail)
    if date is None:
        return None
    return plans.week(detail.id, by_rule(detail, "weekday", date) or "", by_rule(detail, "hour", date) or "", where)


def _trend(detail: DatasetDetail, columns: list[ColumnInfo], where: list[Condition]) -> Plan | None:
    """Asks for a date column, a unit of the calendar, and what to compute."""
    places = st.columns(4)
    with places[0]:
        date = _choose("날짜 열", [each for each in columns if each.kind == "date"], "trend", detail)
    if date is None:
        return None
    rules = [column.rule for column in columns if date in column.sources]
    units: dict[str, DerivedRule | None] = {_MONTHLY: None}
    units |= {plans.UNITS[unit]: unit for unit in _UNIT_ORDER if unit in rules}
    with places[1]:
        unit = st.selectbox("단위", list(units), key=f"build-unit-{detail.id}")
    with places[2]:
        value, aggregate = _value(columns, "trend", detail, places[3])
    part = units[unit]
    if part is not None:
        return plans.pattern(detail.id, date, part, where, value, aggregate)
    year, month = by_rule(detail, "year", date), by_rule(detail, "month", date)
    return plans.trend(detail.id, date, year or "", month or "", where, value, aggregate)


_BUILDERS: dict[str, Build] = {
    "히스토그램": _histogram,
    "막대그래프": _bars,
    "상자 그림": _boxes,
    "밀도(KDE)": _densities,
    "산점도": _scatter,
    "요일 × 시간 열지도": _week,
    "추이": _trend,
}


def _divided(
    detail: DatasetDetail,
    columns: list[ColumnInfo],
    where: list[Condition],
    key: str,
    make: Callable[[str, str, str | None, list[Any], list[Condition]], Plan],
) -> Plan | None:
    """Asks for a column of numbers and a column of classes that divides it; the most frequent classes are compared."""
    left, right = st.columns(2)
    with left:
        column = _choose("숫자 열", [each for each in columns if each.is_measure], key, detail)
    if column is None:
        return None
    classes = [each.name for each in columns if each.is_class and each.name != column]
    with right:
        group = st.selectbox("나눌 열", [_NONE, *classes], key=f"build-{key}-group-{detail.id}")
    if group == _NONE:
        return make(detail.id, column, None, [], where)
    with backend.guarded("묶음을 세는 중입니다…"):
        counted = gathering.answer(
            gathering.tool("get_value_counts", detail.id, column=group, top_n=plans.GROUPS, conditions=where)
        )
        if counted.truncated:
            st.caption(f"'{group}' 값 {counted.result['distinct']:,}가지 중 많은 순으로 {plans.GROUPS}가지를 견줍니다.")
        return make(detail.id, column, group, [each["value"] for each in counted.result["values"]], where)
    return None


def _choose(label: str, columns: list[ColumnInfo], key: str, detail: DatasetDetail) -> str | None:
    """Shows a box to choose a column; says so where there is none."""
    if not columns:
        st.info(f"이 데이터셋에는 {label}이 없습니다.", icon=":material/info:")
        return None
    return st.selectbox(label, names(columns), key=f"build-{key}-column-{detail.id}")


def _value(columns: list[ColumnInfo], key: str, detail: DatasetDetail, beside: Any) -> tuple[str | None, str]:
    """Shows what to compute: the count of rows, or an aggregate of a column of numbers."""
    measures = names([each for each in columns if each.is_measure])
    value = st.selectbox("값", [_COUNT, *measures], key=f"build-{key}-value-{detail.id}")
    if value == _COUNT:
        return None, "mean"
    with beside:
        aggregate = st.selectbox(
            "계산", list(plans.AGGREGATES), format_func=plans.AGGREGATES.__getitem__, key=f"build-{key}-how-{detail.id}"
        )
    return value, aggregate
