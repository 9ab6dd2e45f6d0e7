"""Coordinates: recognised by where Daegu and Korea lie, converted to WGS 84 when somebody needs degrees.

Korean public offices publish WGS 84 degrees, degrees in swapped columns, or metres of a transverse Mercator grid:
EPSG:5174 (Korean 1985, Bessel, modified central belt), 5179 (UTM-K), 5181 (central belt, 500 km false northing) and
5186 (central belt 2010, 600 km). In Daegu 5174 and 5181 differ by about 300 m, less than a city is wide, so place
alone cannot tell them apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import polars as pl

from hab_core.datasets.grids import to_degrees
from hab_core.schemas.datasets import GeoInfo

WGS84 = "EPSG:4326"
DERIVED_LATITUDE = "좌표.위도"
DERIVED_LONGITUDE = "좌표.경도"


class Box(NamedTuple):
    """A rectangle of degrees or metres, bounds included."""

    south: float
    north: float
    west: float
    east: float


KOREA = Box(33.0, 38.7, 124.5, 132.0)
"""Degrees around South Korea, from 마라도 to 고성 and from 백령도 to 독도."""
DAEGU = Box(35.58, 36.35, 128.33, 128.90)
"""Degrees around Daegu, 군위군 included, with a margin of 2 km."""


class _System(NamedTuple):
    """A grid: its code, and where Korea and Daegu lie in it (metres)."""

    code: str
    korea: Box
    daegu: Box


_GRIDS = (
    _System("EPSG:5174", Box(-55_100, 589_300, -33_800, 667_500), Box(232_000, 318_000, 319_300, 372_100)),
    _System("EPSG:5181", Box(-54_800, 589_600, -33_700, 667_600), Box(232_300, 318_300, 319_300, 372_200)),
    _System("EPSG:5186", Box(45_200, 689_600, -33_700, 667_600), Box(332_300, 418_300, 319_300, 372_200)),
    _System(
        "EPSG:5179", Box(1_445_400, 2_087_300, 719_700, 1_420_600), Box(1_731_900, 1_817_700, 1_074_400, 1_126_900)
    ),
)
_DEGREES = _System(WGS84, KOREA, DAEGU)
_LATITUDE = re.compile(r"위도|^lat|[_ ]lat|latitude", re.IGNORECASE)
_LONGITUDE = re.compile(r"경도|^lon|^lng|[_ ]l(?:on|ng)|longitude", re.IGNORECASE)
_GRID_NAME = re.compile(r"좌표|tm|utm|(?<![a-z])[xy](?![a-z])|north|east", re.IGNORECASE)
_NORTHING = re.compile(r"(?<![a-z])y(?![a-z])|north|종", re.IGNORECASE)
_ENOUGH = 0.9
_MOST_COLUMNS = 60
_DEGREE_NAMES = ("latitude", "longitude")


class _Match(NamedTuple):
    """Two columns read as one system: how many of the points lie in Korea and in Daegu."""

    system: _System
    vertical: str
    horizontal: str
    korea: float
    daegu: float
    named: float

    @property
    def rank(self) -> tuple[float, float, float]:
        """What makes one reading better than another: Daegu, then names, then Korea."""
        return (round(self.daegu, 2), self.named, self.korea)


def find_geo(frame: pl.DataFrame) -> GeoInfo | None:
    """Returns the coordinates of a table, or None where no two of its columns lie in Korea.

    Degrees are recognised by place alone where they lie in Daegu, elsewhere only with a telling name; metres always
    need one (``좌표``, ``X``, ``TM`` …). Points at 0 count as missing.
    """
    best = _best(_degree_matches(frame))
    if best is not None:
        return _in_degrees(best)
    matches = _grid_matches(frame)
    best = _best(matches)
    return None if best is None else _in_metres(best, matches)


def to_wgs84(northing: str, easting: str, system: str) -> pl.Expr:
    """Returns the expression that converts two columns of metres to degrees.

    Args:
        northing: The column of northings.
        easting: The column of eastings.
        system: Code of the grid, e.g. ``EPSG:5181``.

    Returns:
        A struct of ``latitude`` and ``longitude``, both null where a coordinate is missing or lies outside Korea.
    """
    fields = pl.Struct({"latitude": pl.Float64, "longitude": pl.Float64})
    both = pl.struct(pl.col(northing).cast(pl.Float64), pl.col(easting).cast(pl.Float64))
    return both.map_batches(_conversion(system), return_dtype=fields, is_elementwise=True)


@cache
def _conversion(system: str) -> Callable[[pl.Series], pl.Series]:
    """Returns the conversion of structs of metres; always the same object, so a query computes it once."""
    return partial(_converted, system=system)


def _converted(points: pl.Series, system: str) -> pl.Series:
    """Returns a series of structs (northing, easting) in metres as structs of degrees."""
    box = next(grid.korea for grid in _GRIDS if grid.code == system)
    north, east = (part.fill_null(math.nan).to_numpy() for part in points.struct.unnest().get_columns())
    inside = (north >= box.south) & (north <= box.north) & (east >= box.west) & (east <= box.east)
    degrees = to_degrees(np.where(inside, north, np.nan), np.where(inside, east, np.nan), system)
    columns = [pl.Series(name, part, nan_to_null=True) for name, part in zip(_DEGREE_NAMES, degrees, strict=True)]
    return pl.DataFrame(columns).to_struct(points.name)


def _degree_matches(frame: pl.DataFrame) -> list[_Match]:
    """Returns every pair of columns whose numbers are degrees of Korea."""
    numbers = _candidates(frame, [name for name, dtype in frame.schema.items() if dtype.is_float()])
    upright = [name for name in numbers if _within(frame[name], *KOREA[:2]) >= _ENOUGH]
    across = [name for name in numbers if _within(frame[name], *KOREA[2:]) >= _ENOUGH]
    found = []
    for latitude in upright:
        for longitude in across:
            match = _match(frame, _DEGREES, latitude, longitude, _names_of_degrees(latitude, longitude))
            if match.named or match.daegu >= _ENOUGH:
                found.append(match)
    return found


def _grid_matches(frame: pl.DataFrame) -> list[_Match]:
    """Returns every reading of two columns with telling names as metres of a Korean grid."""
    numeric = [name for name, dtype in frame.schema.items() if dtype.is_numeric() and _GRID_NAME.search(name)]
    names = _candidates(frame, numeric)
    return [
        _match(frame, system, northing, easting, 1.0 if _NORTHING.search(northing) else 0.5)
        for system in _GRIDS
        for northing in names
        for easting in names
        if northing != easting
    ]


def _candidates(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Returns the columns that hold anything; a table of very many columns is judged by its first ones."""
    return [name for name in names if frame[name].null_count() < frame.height][:_MOST_COLUMNS]


