"""Columns as the tools see them: a name, a kind, and the family of operations that the kind allows."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import polars as pl


class Family(Enum):
    """What can be done with a column; the values are Korean, for messages."""

    NUMBER = "숫자"
    DATE = "날짜"
    TEXT = "글자"
    BOOLEAN = "참/거짓"


class Column(NamedTuple):
    """A column of the table.

    Attributes:
        name: Its name.
        kind: What it means, as the profile says.
        dtype: How it is stored.
        rule: How it is derived from others; None for a column of the file.
        missing: Missing cells in the whole table, where that is known.
        distinct: Different values in the whole table, where that is known.
        codes: The column that holds the codes of its text, where there is one.
        words: What each code stands for.
    """

    name: str
    kind: str
    dtype: pl.DataType
    rule: str | None = None
    missing: int | None = None
    distinct: int | None = None
    codes: str | None = None
    words: pl.Series | None = None

    @property
    def derived(self) -> bool:
        """Whether it is computed from other columns."""
        return self.rule is not None

    @property
    def family(self) -> Family:
        """What can be done with it, by how its values are stored."""
        return family_of(self.dtype)

    @property
    def measured(self) -> bool:
        """Whether it is a quantity that may be put in relation to others unasked: no codes, no parts of a date."""
        return self.family is Family.NUMBER and self.kind != "code" and self.rule in (None, "eclo")


def family_of(dtype: pl.DataType) -> Family:
    """Returns the family of a type; what is neither number, date nor boolean is treated as text."""
    if dtype == pl.Boolean:
        return Family.BOOLEAN
    if dtype.is_numeric():
        return Family.NUMBER
    return Family.DATE if dtype in (pl.Date, pl.Datetime) else Family.TEXT
