"""The rows a tool looks at: a table under conditions, read lazily and only where it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import TypeAdapter

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions, compile_conditions, describe_conditions
from hab_core.analysis.lookups import Lookup, looked_up
from hab_core.datasets.dictionaries import CODES
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis import ConditionList
from hab_core.schemas.analysis_results import RowTable
from hab_core.schemas.datasets import ColumnProfile

MAX_CELLS = 5_000
ROW = "\x00row"
"""The name of the column that numbers the rows of the table from 0; no column of a file can be called so."""

_FEW = 8
_THREADS = 2
_FAR = 50_000

Item = TypeVar("Item")


class View:
    """A table under conditions.

    Attributes:
        table: The table itself.
        columns: Every column by name, the derived ones after the table's own.
        filtered: Whether there are conditions.
        conditions: The conditions in Korean, empty where there are none.
        notes: Korean remarks that the tool collects for its result.
        truncated: Whether the tool had to leave something out.
    """

    def __init__(self, table: Table, conditions: Conditions = ()) -> None:
        """Compiles the conditions; no row is read yet, but the different values behind a derived column may be.

        Raises:
            InvalidInput: A condition names an unknown column or does not suit it.
        """
        self.table = table
        self._stored = table.frame if table.columnar is None else table.columnar
        self.columns = _columns_of(table, self._stored)
        self.notes: list[str] = []
        self.truncated = False
        self._profiles = {each.name: each for each in table.profile.column_profiles}
        self._lookups: dict[str, Lookup | None] = {}
        nodes = _parsed(conditions)
        self._predicate = compile_conditions(nodes, self.find)
        self.filtered = self._predicate is not None
        self.conditions = describe_conditions(nodes)

    @property
    def frame(self) -> pl.LazyFrame:
        """The rows that meet the conditions."""
        return self._filter(self._everything)

    @property
    def numbered(self) -> pl.LazyFrame:
        """The rows that meet the conditions, with their place in the table in ``ROW``."""
        return self._filter(self._everything.with_row_index(ROW))

    @cached_property
    def rows(self) -> int:
        """How many rows meet the conditions."""
        if not self.filtered:
            return self.table.profile.rows
        return int(self.frame.select(pl.len()).collect().item())

    @property
    def own_columns(self) -> list[Column]:
        """The columns of the file, without derived ones."""
        return [column for column in self.columns.values() if not column.derived]

    def profile_of(self, column: Column) -> ColumnProfile | None:
        """Returns what is known of a column of the file, over the whole table; None for a derived one."""
        return self._profiles.get(column.name)

    def find(self, name: str, field: str = "column") -> Column:
        """Returns the column of that name.

        Raises:
            InvalidInput: There is none; the error names the nearest ones.
        """
        return self.prepare([self.columns[self.table.resolve(name, field)]])[0]

    def find_all(self, names: Iterable[str], field: str = "columns") -> list[Column]:
        """Returns the columns of these names, each once, in their order."""
        return list({column.name: column for column in (self.find(name, field) for name in names)}.values())

    def find_number(self, name: str, field: str) -> Column:
        """Returns the column of that name, which must hold numbers.

        Raises:
            InvalidInput: There is none, or it holds no numbers; the error names those that do.
        """
        return self._of_family(name, field, Family.NUMBER)

    def find_date(self, name: str, field: str) -> Column:
        """Returns the column of that name, which must hold dates.

        Raises:
            InvalidInput: There is none, or it holds no dates; the error names those that do.
        """
        return self._of_family(name, field, Family.DATE)

    def prepare(self, columns: Iterable[Column]) -> list[Column]:
        """Returns columns that will be used, the derived ones of text made cheap to compute."""
        names = [column.name for column in columns]
        for name in names:
            column = self.columns[name]
            if column.derived and name not in self._lookups:
                lookup = looked_up(self.table.profile, self._stored, name)
                self._lookups[name] = lookup
                if lookup is not None:
                    self.columns[name] = column._replace(codes=CODES + name, words=lookup.words)
        return [self.columns[name] for name in names]

    def collect(self, columns: Sequence[Column], numbered: bool = False) -> pl.DataFrame:
        """Returns columns of the rows that meet the conditions; NaN and infinity are read as missing.

        Args:
            columns: Which columns.
            numbered: Whether ``ROW`` comes first.
        """
        wanted = [clean(column) for column in columns]
        if numbered or not wanted:
            return self.numbered.select(ROW, *wanted).collect()
        return self.frame.select(wanted).collect()

    def positions(self) -> NDArray[np.uint32]:
        """Returns the places in the table (from 0) of the rows that meet the conditions, in ascending order."""
        found: NDArray[np.uint32] = self.numbered.select(ROW).collect()[ROW].to_numpy()
        return found

    def take(self, columns: Sequence[Column], positions: Sequence[int]) -> RowTable:
        """Returns rows of the table by place (from 0), in the order of ``positions``."""
        names = [column.name for column in columns]
        if not positions:
            return RowTable(columns=names, items=[])
        stored = [pl.col(column.codes or column.name).alias(column.name) for column in columns]
        frame = self._everything.select(stored)
        first, last = min(positions), max(positions)
        if len(positions) <= _FEW and last - first >= _FAR:
            with ThreadPoolExecutor(_THREADS) as pool:
                parts = pool.map(lambda place: frame.slice(place, 1).collect(), positions)
                items = [list(row) for part in parts for row in _as_text(part).rows()]
            return RowTable(columns=names, items=items)
        window = frame.slice(first, last - first + 1).with_row_index(ROW)
        if len(positions) <= last - first:
            window = window.filter(pl.col(ROW).is_in([place - first for place in positions]))
        found = _as_text(window.collect())
        order = {place + first: i for i, place in enumerate(found[ROW].to_list())}
        rows = found.drop(ROW).rows()
        return RowTable(columns=names, items=[list(rows[order[place]]) for place in positions])

    def shown_columns(self, names: Sequence[str] | None, most: int) -> list[Column]:
        """Returns the columns to show: those named, else the first ``most`` of the file, which is then noted."""
        if names is not None:
            return self.find_all(names)
        return self.cut(self.own_columns, most, "열")

    def fitting_rows(self, rows: int, columns: int) -> int:
        """Returns how many of ``rows`` rows fit the bound on cells; notes where they do not all."""
        most = max(1, MAX_CELLS // max(1, columns))
        if rows > most:
            self.cut_note(f"열이 많아 {most}행까지만 보여줍니다.")
        return min(rows, most)

    def cut(self, items: list[Item], most: int, what: str) -> list[Item]:
        """Returns the first ``most`` items; notes what was left out."""
        if len(items) > most:
            self.cut_note(f"{what} {len(items):,}개 중 {most:,}개만 다룹니다.")
        return items[:most]

    def cut_note(self, note: str) -> None:
        """Remarks that something was left out."""
        self.notes.append(note)
        self.truncated = True

    def said(self, rows: int | None = None) -> dict[str, Any]:
        """Returns what every result says of its rows, conditions and remarks; ``rows`` where they are known."""
        return {
            "rows": self.rows if rows is None else rows,
            "conditions": self.conditions,
            "notes": list(self.notes),
            "truncated": self.truncated,
        }

    @property
    def _everything(self) -> pl.LazyFrame:
        """Every row, with the lookups in place of the expressions they replace."""
        lookups = {name: lookup for name, lookup in self._lookups.items() if lookup is not None}
        coded = self._stored.with_columns([lookup.codes for lookup in lookups.values()])
        return coded.with_columns([pl.col(CODES + name).cast(pl.String).alias(name) for name in lookups])

    def _filter(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Returns the rows that meet the conditions."""
        return frame if self._predicate is None else frame.filter(self._predicate)

    def _of_family(self, name: str, field: str, family: Family) -> Column:
        """Returns a column of one family."""
        column = self.find(name, field)
        if column.family is family:
            return column
        fitting = [each.name for each in self.columns.values() if each.family is family][:50]
        kind = f"{family.value} 열"
        listed = f"{kind}: {', '.join(fitting[:10])}" if fitting else f"이 표에는 {kind}이 없습니다."
        raise InvalidInput.of(field, f"'{column.name}'은(는) {kind}이 아닙니다. {listed}", fitting)