def _within(values: pl.Series, low: float, high: float) -> float:
    """Returns the share of the numbers (neither missing nor 0) between two bounds."""
    given = values.drop_nulls()
    given = given.filter(given != 0)
    return float(given.is_between(low, high).mean() or 0.0)  # type: ignore[arg-type]


def _match(frame: pl.DataFrame, system: _System, vertical: str, horizontal: str, named: float) -> _Match:
    """Returns two columns read as one system."""
    up, across = pl.col(vertical), pl.col(horizontal)
    points = frame.lazy().select(up, across).filter((up != 0) & (across != 0))
    shares = points.select(
        (up.is_between(box.south, box.north) & across.is_between(box.west, box.east)).mean().alias(name)
        for name, box in (("korea", system.korea), ("daegu", system.daegu))
    ).collect()
    korea, daegu = (float(share or 0.0) for share in shares.row(0))
    return _Match(system, vertical, horizontal, korea, daegu, named)


def _names_of_degrees(latitude: str, longitude: str) -> float:
    """Returns how well two names fit: 1 as named, 0.5 swapped or half named, 0 without a hint."""
    if _LATITUDE.search(latitude) and _LONGITUDE.search(longitude):
        return 1.0
    hints = (_LATITUDE, _LONGITUDE, _GRID_NAME)
    return 0.5 if all(any(hint.search(name) for hint in hints) for name in (latitude, longitude)) else 0.0


def _best(matches: Sequence[_Match]) -> _Match | None:
    """Returns the best reading that puts enough of the points into Korea."""
    fitting = [match for match in matches if match.korea >= _ENOUGH]
    return max(fitting, key=lambda match: match.rank, default=None)


def _in_degrees(match: _Match) -> GeoInfo:
    """Returns what is said of columns of degrees."""
    swapped = bool(_LONGITUDE.search(match.vertical) and _LATITUDE.search(match.horizontal))
    certain = match.korea * (1.0 if match.named == 1.0 or swapped else 0.8 if match.named else 0.6)
    note = "WGS84 위도·경도입니다."
    if swapped:
        note = f"위도와 경도가 서로 바뀌어 있습니다: '{match.vertical}' 열의 값이 위도입니다."
    return GeoInfo(
        latitude=match.vertical,
        longitude=match.horizontal,
        columns=[match.vertical, match.horizontal],
        systems=[WGS84],
        swapped=swapped,
        confidence=round(certain, 3),
        in_daegu=round(match.daegu, 4),
        note=note,
    )


def _in_metres(best: _Match, matches: Sequence[_Match]) -> GeoInfo:
    """Returns what is said of columns of metres: every grid that explains the points as well as the best one."""
    same = (best.vertical, best.horizontal)
    equal = [match for match in matches if (match.vertical, match.horizontal) == same and match.korea >= _ENOUGH]
    if best.daegu >= _ENOUGH:
        equal = [match for match in equal if match.daegu >= best.daegu - 0.02]
    systems = [match.system.code for match in equal]
    apart = _differing(systems)
    return GeoInfo(
        latitude=DERIVED_LATITUDE,
        longitude=DERIVED_LONGITUDE,
        columns=list(same),
        systems=systems,
        swapped=best.named < 1.0 and bool(_NORTHING.search(best.horizontal)),
        confidence=round(best.korea * (0.95 if apart == 1 else 0.5), 3),
        in_daegu=round(best.daegu, 4),
        note=_note(systems, apart),
    )


def _differing(systems: Sequence[str]) -> int:
    """Returns how many places the systems put a point at; 5174 and 5181 count as one."""
    return len({code.replace("5174", "5181") for code in systems})


def _note(systems: Sequence[str], apart: int) -> str:
    """Returns the sentence about the grids that fit."""
    if apart > 1:
        return f"좌표 범위만으로는 {', '.join(systems)} 중 어느 것인지 알 수 없어 {systems[0]}(으)로 변환합니다."
    if len(systems) > 1:
        return (
            f"{systems[0]}와 {systems[1]}은 약 300m 차이라 위치만으로 구별할 수 없습니다. "
            f"{systems[0]}(으)로 변환합니다."
        )
    return f"{systems[0]} 좌표(m)를 WGS84로 변환합니다."
