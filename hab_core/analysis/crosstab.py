"""Two columns against each other, with the test of independence."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.analysis.coding import stored_key
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.distributions import chi_square_p
from hab_core.analysis.ordering import in_natural_order
from hab_core.analysis.parameters import AxisLimit, TwoColumns
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import CrossCell, CrossTab

_MAX_EXPECTED = 4_000_000
_LOW = 5.0


class Independence(NamedTuple):
    """Pearson's chi-square test of a contingency table, without continuity correction."""

    chi_square: float | None
    degrees_of_freedom: int
    p: float | None
    cramers_v: float | None


def cross_tabulation(
    table: Table, *, columns: TwoColumns, limit: AxisLimit = 20, conditions: Conditions = ()
) -> CrossTab:
    """두 범주 열을 엮어 조합마다 건수와 비율(전체·행·열)을 내고, 두 열의 관련을 카이제곱 검정과 크래머 V로 봅니다.

    "기상상태와 사고유형의 관계" 같은 물음에 쓰세요. 크래머 V는 0(무관)~1(완전 관련)입니다.
    """
    view = View(table, conditions)
    pair = view.find_all(columns)
    if len(pair) != 2:
        raise InvalidInput.of("columns", "서로 다른 두 열을 적어주세요.")
    keys = [stored_key(column).alias(name) for column, name in zip(pair, ("row", "column"), strict=True)]
    counted = view.frame.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count")).collect()
    counted = counted.with_columns(pl.selectors.enum().cast(pl.String))
    rows = int(counted["count"].sum())
    counted = counted.drop_nulls()
    totals = {name: _totals(counted, name) for name in ("row", "column")}
    values = {name: in_natural_order(total["value"].head(limit).to_list()) for name, total in totals.items()}
    for column, axis in zip(pair, totals.values(), strict=True):
        if axis.height > limit:
            view.cut_note(f"'{column.name}' 값 {axis.height:,}가지 중 많은 순으로 {limit}가지만 보여줍니다.")
    total = int(counted["count"].sum())
    test = _test(counted, totals)
    low = _low_expected(totals["row"]["count"].to_numpy(), totals["column"]["count"].to_numpy(), total)
    if low is not None and low > 0.2:
        view.notes.append(f"기대 빈도가 5보다 작은 조합이 {low:.0%}여서 카이제곱 검정이 정확하지 않을 수 있습니다.")
    return CrossTab(
        **view.said(rows),
        columns=[column.name for column in pair],
        row_values=values["row"],
        column_values=values["column"],
        **_cells(counted, totals, values, total),
        total=total,
        missing=rows - total,
        row_distinct=totals["row"].height,
        column_distinct=totals["column"].height,
        chi_square=test.chi_square,
        degrees_of_freedom=test.degrees_of_freedom,
        p=test.p,
        cramers_v=test.cramers_v,
        low_expected=low,
    )


def independence(observed: NDArray[Any], row_totals: NDArray[Any], column_totals: NDArray[Any]) -> Independence:
    """Returns the test from the cells that occur: ``observed`` with the totals of each one's row and column.

    χ² = N·(Σ O²/(R·C) - 1) needs no cell that is empty. V = √(χ²/(N·(min(rows, columns) - 1))).

    Args:
        observed: Counts above 0, shape (cells, 3): count, row index, column index.
        row_totals: Totals of the rows, all above 0.
        column_totals: Totals of the columns, all above 0.
    """
    rows, columns = len(row_totals), len(column_totals)
    degrees = max(0, (rows - 1) * (columns - 1))
    total = float(row_totals.sum())
    if not degrees or not total:
        return Independence(None, degrees, None, None)
    count = observed[:, 0].astype(float)
    expected = row_totals[observed[:, 1]].astype(float) * column_totals[observed[:, 2]]
    chi_square = max(0.0, total * (float((count * count / expected).sum()) - 1))
    v = min(1.0, math.sqrt(chi_square / (total * (min(rows, columns) - 1))))
    return Independence(chi_square, degrees, chi_square_p(chi_square, degrees), v)


def _totals(counted: pl.DataFrame, name: str) -> pl.DataFrame:
    """Returns ``value`` and ``count`` of one axis, the most frequent first."""
    summed = counted.group_by(pl.col(name).alias("value")).agg(pl.col("count").sum())
    return summed.sort(["count", "value"], descending=[True, False])


def _test(counted: pl.DataFrame, totals: dict[str, pl.DataFrame]) -> Independence:
    """Returns the test of the whole table."""
    cells = counted
    for name, total in totals.items():
        numbers = total.select(pl.col("value").alias(name)).with_row_index(f"{name}_index")
        cells = cells.join(numbers, on=name)
    observed = cells.select("count", "row_index", "column_index").cast(pl.Int64).to_numpy()
    return independence(observed, totals["row"]["count"].to_numpy(), totals["column"]["count"].to_numpy())


def _low_expected(rows: NDArray[Any], columns: NDArray[Any], total: int) -> float | None:
    """Returns the share of combinations whose expected count is under 5; None for very large tables."""
    if not total or len(rows) * len(columns) > _MAX_EXPECTED:
        return None
    return float(np.mean(np.outer(rows.astype(float), columns.astype(float)) / total < _LOW))


def _cells(
    counted: pl.DataFrame, totals: dict[str, pl.DataFrame], values: dict[str, list[Any]], total: int
) -> dict[str, Any]:
    """Returns the cells that are shown, and the totals of their rows and columns."""
    shown = counted.filter(pl.col("row").is_in(values["row"]), pl.col("column").is_in(values["column"]))
    counts = {(row, column): count for row, column, count in shown.select("row", "column", "count").iter_rows()}
    sums = {name: dict(each.head(len(values[name])).iter_rows()) for name, each in totals.items()}
    cells = []
    for row in values["row"]:
        line = []
        for column in values["column"]:
            count = counts.get((row, column), 0)
            line.append(
                CrossCell(
                    count=count,
                    share=count / total,
                    row_share=count / sums["row"][row],
                    column_share=count / sums["column"][column],
                )
            )
        cells.append(line)
    return {
        "cells": cells,
        "row_totals": [sums["row"][value] for value in values["row"]],
        "column_totals": [sums["column"][value] for value in values["column"]],
    }
