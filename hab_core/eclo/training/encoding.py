"""Makes the table of a model's features: ``hab_core.eclo.features`` encodes by it, in training as in serving.

Categories become numbers by their shrunken mean effect, so that trees need few splits. A place is described by its
centre and by the mean rest that the other circumstances leave there, alone and crossed with the accident type and the
road type. Rows without 시군구 get NaN, which the trees send one way; it is no sign of a year, because the level of the
years is taken out before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hab_core.eclo.features import FeatureTable
from hab_core.eclo.lookup import Key, Lookup
from hab_core.eclo.training.holiday_kinds import FESTIVAL, HOLIDAY
from hab_core.eclo.training.records import MISSING, Coded, Codes, Floats, Records
from hab_core.eclo.training.ridge import cross
from hab_core.eclo.training.shrinkage import out_of_fold_means, shrunken_means
from hab_core.regions import districts, find
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS

_CATEGORY_DOUBT = 20.0
_HOURS_BEFORE_DAY = 6
"""Hours are counted from 06:00, so that a night is not cut in two at midnight."""
_DAY_KINDS = ("weekday", "saturday", "sunday", HOLIDAY, FESTIVAL)
_LABELS = {"weather": "기상상태", "road_surface": "노면상태", "road_type": "도로형태", "accident_type": "사고유형"}


class PlaceFeature(NamedTuple):
    """A feature that tells how severe accidents of a place are, beyond their other circumstances.

    Attributes:
        name: Name of the model feature.
        label: Korean label.
        fields: ``district`` or ``gu`` first, then what it is crossed with.
        doubt: Strength of the shrinkage, in accidents.
    """

    name: str
    label: str
    fields: tuple[str, ...]
    doubt: float


PLACE_FEATURES = (
    PlaceFeature("gu", "구/군", ("gu",), 100.0),
    PlaceFeature("place", "시군구", ("district",), 150.0),
    PlaceFeature("place_x_type", "시군구·사고유형", ("district", "accident_type"), 300.0),
    PlaceFeature("place_x_road", "시군구·도로형태", ("district", "road_type"), 300.0),
)


def make_table(
    records: Records, weights: Floats, within_year: Floats, rest: Floats, holidays: Mapping[str, str]
) -> FeatureTable:
    """Returns the encoder of a model.

    Args:
        records: The accidents of training.
        weights: Weight of each row.
        within_year: log1p(ECLO) less the level of its year, for each row.
        rest: What the circumstances without the place leave of it, for each row.
        holidays: Kind of day by ISO date.
    """
    categories = tuple(_category(records, weights, within_year, name) for name in _LABELS)
    hours: dict[Key, float] = {hour: float((hour - _HOURS_BEFORE_DAY) % 24) for hour in range(24)}
    times = (
        Lookup("hour", "사고시", ("hour",), hours),
        Lookup("weekday", "요일", ("weekday",), {day: float(day) for day in range(7)}),
        Lookup("day_kind", "휴일", ("day_kind",), {kind: float(i) for i, kind in enumerate(_DAY_KINDS)}, 0.0),
        Lookup("month", "사고월", ("month",), {month: float(month) for month in range(1, 13)}),
    )
    places = tuple(_place(feature, records, weights, rest) for feature in PLACE_FEATURES)
    known = records.coded("district").values
    return FeatureTable(
        features=(*categories, *times, *places, *_centres(known)),
        categories={
            "weather": WEATHERS,
            "road_surface": ROAD_SURFACES,
            "road_type": tuple(records.coded("road_type").values),
            "accident_type": ACCIDENT_TYPES,
            "district": tuple(known),
        },
        years=(int(records.year.min()), records.last_year),
        holidays=holidays,
    )


def out_of_fold_rows(records: Records, weights: Floats, rest: Floats, table: FeatureTable, rows: Floats) -> Floats:
    """Returns the model's rows with each place feature as the other accidents tell it, shape (rows, features)."""
    replaced = rows.copy()
    position = {feature.name: index for index, feature in enumerate(table.features)}
    for feature in PLACE_FEATURES:
        codes, size = cross([records.coded(name).codes for name in feature.fields])
        replaced[:, position[feature.name]] = out_of_fold_means(codes, size, rest, weights, feature.doubt)
    return replaced


def _category(records: Records, weights: Floats, within_year: Floats, name: str) -> Lookup:
    """Returns a category as its mean effect; values that training never saw have the effect zero."""
    column = records.coded(name)
    means = shrunken_means(column.codes, len(column.values), within_year, weights, _CATEGORY_DOUBT)
    values: dict[Key, float] = dict(zip(column.values, _rounded(means), strict=True))
    return Lookup(name, _LABELS[name], (name,), values, 0.0)


def _place(feature: PlaceFeature, records: Records, weights: Floats, rest: Floats) -> Lookup:
    """Returns a place feature: values of the 동, and of the 구/군 for those that have none."""
    fields = feature.fields
    values = _cells(records, fields, weights, rest, feature.doubt)
    if fields[0] == "district":
        values |= _cells(records, ("gu", *fields[1:]), weights, rest, feature.doubt)
    return Lookup(feature.name, feature.label, fields, values)


def _cells(records: Records, names: tuple[str, ...], weights: Floats, rest: Floats, doubt: float) -> dict[Key, float]:
    """Returns the shrunken mean of every cell that occurs, by the key of a lookup."""
    columns = [records.coded(name) for name in names]
    codes, size = cross([column.codes for column in columns])
    means = _rounded(shrunken_means(codes, size, rest, weights, doubt))
    return dict(zip(_keys(columns, codes, size), means, strict=True))


def _keys(columns: list[Coded], codes: Codes, size: int) -> list[Key]:
    """Returns the key of each code of a crossing."""
    rows = np.flatnonzero(codes != MISSING)
    _, first = np.unique(codes[rows], return_index=True)
    parts = [[column.values[code] for code in column.codes[rows[first]]] for column in columns]
    keys: list[Key] = parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))
    if len(keys) != size:
        raise ValueError("a crossing has codes without rows")
    return keys


def _centres(known: list[str]) -> tuple[Lookup, Lookup]:
    """Returns latitude and longitude of the places' centres, degrees; a place without one has that of its 구/군."""
    found = {name: find(name) for name in known}
    places = {name: (region.latitude, region.longitude) for name, region in found.items() if region is not None}
    places |= {gu.name: (gu.latitude, gu.longitude) for gu in districts() if any(n.startswith(gu.name) for n in known)}
    latitudes: dict[Key, float] = {name: round(place[0], 5) for name, place in places.items()}
    longitudes: dict[Key, float] = {name: round(place[1], 5) for name, place in places.items()}
    return (
        Lookup("latitude", "위도", ("district",), latitudes),
        Lookup("longitude", "경도", ("district",), longitudes),
    )


def _rounded(values: Floats) -> list[float]:
    """Returns values with six decimals: enough for any split, and short in the file."""
    return [round(value, 6) for value in values.tolist()]
