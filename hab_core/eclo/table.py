"""The encoder of whole tables: the same numbers as one accident at a time, a hundred times as many per second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hab_core.eclo.features import FeatureTable, kind_of_weekday
from hab_core.eclo.lookup import Lookup

_TEXT_COLUMNS = ("weather", "road_surface", "road_type", "accident_type")
_RANGES = {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "weekday": (0, 6)}


class TableEncoder:
    """Turns columns of raw values into codes, and codes into the model's numbers by array lookups.

    The vocabulary of a field holds its known values; the code after the last stands for any other value.
    """

    def __init__(self, table: FeatureTable) -> None:
        self._table = table
        self._vocabularies = _vocabularies(table)
        self._codes = {name: {value: i for i, value in enumerate(v)} for name, v in self._vocabularies.items()}
        pairs = zip(table.features, table.resolved, strict=True)
        self._lookups = [(feature.fields, self._array(feature, values)) for feature, values in pairs]

    def encode(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Returns the model's rows, shape (rows, features), C order; see ``FeatureTable.encode_table``."""
        codes = self._encode_text(columns) | self._encode_dates(columns)
        rows = len(codes["weather"])
        matrix = np.empty((rows, len(self._lookups)), dtype=np.float64)
        joint: dict[tuple[str, ...], NDArray[np.intp]] = {}
        for column, (fields, values) in enumerate(self._lookups):
            if fields not in joint:
                joint[fields] = self._joint_codes(fields, codes)
            matrix[:, column] = values[joint[fields]]
        return matrix

    def _array(self, feature: Lookup, values: Mapping[Any, float]) -> NDArray[np.float64]:
        """Returns the values of a feature by joint code."""
        shape = [len(self._vocabularies[name]) + 1 for name in feature.fields]
        array = np.full(shape, feature.default, dtype=np.float64)
        codes = [self._codes[name] for name in feature.fields]
        for key, value in values.items():
            parts = key if isinstance(key, tuple) else (key,)
            array[tuple(code[part] for code, part in zip(codes, parts, strict=True))] = value
        return array.ravel()

    def _joint_codes(self, fields: tuple[str, ...], codes: Mapping[str, NDArray[np.intp]]) -> NDArray[np.intp]:
        """Returns one code for each row's combination of values, in the order of ``_array``."""
        joint = codes[fields[0]]
        for name in fields[1:]:
            joint = joint * (len(self._vocabularies[name]) + 1) + codes[name]
        return joint

    def _encode_text(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.intp]]:
        """Returns the codes of the text fields; districts bring their 구/군 with them."""
        codes = {name: self._codes_of(name, columns[name]) for name in _TEXT_COLUMNS}
        districts = columns["district"]
        places = {district: self._table.place(district) for district in dict.fromkeys(districts)}
        for name, of_place in (("district", 0), ("gu", 1)):
            vocabulary = self._codes[name]
            unknown = len(vocabulary)
            code = {district: vocabulary.get(place[of_place], unknown) for district, place in places.items()}
            codes[name] = np.fromiter(map(code.__getitem__, districts), dtype=np.intp, count=len(districts))
        return codes

    def _codes_of(self, name: str, values: Sequence[Any]) -> NDArray[np.intp]:
        """Returns the codes of one column of text; each distinct value is looked up once."""
        vocabulary = self._codes[name]
        unknown = len(vocabulary)
        code = {value: vocabulary.get(value, unknown) for value in dict.fromkeys(values)}
        return np.fromiter(map(code.__getitem__, values), dtype=np.intp, count=len(values))

    def _encode_dates(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.intp]]:
        """Returns the codes of year, month, day, hour, weekday and day_kind."""
        numbers = {name: np.asarray(columns[name], dtype=np.intp) for name in ("year", "month", "day", "hour")}
        first, last = self._table.years
        codes = {name: numbers[name] - _RANGES[name][0] for name in ("month", "day", "hour")}
        codes["year"] = np.clip(numbers["year"], first, last) - first
        days = numbers["year"] * 10_000 + numbers["month"] * 100 + numbers["day"]
        distinct, inverse = np.unique(days, return_inverse=True)
        weekdays = [date(day // 10_000, day // 100 % 100, day % 100).weekday() for day in distinct.tolist()]
        kinds = [self._kind(day, weekday) for day, weekday in zip(distinct.tolist(), weekdays, strict=True)]
        codes["weekday"] = np.asarray(weekdays, dtype=np.intp)[inverse]
        codes["day_kind"] = np.asarray(kinds, dtype=np.intp)[inverse]
        return codes

    def _kind(self, day: int, weekday: int) -> int:
        """Returns the code of a date's kind."""
        kind = self._table.day_kinds.get(day) or kind_of_weekday(weekday)
        vocabulary = self._codes["day_kind"]
        return vocabulary.get(kind, len(vocabulary))


def _vocabularies(table: FeatureTable) -> dict[str, list[Any]]:
    """Returns the known values of every raw field: those of the categories and of every feature's keys."""
    first, last = table.years
    found: dict[str, dict[Any, None]] = {name: dict.fromkeys(values) for name, values in table.categories.items()}
    for name, (low, high) in {**_RANGES, "year": (first, last)}.items():
        found[name] = dict.fromkeys(range(low, high + 1))
    found["day_kind"] = dict.fromkeys((*map(kind_of_weekday, range(7)), *table.day_kinds.values()))
    for feature, values in zip(table.features, table.resolved, strict=True):
        for key in values:
            for name, part in zip(feature.fields, key if isinstance(key, tuple) else (key,), strict=True):
                found.setdefault(name, {}).setdefault(part)
    for name in (*_TEXT_COLUMNS, "district", "gu"):
        found.setdefault(name, {})
    return {name: list(values) for name, values in found.items()}
