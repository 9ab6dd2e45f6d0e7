"""Rows picked and put in order, and the different values of a column."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from hab_core.analysis.columns import Column
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.counting import count_values
from hab_core.analysis.parameters import (
    MAX_SHOWN_COLUMNS,
    AscendingEach,
    ColumnName,
    RowLimit,
    ShownColumns,
    SortKeys,
    ValueLimit,
)
from hab_core.analysis.view import ROW, View
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_results import FilterResult, SortResult, UniqueValues

_MANY = 10_000


def filter_dataframe(
    table: Table,
    *,
    conditions: Annotated[Conditions, Field(min_length=1)],
    columns: ShownColumns | None = None,
    limit: RowLimit = 20,
) -> FilterResult:
    """조건에 맞는 행의 수와 비율을 세고 앞의 몇 행을 보여줍니다.

    조건은 여러 개를 함께 쓸 수 있습니다(모두 만족, any_of는 하나라도 만족). 비교, 목록(in), 범위(between),
    글자 포함(contains), 날짜, 빈 값 여부를 씁니다. 조건에 맞는 행의 통계가 필요하면 이 도구를 거치지 말고
    해당 도구에 conditions를 바로 주세요.
    """
    view = View(table, conditions)
    shown = view.shown_columns(columns, MAX_SHOWN_COLUMNS)
    positions = view.positions()
    rows = view.take(shown, positions[: view.fitting_rows(limit, len(shown))].tolist())
    if len(positions) > len(rows.items):
        view.cut_note(f"조건에 맞는 {len(positions):,}행 중 처음 {len(rows.items)}행만 보여줍니다.")
    total = table.rows
    return FilterResult(
        **view.said(len(positions)),
        total_rows=total,
        share=len(positions) / total if total else None,
        table=rows,
    )


def sort_dataframe(
    table: Table,
    *,
    column: SortKeys,
    ascending: AscendingEach = False,
    limit: RowLimit = 20,
    columns: ShownColumns | None = None,
    conditions: Conditions = (),
) -> SortResult:
    """행을 하나 이상의 열로 정렬해 앞의 몇 행을 보여줍니다. 기본은 큰 값부터이며, 빈 값은 항상 뒤에 옵니다.

    "사망자가 가장 많은 사고 10건", "가장 최근 사고" 같은 물음에 쓰세요.
    """
    view = View(table, conditions)
    keys = view.find_all([column] if isinstance(column, str) else column, "column")
    order = [ascending] * len(keys) if isinstance(ascending, bool) else list(ascending)
    if len(order) != len(keys):
        raise InvalidInput.of(
            "ascending", f"ascending은 true/false 하나이거나 정렬 열과 같은 {len(keys)}개여야 합니다."
        )
    shown = view.shown_columns(columns, MAX_SHOWN_COLUMNS)
    frame = view.collect(keys, numbered=True)
    positions = _first(frame, keys, order, view.fitting_rows(limit, len(shown)))
    if frame.height > len(positions):
        view.cut_note(f"{frame.height:,}행 중 앞의 {len(positions)}행만 보여줍니다.")
    return SortResult(
        **view.said(frame.height),
        column=[key.name for key in keys],
        ascending=order,
        table=view.take(shown, positions),
    )


def get_unique_values(
    table: Table, *, column: ColumnName, limit: ValueLimit = 100, conditions: Conditions = ()
) -> UniqueValues:
    """한 열에 어떤 값들이 있는지 순서대로 나열하고 몇 가지인지 셉니다.

    조건에 쓸 정확한 값을 찾을 때 쓰세요. 값마다 건수도 필요하면 get_value_counts가 맞습니다.
    """
    view = View(table, conditions)
    chosen = view.find(column)
    rows, missing, values = _different(view, chosen)
    if values.len() > limit:
        view.cut_note(f"값 {values.len():,}가지 중 앞의 {limit}가지만 나열합니다.")
    return UniqueValues(
        **view.said(rows),
        column=chosen.name,
        distinct=values.len(),
        missing=missing,
        values=values.sort().head(limit).to_list(),
    )


def _different(view: View, column: Column) -> tuple[int, int, pl.Series]:
    """Returns rows, missing cells and different values of a column: as they are stored, else counted."""
    if not view.filtered and not column.derived and column.words is not None and column.missing is not None:
        return view.rows, column.missing, column.words
    counted = count_values(view, [column])[0]
    rows = int(counted["count"].sum())
    present = counted.filter(pl.col("value").is_not_null())
    return rows, rows - int(present["count"].sum()), present["value"]


def _first(frame: pl.DataFrame, keys: list[Column], ascending: list[bool], n: int) -> list[int]:
    """Returns the places of the first ``n`` rows in order; equal rows stay in table order, missing values come last."""
    names = [key.name for key in keys]
    first = frame[names[0]]
    if frame.height > _MANY:
        best = first.drop_nulls()
        best = best.bottom_k(n) if ascending[0] else best.top_k(n)
        if best.len() == n:
            edge = best.max() if ascending[0] else best.min()
            frame = frame.filter(first <= edge if ascending[0] else first >= edge)
            if len(names) == 1 and frame.height > _MANY:
                frame = _ties_cut(frame, names[0], edge, n)
    by = [*names, ROW]
    ordered = frame.sort(by, descending=[not up for up in ascending] + [False], nulls_last=True)
    places: list[int] = ordered[ROW].head(n).to_list()
    return places


def _ties_cut(frame: pl.DataFrame, name: str, edge: object, n: int) -> pl.DataFrame:
    """Returns the rows before the edge and the first ``n`` on it: of many equal rows no more are needed."""
    on_edge = frame[name] == edge
    return pl.concat([frame.filter(~on_edge), frame.filter(on_edge).head(n)])
