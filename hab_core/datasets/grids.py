"""Korea's transverse Mercator grids and their conversion to WGS 84, on whole arrays.

Formulas: Krüger's series to the fourth order in the third flattening (C. F. F. Karney, "Transverse Mercator with an
accuracy of a few nanometers", J. Geodesy 85, 2011); B. R. Bowring's geodetic latitude (Survey Review 23, 1976); the
Molodensky–Badekas shift of Korean 1985 to WGS 84. Parameters: EPSG registry. Written out rather than left to PROJ,
because a conversion inside a lazy query runs in the engine's own threads, and PROJ's Python binding crashes there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ellipsoid:
    """The figure of the Earth a grid is drawn on.

    Attributes:
        a: Half the long axis, metres.
        f: Flattening.
    """

    def __init__(self, a: float, inverse_flattening: float) -> None:
        self.a = a
        self.f = 1 / inverse_flattening

    @cached_property
    def e2(self) -> float:
        """The first eccentricity, squared."""
        return self.f * (2 - self.f)

    @cached_property
    def n(self) -> float:
        """The third flattening."""
        return self.f / (2 - self.f)

    @cached_property
    def rectifying_radius(self) -> float:
        """The radius of the sphere whose meridian is as long, metres."""
        return self.a / (1 + self.n) * (1 + self.n**2 / 4 + self.n**4 / 64)


class Shift(NamedTuple):
    """A Molodensky–Badekas shift (coordinate frame): metres, arc seconds, parts per million, and its pivot (metres)."""

    move: tuple[float, float, float]
    turn: tuple[float, float, float]
    scale: float
    pivot: tuple[float, float, float]


class Grid(NamedTuple):
    """A transverse Mercator grid: origin (degrees), scale, false easting and northing (metres)."""

    ellipsoid: Ellipsoid
    longitude: float
    scale: float
    east: float
    north: float
    shift: Shift | None = None
    latitude: float = 38.0


_WGS84 = Ellipsoid(6_378_137.0, 298.257223563)
_GRS80 = Ellipsoid(6_378_137.0, 298.257222101)
_BESSEL = Ellipsoid(6_377_397.155, 299.1528128)
_KOREAN_1985 = Shift(
    move=(-145.907, 505.034, 685.756),
    turn=(-1.162, 2.347, 1.592),
    scale=6.342,
    pivot=(-3_159_521.31, 4_068_151.32, 3_748_113.85),
)
_GRIDS = {
    "EPSG:5174": Grid(_BESSEL, 127.0028902777778, 1.0, 200_000, 500_000, _KOREAN_1985),
    "EPSG:5179": Grid(_GRS80, 127.5, 0.9996, 1_000_000, 2_000_000),
    "EPSG:5181": Grid(_GRS80, 127.0, 1.0, 200_000, 500_000),
    "EPSG:5186": Grid(_GRS80, 127.0, 1.0, 200_000, 600_000),
}
"""Korean 2000 (GRS 80) equals WGS 84 within a metre, so its grids need no shift."""


def to_degrees(northing: Floats, easting: Floats, code: str) -> tuple[Floats, Floats]:
    """Returns latitude and longitude (degrees, WGS 84) of metres of a grid, exact to less than a centimetre.

    Args:
        northing: Metres north, false northing included; NaN stays NaN.
        easting: Metres east, false easting included, of the same shape.
        code: ``EPSG:5174``, ``EPSG:5179``, ``EPSG:5181`` or ``EPSG:5186``.
    """
    grid = _GRIDS[code]
    latitude, longitude = _unprojected(northing, easting, grid)
    if grid.shift is not None:
        latitude, longitude = _shifted(latitude, longitude, grid.ellipsoid, grid.shift)
    return np.degrees(latitude), np.degrees(longitude)


def _unprojected(northing: Floats, easting: Floats, grid: Grid) -> tuple[Floats, Floats]:
    """Returns latitude and longitude on the grid's own ellipsoid, radians (Karney 2011, equations 11, 15, 16)."""
    n, radius = grid.ellipsoid.n, grid.ellipsoid.rectifying_radius
    xi = (northing - grid.north) / (grid.scale * radius) + _rectifying_latitude(grid)
    eta = (easting - grid.east) / (grid.scale * radius)
    beta = (
        n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - 437 * n**4 / 1440,
        17 * n**3 / 480 - 37 * n**4 / 840,
        4397 * n**4 / 161_280,
    )
    point = xi + 1j * eta
    point = point - _sine_series(np.sin(2 * point), np.cos(2 * point), beta)
    up, across = point.real, point.imag
    conformal = np.arcsin(np.sin(up) / np.cosh(across))
    delta = (
        2 * n - 2 * n**2 / 3 - 2 * n**3 + 116 * n**4 / 45,
        7 * n**2 / 3 - 8 * n**3 / 5 - 227 * n**4 / 45,
        56 * n**3 / 15 - 136 * n**4 / 35,
        4279 * n**4 / 630,
    )
    latitude = conformal + _sine_series(np.sin(2 * conformal), np.cos(2 * conformal), delta)
    return latitude, np.arctan2(np.sinh(across), np.cos(up)) + math.radians(grid.longitude)


