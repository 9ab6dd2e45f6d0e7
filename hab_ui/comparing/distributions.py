"""Distributions side by side, as shares: the same column, or columns of the same kind, of several datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from hab_core.errors import HabError
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.datasets import DatasetDetail, DerivedRule
from hab_ui import backend, density, gathering
from hab_ui.charts import show_chart
from hab_ui.columns import ColumnInfo, by_rule, columns_of
from hab_ui.gathering import Question
from hab_ui.narration import HOW_BOXES, HOW_DENSITIES
from hab_ui.plans import DENSITY_BINS, FIVE, FIVE_NAMES, UNITS, natural
from hab_ui.wording import escape, label, number, percent

CLASS, MEASURE, DATE = "범주", "숫자", "날짜"
_MOST_VALUES = 15
_COUNTED = 100


class Side(NamedTuple):
    """One dataset's part of the comparison, with a name that no other side has."""

    name: str
    detail: DatasetDetail
    column: str


class Drawn(NamedTuple):
    """A chart and what it says."""

    spec: ChartSpec
    note: str


@st.fragment
def show(details: Sequence[DatasetDetail]) -> None:
    """Shows which columns to compare, and the comparison."""
    kind = st.segmented_control("열의 종류", [CLASS, MEASURE, DATE], default=CLASS, key="alike-kind", required=True)
    sides = _sides(details, str(kind))
    if len(sides) < 2:
        st.info(f"{kind} 열이 있는 데이터셋이 두 개 이상 필요합니다.", icon=":material/info:")
        return
    if kind == DATE:
        units = [unit for unit in UNITS if all(by_rule(side.detail, unit, side.column) for side in sides)]
        unit: DerivedRule = st.selectbox("단위", units, format_func=UNITS.__getitem__, key="alike-unit")
        _answered([_pattern(side, unit) for side in sides], lambda found: [_dates(sides, found, unit)])
    elif kind == MEASURE:
        questions = [question for side in sides for question in (_statistics(side), _percentiles(side))]
        _answered(questions, lambda found: [_densities(sides, found[::2]), _boxes(sides, found[1::2])])
    else:
        _answered([_counts(side) for side in sides], lambda found: [_classes(sides, found)])


def _answered(questions: list[Question], draw: Callable[[list[Any]], list[Drawn]]) -> None:
    """Asks for everything at once and shows what comes of it."""
    with backend.guarded("분포를 비교하는 중입니다…"):
        found = gathering.answers(questions)
        for answer in found:
            if isinstance(answer, HabError):
                raise answer
        for i, drawn in enumerate(draw(found)):
            if drawn.spec.series:
                show_chart(drawn.spec, f"alike-{i}", note=drawn.note)
            else:
                st.caption(drawn.note)


def _sides(details: Sequence[DatasetDetail], kind: str) -> list[Side]:
    """Shows a box for each dataset; the others begin with the first one's column where they have it."""
    places = st.columns(len(details))
    found: list[Side] = []
    for place, detail in zip(places, details, strict=True):
        fitting = [column.name for column in columns_of(detail) if _fits(column, kind)]
        if not fitting:
            place.caption(f"{escape(detail.name)}: {kind} 열이 없습니다.")
            continue
        same = found[0].column if found else ""
        start = fitting.index(same) if same in fitting else 0
        column = place.selectbox(escape(detail.name), fitting, start, key=f"alike-{kind}-{detail.id}-{same}")
        taken = {side.name for side in found}
        name = detail.name if detail.name not in taken else f"{detail.name} ({len(found) + 1})"
        found.append(Side(name, detail, column))
    return found


def _fits(column: ColumnInfo, kind: str) -> bool:
    """Tells whether a column is of a kind and has more than one value."""
    if column.distinct == 1:
        return False
    if kind == DATE:
        return column.kind == "date"
    return column.is_measure if kind == MEASURE else column.is_class


def _counts(side: Side) -> Question:
    """Returns the question for the values of a column."""
    return gathering.tool("get_value_counts", side.detail.id, column=side.column, top_n=_COUNTED)


