"""What the rules know of one table: its columns by surface, its values by surface, its parts of dates and places."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import polars as pl
from polars.exceptions import PolarsError

from hab_core.chat.offline.columns import Meant, surfaces_of
from hab_core.chat.offline.text import squeeze
from hab_core.chat.offline.words import LIGHT_PIECES, VALUE_SYNONYMS
from hab_core.chat.sources import Source
from hab_core.datasets.derived import expression
from hab_core.regions import district_names
from hab_core.schemas.datasets import NUMERIC_KINDS, ColumnProfile, DerivedColumn, DerivedRule

MAX_VALUES = 2_000
_VALUE_RULES = frozenset({"gu", "dong", "before_dash", "after_dash"})
_AGE = re.compile(r"(\d{1,3})\s*세")
_LETTER = re.compile(r"[a-z가-힣]")
_YEAR_NAME = re.compile(r"연도|년도|year|연$", re.IGNORECASE)
_STATED_DATE = re.compile(r"기준일|작성일|수정일|갱신일|등록일")
_YEARS = (1900, 2100)
_SHORTEST_TEXT = 3


class Valued(NamedTuple):
    """A value and the column that has it."""

    column: str
    value: str


class Lexicon:
    """The columns, values and derived parts of a table.

    Attributes:
        source: The dataset.
        profile: The profile of its table.
    """

    def __init__(self, source: Source) -> None:
        """Reads nothing yet."""
        self.source = source
        self.profile = source.table.profile
        self._stored = {column.name: column for column in self.profile.column_profiles}
        self._derived = {column.name: column for column in self.profile.derived_columns}

    @cached_property
    def columns(self) -> dict[str, list[Meant]]:
        """Surfaces of the columns; of the derived ones only those that no unit of time or place names."""
        weekdays = "요일" if self.part("weekday") else ""
        named = [(each.name, each.kind) for each in self.profile.column_profiles if each.name != weekdays]
        named += [(each.name, each.kind) for each in self.profile.derived_columns if each.rule == "eclo"]
        return surfaces_of(named, self.source.rows_are.noun)

    @cached_property
    def values(self) -> dict[str, list[Valued]]:
        """Surfaces of the values of categories and of short texts, with the columns that have them."""
        found: dict[str, list[Valued]] = defaultdict(list)
        noun = squeeze(self.source.rows_are.noun)
        for column, values in self._distinct.items():
            if column in self.ages:
                continue
            surfaces_of = _surfaces_of_text if self.kind(column) == "text" else _surfaces_of_value
            for value in values:
                for surface in surfaces_of(value):
                    if surface != noun:
                        found[surface].append(Valued(column, value))
        for name in self._absent_districts():
            found[squeeze(name)].append(Valued(str(self.gu), name))
        return found

    def _absent_districts(self) -> list[str]:
        """Returns the 구 and 군 of Daegu that no row lies in: asked about they must count 0, not be overlooked."""
        if self.gu is None:
            return []
        present = set(self._distinct.get(self.gu, []))
        return [name for full in district_names() if (name := full.split()[-1]) not in present]

    @cached_property
    def ages(self) -> dict[str, dict[int, str]]:
        """Columns whose values are ages such as 54세, by the number of years."""
        found: dict[str, dict[int, str]] = {}
        for column, values in self._distinct.items():
            years = {int(match[1]): value for value in values if (match := _AGE.search(value))}
            if len(years) > len(values) / 2:
                found[column] = years
        return found

    @cached_property
    def date(self) -> str | None:
        """The date column that questions about time mean: the first; one that only dates the file itself comes last."""
        dates = [each.name for each in self.profile.column_profiles if each.kind == "date"]
        return next((name for name in dates if not _STATED_DATE.search(name)), dates[0] if dates else None)

    @property
    def dates_the_file(self) -> bool:
        """Whether the only date says when the file was made."""
        return self.date is not None and bool(_STATED_DATE.search(self.date))

    @cached_property
    def year_column(self) -> str | None:
        """A column of numbers that holds years, where no date column tells them."""
        if self.date is not None and not self.dates_the_file:
            return None
        return next((name for name, column in self._stored.items() if _holds_years(column)), None)

    def part(self, rule: DerivedRule) -> str | None:
        """Returns the derived column of a part of the date, or of a place: the first with fewest missing values."""
        fitting = [each for each in self._derived.values() if each.rule == rule]
        if rule in ("gu", "dong"):
            fitting.sort(key=lambda each: self._stored[each.sources[0]].missing)
            return fitting[0].name if fitting else self._stored_place(rule)
        return next((each.name for each in fitting if each.sources[0] == self.date), None)

    def _stored_place(self, rule: DerivedRule) -> str | None:
        """Returns the stored column whose values are districts, or none."""
        if rule != "gu":
            return None
        return next((name for name in self._distinct if self.is_gu(name)), None)

    @cached_property
    def gu(self) -> str | None:
        """The column of the 구 and 군: a stored one where there is one, else a derived one."""
        return self._stored_place("gu") or self.part("gu")

    def is_gu(self, name: str) -> bool:
        """Whether most values of a column are names of 구 and 군."""
        values = self._distinct.get(name, [])
        named = sum(bool(re.fullmatch(r"[가-힣]{1,4}[구군]", value)) for value in values)
        return named >= 3 and named > len(values) * 0.7

    def is_number(self, name: str) -> bool:
        """Whether a column holds quantities."""
        return self.kind(name) in NUMERIC_KINDS

    def kind(self, name: str) -> str:
        """Returns the kind of a stored or derived column."""
        return self.source.table.kind(name)

    def rule(self, name: str) -> DerivedRule | None:
        """Returns how a column is derived; None for a stored one."""
        return self._derived[name].rule if name in self._derived else None

    def sources_of(self, name: str) -> list[str]:
        """Returns what a derived column is computed from; a stored one is its own source."""
        return self._derived[name].sources if name in self._derived else [name]

    @cached_property
    def booleans(self) -> dict[str, tuple[str, str]]:
        """Columns of yes and no, with the two words they use, yes first."""
        found = {}
        for column in self.profile.column_profiles:
            words = [str(top.value) for top in column.top_values]
            if column.kind == "boolean" and len(words) == 2:
                yes = next(
                    (word for word in words if word.casefold() in ("y", "yes", "true", "t", "o", "유", "예")), None
                )
                if yes is not None:
                    found[column.name] = (yes, next(word for word in words if word != yes))
        return found

    @cached_property
    def addresses(self) -> list[str]:
        """Columns of addresses, the one with fewest missing values first."""
        named = [each for each in self.profile.column_profiles if "주소" in each.name or "소재지" in each.name]
        return [each.name for each in sorted(named, key=lambda each: each.missing)]

    @cached_property
    def _distinct(self) -> dict[str, list[str]]:
        """The different values of every column that a question may name a value of."""
        wanted = [each for each in self.profile.column_profiles if _has_values(each)]
        if not wanted:
            return {}
        try:
            lists = self.source.table.frame.select([pl.col(each.name).unique().implode() for each in wanted]).collect()
        except (OSError, PolarsError):
            return {}  # the table cannot be read any more: the tool call that follows says so
        series = {each.name: lists[each.name].explode().drop_nulls().cast(pl.String).sort() for each in wanted}
        found = {name: values.to_list() for name, values in series.items()}
        return found | dict(self._parts_of(series))

    def _parts_of(self, series: dict[str, pl.Series]) -> Iterator[tuple[str, list[str]]]:
        """Yields the different values of derived places and parts, computed from those of their source."""
        for column in self._derived.values():
            source = column.sources[0]
            if column.rule in _VALUE_RULES and source in series:
                frame = pl.DataFrame({source: series[source]})
                yield column.name, _expressed(frame, column)


def _expressed(frame: pl.DataFrame, column: DerivedColumn) -> list[str]:
    """Returns the different values of a derived column."""
    values: list[str] = frame.select(expression(column)).to_series().drop_nulls().unique().sort().to_list()
    return values


def _has_values(column: ColumnProfile) -> bool:
    """Whether a question may name one of the column's values; the only value of a column tells no rows apart."""
    return column.kind in ("category", "text") and 1 < column.distinct <= MAX_VALUES


def _holds_years(column: ColumnProfile) -> bool:
    """Whether a column of numbers holds years, by its name and its range."""
    low, high = column.min, column.max
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return bool(_YEAR_NAME.search(column.name)) and low >= _YEARS[0] and high <= _YEARS[1]


def _surfaces_of_text(value: str) -> Iterator[str]:
    """Yields what a question may call a text: itself, where it is long enough to be told from other words."""
    whole = squeeze(value)
    if len(whole) >= _SHORTEST_TEXT and _LETTER.search(whole):
        yield whole


def _surfaces_of_value(value: str) -> Iterator[str]:
    """Yields what a question may call a value: itself, its parts at brackets and slashes, its synonyms."""
    whole = squeeze(value)
    if not _LETTER.search(whole):
        return
    parts = (squeeze(part) for part in re.split(r"[/()]", value))
    names = {whole, *(part for part in parts if len(part) > 1 and part not in LIGHT_PIECES)}
    names |= {squeeze(word) for word in VALUE_SYNONYMS.get(value, ())}
    yield from (name for name in names if _LETTER.search(name))