def _sine_series(sine: NDArray[Any], cosine: NDArray[Any], factors: Sequence[float]) -> NDArray[Any]:
    """Returns the sum of ``factors[j - 1] * sin(j * x)`` from the sine and cosine of x (Clenshaw's summation)."""
    last = before = np.zeros_like(sine)
    for factor in reversed(factors):
        last, before = factor + 2 * cosine * last - before, last
    total: NDArray[Any] = last * sine
    return total


def _rectifying_latitude(grid: Grid) -> float:
    """Returns the rectifying latitude of the grid's origin, radians (Karney 2011, equations 7, 9, 12)."""
    n, e = grid.ellipsoid.n, math.sqrt(grid.ellipsoid.e2)
    phi = math.radians(grid.latitude)
    chi = math.atan(math.sinh(math.asinh(math.tan(phi)) - e * math.atanh(e * math.sin(phi))))
    alpha = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180,
        13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
        61 * n**3 / 240 - 103 * n**4 / 140,
        49_561 * n**4 / 161_280,
    )
    return chi + sum(factor * math.sin(2 * j * chi) for j, factor in enumerate(alpha, start=1))


def _shifted(latitude: Floats, longitude: Floats, source: Ellipsoid, shift: Shift) -> tuple[Floats, Floats]:
    """Returns latitude and longitude (radians) of another datum on WGS 84, for points on the ellipsoid."""
    sine, cosine = np.sin(latitude), np.cos(latitude)
    radius = source.a / np.sqrt(1 - source.e2 * sine**2)
    given = np.stack(
        (radius * cosine * np.cos(longitude), radius * cosine * np.sin(longitude), radius * (1 - source.e2) * sine)
    )
    pivot = np.array(shift.pivot)[:, None]
    rx, ry, rz = np.radians(np.array(shift.turn) / 3600)
    turn = np.array(((1, rz, -ry), (-rz, 1, rx), (ry, -rx, 1)))
    moved = turn @ (given - pivot) * (1 + shift.scale * 1e-6) + np.array(shift.move)[:, None] + pivot
    return _geodetic(moved[0], moved[1], moved[2])


def _geodetic(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Returns latitude and longitude on WGS 84 (radians) of a point near the ground, geocentric metres (Bowring)."""
    a, e2 = _WGS84.a, _WGS84.e2
    b = a * (1 - _WGS84.f)
    away = np.hypot(x, y)
    theta = np.arctan2(z * a, away * b)
    up = z + np.sin(theta) ** 3 * (e2 / (1 - e2) * b)
    out = away - np.cos(theta) ** 3 * (e2 * a)
    return np.arctan2(up, out), np.arctan2(y, x)