def _statistics(side: Side) -> Question:
    """Returns the question for a column's fine bins."""
    return gathering.tool("get_column_statistics", side.detail.id, column=side.column, limit=DENSITY_BINS)


def _percentiles(side: Side) -> Question:
    """Returns the question for what a box plot shows."""
    return gathering.tool("calculate_percentile", side.detail.id, column=side.column, percentile=list(FIVE))


def _pattern(side: Side, unit: DerivedRule) -> Question:
    """Returns the question for a date column by a part of the date."""
    return gathering.tool("get_temporal_pattern", side.detail.id, column=side.column, by=unit)


def _classes(sides: Sequence[Side], found: Sequence[Any]) -> Drawn:
    """Returns the shares of the values that any side has most of."""
    shares = [{str(each["value"]): each["share"] for each in run.result["values"]} for run in found]
    most = {value: max(each.get(value, 0.0) for each in shares) for each in shares for value in each}
    values = natural(sorted(most, key=lambda value: -most[value])[:_MOST_VALUES])
    return _shares(_title(sides), sides, values, [[each.get(value, 0.0) for value in values] for each in shares])


def _dates(sides: Sequence[Side], found: Sequence[Any], unit: DerivedRule) -> Drawn:
    """Returns the shares of the parts of the calendar."""
    buckets = [{each["label"]: each["share"] or 0.0 for each in run.result["buckets"]} for run in found]
    labels = list(dict.fromkeys(name for each in buckets for name in each))
    values = sorted(labels) if unit == "year" else labels
    title = f"{_title(sides)} ({UNITS[unit]}별)"
    return _shares(title, sides, values, [[each.get(value, 0.0) for value in values] for each in buckets])


def _shares(title: str, sides: Sequence[Side], values: list[str], shares: list[list[float]]) -> Drawn:
    """Returns bars side by side, and where the sides differ most."""
    series = [ChartSeries(name=side.name, x=values, y=part) for side, part in zip(sides, shares, strict=True)]
    spec = ChartSpec(kind="bar", title=title, x="값", y="비율", series=series if values else [])
    if not values:
        return Drawn(spec, "비교할 값이 없습니다.")
    gaps = [max(column) - min(column) for column in zip(*shares, strict=True)]
    widest = max(range(len(values)), key=gaps.__getitem__)
    told = ", ".join(f"{escape(side.name)} {percent(part[widest])}" for side, part in zip(sides, shares, strict=True))
    return Drawn(spec, f"비율이 가장 다른 값은 {label(values[widest])}입니다: {told}.")


def _densities(sides: Sequence[Side], found: Sequence[Any]) -> Drawn:
    """Returns the densities one over another."""
    columns = [run.result["columns"][0] for run in found]
    series = [
        ChartSeries(name=side.name, x=curve.x, y=curve.y)
        for side, column in zip(sides, columns, strict=True)
        if (curve := density.of_statistics(column)) is not None
    ]
    told = ", ".join(
        f"{escape(side.name)} 평균 {number(column['mean'])}·중앙값 {number(column['median'])}"
        for side, column in zip(sides, columns, strict=True)
    )
    spec = ChartSpec(kind="violin", title=f"{_title(sides)}의 밀도", x=_title(sides), y="밀도", series=series)
    return Drawn(spec, f"{told}. {HOW_DENSITIES}")


def _boxes(sides: Sequence[Side], found: Sequence[Any]) -> Drawn:
    """Returns a box for each side."""
    series = [
        ChartSeries(name=side.name, x=FIVE_NAMES, y=[each["value"] for each in run.result["percentiles"]])
        for side, run in zip(sides, found, strict=True)
        if run.result["count"]
    ]
    spec = ChartSpec(kind="box", title=f"{_title(sides)}의 상자 그림", x="데이터셋", y=_title(sides), series=series)
    return Drawn(spec, HOW_BOXES)


def _title(sides: Sequence[Side]) -> str:
    """Returns what is compared."""
    return " · ".join(dict.fromkeys(side.column for side in sides))
