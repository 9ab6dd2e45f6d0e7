"""Rows of a dataset, page by page or a sample of them: which columns, in which order, under which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from pydantic import TypeAdapter, ValidationError

from hab_core.analysis.columns import Column
from hab_core.analysis.sampling import sample_places
from hab_core.analysis.spec import invalid_arguments
from hab_core.analysis.view import ROW, View
from hab_core.datasets.profile import cell
from hab_core.datasets.table import Table
from hab_core.errors import ErrorDetail, InvalidInput, MalformedJson
from hab_core.schemas.analysis import ConditionList
from hab_core.schemas.datasets import RowsPage, RowsSample
from hab_server.bodies import parse_json
from hab_server.store.cursors import encode_cursor, position_after

MAX_CELLS = 100_000
"""Of one answer: a page of 200 rows of 500 columns, or a sample of 20,000 rows of 5."""


@dataclass(frozen=True)
class RowQuery:
    """What is asked for.

    Attributes:
        limit: Most rows of the page.
        cursor: Where it begins, as the page before said.
        columns: Names; every stored column where there is none. One text may hold several names between commas.
        sort: Names, most important first, each with a leading minus for descending order; several between commas too.
        where: Conditions as JSON.
    """

    limit: int
    cursor: str | None = None
    columns: Sequence[str] = ()
    sort: Sequence[str] = ()
    where: str | None = None


def read_rows(table: Table, query: RowQuery) -> RowsPage:
    """Returns a page of rows; of an unsorted table any page costs the same, a sorted one is sorted anew for each.

    Raises:
        InvalidInput: An unknown column, a condition that does not fit, or a cursor of another list.
    """
    view = _view(table, query.where)
    columns = view.find_all(_names(table, query.columns) or table.stored_columns)
    limit = max(1, min(query.limit, MAX_CELLS // max(1, len(columns))))
    start = position_after(query.cursor) if query.cursor is not None else 0
    keys = [_sort_key(view, name) for name in _names(table, query.sort, signed=True)]
    positions = _positions(view, keys, start, limit + 1)
    found = view.take(columns, positions[:limit])
    more = len(positions) > limit
    following = None if not more else start + limit if keys else positions[limit]
    return RowsPage(
        columns=found.columns,
        items=[[cell(value) for value in row] for row in found.items],
        next_cursor=None if following is None else encode_cursor(following),
    )


def read_sample(table: Table, query: RowQuery) -> RowsSample:
    """Returns rows drawn at random, whatever ``cursor`` and ``sort`` say; fewer than ``limit`` of very many columns.

    Raises:
        InvalidInput: An unknown column, or a condition that does not fit.
    """
    view = _view(table, query.where)
    columns = view.find_all(_names(table, query.columns) or table.stored_columns)
    places = view.positions() if view.filtered else None
    total = view.table.rows if places is None else len(places)
    chosen = sample_places(total, max(1, min(query.limit, MAX_CELLS // max(1, len(columns)))))
    found = view.take(columns, chosen if places is None else places[chosen].tolist())
    items = [[cell(value) for value in row] for row in found.items]
    return RowsSample(columns=found.columns, items=items, rows=total)


def _positions(view: View, keys: Sequence[tuple[Column, bool]], start: int, count: int) -> list[int]:
    """Returns the places in the table of up to ``count`` rows.

    ``start`` counts rows of the table itself, of a sorted one rows of the result.
    """
    if keys:
        names = [column.name for column, _ in keys]
        downwards = [down for _, down in keys]
        ordered = view.numbered.select(ROW, *names).sort([*names, ROW], descending=[*downwards, False], nulls_last=True)
        found = ordered.slice(start, count)
    elif view.filtered:
        found = view.numbered.filter(pl.col(ROW) >= start).head(count)
    else:
        return list(range(start, min(start + count, view.table.rows)))
    places: list[int] = found.select(ROW).collect()[ROW].to_list()
    return places


def _view(table: Table, where: str | None) -> View:
    """Returns the table under the conditions of a query parameter; their errors name that parameter."""
    if where is None:
        return View(table)
    try:
        return View(table, TypeAdapter(ConditionList).validate_python(parse_json(where.encode())))
    except ValidationError as error:
        raise _of_where(invalid_arguments(error)) from None
    except MalformedJson as error:
        raise _of_where(InvalidInput("JSON으로 읽을 수 없습니다.")) from error
    except InvalidInput as error:
        raise _of_where(error) from None


def _of_where(error: InvalidInput) -> InvalidInput:
    """Returns an error of the conditions with the parameter it belongs to in its fields."""
    details: list[ErrorDetail] = error.details or [{"field": "", "message": error.message}]
    named: list[ErrorDetail] = []
    for each in details:
        inside = each["field"].removeprefix("conditions").strip(".")
        named.append({**each, "field": f"where.{inside}" if inside else "where"})
    return InvalidInput(f"where: {error.message}", details=named)


def _names(table: Table, texts: Sequence[str], *, signed: bool = False) -> list[str]:
    """Returns the names in texts; a comma separates names only where it is not part of one."""

    def is_column(text: str) -> bool:
        return text in table.kinds or (signed and text.removeprefix("-") in table.kinds)

    found: list[str] = []
    for text in texts:
        found += [text] if is_column(text) else [name for name in text.split(",") if name.strip()]
    return found


def _sort_key(view: View, name: str) -> tuple[Column, bool]:
    """Returns a column and whether its order is descending."""
    if name.startswith("-") and name not in view.columns:
        return view.find(name[1:], "sort"), True
    return view.find(name, "sort"), False
