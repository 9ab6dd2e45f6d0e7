"""Filters that a page's charts share: boxes made from the profile, conditions made from the boxes."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import streamlit as st

from hab_core.errors import HabError
from hab_core.schemas.datasets import DatasetDetail
from hab_ui import gathering
from hab_ui.columns import ColumnInfo, columns_of

_MOST_FILTERS = 6
_MOST_VALUES = 500
_STEPS = 100

Condition = dict[str, Any]


def show(detail: DatasetDetail, key: str) -> list[Condition]:
    """Shows the filters of a dataset and returns the conditions that they stand for."""
    usable = {column.name: column for column in columns_of(detail) if _can_filter(column)}
    with st.expander("필터", icon=":material/filter_alt:"):
        chosen = st.multiselect(
            "거를 열",
            list(usable),
            max_selections=_MOST_FILTERS,
            placeholder="열을 선택하면 조건을 정할 수 있습니다",
            help="모든 조건을 만족하는 행만 그림에 씁니다.",
            key=f"{key}-columns-{detail.id}",
        )
        found = [_filter(detail, usable[name], f"{key}-{detail.id}-{name}") for name in chosen]
    return [condition for condition in found if condition is not None]


def _can_filter(column: ColumnInfo) -> bool:
    """Tells whether a box can be made for a column."""
    return column.is_class or (column.kind in ("integer", "number", "date") and column.min != column.max)


def _filter(detail: DatasetDetail, column: ColumnInfo, key: str) -> Condition | None:
    """Shows the box of one column and returns its condition; None where it leaves every row."""
    if column.kind == "date":
        return _dates(column, key)
    if column.is_class or column.min is None:
        return _values(detail, column, key)
    return _range(column, key)


def _values(detail: DatasetDetail, column: ColumnInfo, key: str) -> Condition | None:
    """Shows the values of a column to choose from."""
    chosen = st.multiselect(column.name, _all_values(detail, column), format_func=str, placeholder="모든 값", key=key)
    return {"column": column.name, "operator": "in", "value": chosen} if chosen else None


def _all_values(detail: DatasetDetail, column: ColumnInfo) -> list[Any]:
    """Returns the values of a column: from the profile where that has all of them, the most frequent first."""
    if column.distinct is not None and len(column.top_values) >= column.distinct:
        return [top.value for top in column.top_values]
    try:
        found = gathering.answer(gathering.tool("get_unique_values", detail.id, column=column.name, limit=_MOST_VALUES))
    except HabError as error:
        st.caption(error.message)
        return []
    values: list[Any] = found.result["values"]
    return values


def _range(column: ColumnInfo, key: str) -> Condition | None:
    """Shows a slider over the range of a column of numbers."""
    low, high = column.min, column.max
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not math.isfinite(high - low):
        return None
    whole = isinstance(low, int) and isinstance(high, int)
    step = max(1, (high - low) // _STEPS) if whole else (high - low) / _STEPS
    chosen = st.slider(column.name, low, high, (low, high), step=step, key=key)
    if tuple(chosen) == (low, high):
        return None
    return {"column": column.name, "operator": "between", "value": list(chosen)}


def _dates(column: ColumnInfo, key: str) -> Condition | None:
    """Shows a calendar over the range of a column of dates; both days belong to it."""
    first, last = (date.fromisoformat(str(end)[:10]) for end in (column.min, column.max))
    chosen = st.date_input(column.name, (first, last), min_value=first, max_value=last, format="YYYY-MM-DD", key=key)
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    if len(days) != 2 or days == (first, last):
        return None
    return {"column": column.name, "operator": "between", "value": [day.isoformat() for day in days]}
