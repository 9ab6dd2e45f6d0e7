"""The table of Daegu's 399 법정동 and 리, read once, and what is derived from it.

The table holds the statutory places (법정동 and 리) of Daegu since 군위군 joined it in July 2023: the ten-digit code,
the full name as accident records write it, the centre and a radius.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

CITY = "대구광역시"
"""The name every full district name of Daegu begins with."""


class Region(NamedTuple):
    """One 법정동 or 리.

    Attributes:
        code: Ten-digit statutory code.
        name: Full name, e.g. ``대구광역시 수성구 상동``.
        latitude: Centre, degrees north (WGS 84).
        longitude: Centre, degrees east (WGS 84).
        radius_km: Radius in km of the circle around the centre that stands for the place.
    """

    code: str
    name: str
    latitude: float
    longitude: float
    radius_km: float


class District(NamedTuple):
    """One 구 or 군: its full name (``대구광역시 수성구``) and the mean centre of its places, degrees (WGS 84)."""

    name: str
    latitude: float
    longitude: float


@cache
def regions() -> tuple[Region, ...]:
    """Returns every 법정동 and 리 of Daegu, by code."""
    text = files(__package__).joinpath("daegu.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    found = [
        Region(row["code"], row["name"], float(row["latitude"]), float(row["longitude"]), float(row["radius_km"]))
        for row in rows
    ]
    return tuple(sorted(found))


def find(name: str) -> Region | None:
    """Returns the place with this full name, or None; runs of spaces count as one."""
    return _by_name().get(" ".join(name.split()))


@cache
def districts() -> tuple[District, ...]:
    """Returns the nine 구 and 군 of Daegu, by code, each with the mean centre of its places."""
    places: dict[str, list[Region]] = {}
    for region in regions():
        places.setdefault(" ".join(region.name.split()[:2]), []).append(region)
    return tuple(
        District(
            name,
            round(sum(place.latitude for place in inside) / len(inside), 6),
            round(sum(place.longitude for place in inside) / len(inside), 6),
        )
        for name, inside in places.items()
    )


@cache
def district_names() -> tuple[str, ...]:
    """Returns the full names of the nine 구 and 군, e.g. ``대구광역시 중구``, by code."""
    return tuple(district.name for district in districts())


def gu_of(name: str) -> str | None:
    """Returns the 구 or 군 (full name) that a place lies in, or None where it is not in Daegu.

    The place itself need not exist: a new or misspelt 동 of a known 구 still has its 구.
    """
    gu = " ".join(name.split()[:2])
    return gu if gu in district_names() else None


@cache
def _by_name() -> dict[str, Region]:
    """Returns the places by full name."""
    return {region.name: region for region in regions()}
