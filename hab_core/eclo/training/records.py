"""Accidents with their outcome, as columns: what training works on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hab_core.regions import gu_of

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]
MISSING = -1
"""The code of a value that is not known."""


class Coded(NamedTuple):
    """A column as whole numbers.

    Attributes:
        codes: Index into ``values`` of each row, shape (rows,); ``MISSING`` where there is none.
        values: The distinct values, sorted.
    """

    codes: Codes
    values: list[Any]


@dataclass(frozen=True)
class Records:
    """Accidents under canonical names; every column has shape (rows,).

    Attributes:
        weather: 기상상태, text.
        road_surface: 노면상태, text.
        road_type: 도로형태, text.
        accident_type: 사고유형, text.
        district: 시군구, text; None where the source does not tell.
        year: Year of the local time; likewise ``month``, ``day`` and ``hour``.
        eclo: Equivalent casualty loss, the target.
    """

    weather: NDArray[np.object_]
    road_surface: NDArray[np.object_]
    road_type: NDArray[np.object_]
    accident_type: NDArray[np.object_]
    district: NDArray[np.object_]
    year: Codes
    month: Codes
    day: Codes
    hour: Codes
    eclo: Floats

    def __len__(self) -> int:
        return len(self.eclo)

    def select(self, rows: Mask | Codes) -> Records:
        """Returns the rows that a mask or an array of positions picks."""
        return Records(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    def without_districts(self, rows: Mask) -> Records:
        """Returns all rows, the district of the picked ones removed."""
        districts = self.district.copy()
        districts[rows] = None
        return self.with_districts(districts)

    def with_districts(self, districts: NDArray[np.object_]) -> Records:
        """Returns all rows with other districts."""
        columns = {each.name: getattr(self, each.name) for each in fields(self)}
        return Records(**{**columns, "district": districts})

    def columns(self) -> dict[str, list[Any]]:
        """Returns the circumstances as ``FeatureTable.encode_table`` takes them."""
        return {each.name: getattr(self, each.name).tolist() for each in fields(self) if each.name != "eclo"}

    @cached_property
    def target(self) -> Floats:
        """log1p of the ECLO, the model's own scale."""
        return np.log1p(self.eclo)

    @cached_property
    def has_district(self) -> Mask:
        """Where the district is known."""
        return np.array([district is not None for district in self.district], dtype=np.bool_)

    @cached_property
    def last_year(self) -> int:
        """The year of the latest accident."""
        return int(self.year.max())

    def coded(self, name: str) -> Coded:
        """Returns a column as codes; ``gu`` (the district's 구/군) is one, too."""
        values = self._gu if name == "gu" else getattr(self, name)
        return coded(values.tolist())

    @cached_property
    def _gu(self) -> NDArray[np.object_]:
        names = {district: None if district is None else gu_of(district) for district in set(self.district)}
        return np.array([names[district] for district in self.district], dtype=object)


def coded(values: Iterable[Any]) -> Coded:
    """Returns values as codes; None is ``MISSING``."""
    column = list(values)
    distinct = sorted({value for value in column if value is not None})
    index = {value: code for code, value in enumerate(distinct)}
    return Coded(np.array([index.get(value, MISSING) for value in column], dtype=np.intp), distinct)


def joined(records: list[Records]) -> Records:
    """Returns several tables as one, in their order."""
    names = [each.name for each in fields(Records)]
    return Records(**{name: np.concatenate([getattr(part, name) for part in records]) for name in names})