def clean(column: Column) -> pl.Expr:
    """Returns a column's values, with NaN and infinity as missing."""
    expression = pl.col(column.name)
    if column.dtype.is_float():
        return pl.when(expression.is_finite()).then(expression).alias(column.name)
    return expression


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Returns a table with text in place of codes."""
    return frame.with_columns(pl.selectors.enum().cast(pl.String))


def _parsed(conditions: Any) -> Conditions:
    """Returns conditions as their models; plain dictionaries are validated first."""
    if all(not isinstance(node, dict) for node in conditions):
        return list(conditions)
    return TypeAdapter(ConditionList).validate_python(list(conditions))


def _columns_of(table: Table, frame: pl.LazyFrame) -> dict[str, Column]:
    """Returns the columns of a table by name, its own first."""
    schema = frame.collect_schema()
    profile = table.profile
    own = []
    for each in profile.column_profiles:
        codes = schema.get(CODES + each.name)
        coded = (CODES + each.name, codes.categories) if isinstance(codes, pl.Enum) else (None, None)
        own.append(Column(each.name, each.kind, schema[each.name], None, each.missing, each.distinct, *coded))
    derived = [Column(each.name, each.kind, schema[each.name], each.rule) for each in profile.derived_columns]
    return {column.name: column for column in own + derived}
