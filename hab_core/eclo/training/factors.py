"""The crossings of circumstances that the ridge regressions see, and how strongly each is doubted.

Penalties are whole accidents and rounded on purpose: they were chosen on the years 2014 and 2016–2018 (trained on the
years before), where halving or doubling all of them changes the error by less than 0.0001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from hab_core.eclo.features import day_kind
from hab_core.eclo.training.records import Codes, Records, coded
from hab_core.eclo.training.ridge import Factor, cross

YEAR = "year"
CIRCUMSTANCES: tuple[tuple[str, float], ...] = (
    (YEAR, 5),
    ("accident_type", 5),
    ("road_type", 50),
    ("weather", 50),
    ("road_surface", 50),
    ("hour", 200),
    ("weekday", 100),
    ("day_kind", 50),
    ("month", 300),
    ("accident_type*road_type", 60),
    ("accident_type*hour", 800),
    ("accident_type*day_kind", 300),
    ("accident_type*road_surface", 300),
    ("accident_type*weather", 300),
    ("accident_type*month", 2000),
    ("accident_type*road_type*night", 400),
    ("road_type*hour_band", 700),
    ("road_type*day_kind", 800),
    ("road_type*road_surface", 600),
    ("weather*road_surface", 300),
    ("day_kind*hour", 1000),
    ("weekday*hour", 2000),
    ("month*day_kind", 2000),
)
"""Factors of everything but the place, each with its penalty."""
PLACES: tuple[tuple[str, float], ...] = (
    ("gu", 100),
    ("district", 500),
    ("gu*hour", 2000),
    ("gu*road_type", 800),
    ("district*accident_type", 600),
    ("district*road_type", 600),
    ("district*night", 800),
    ("district*accident_type*road_type", 600),
    ("district*accident_type*night", 900),
)
"""Factors of the place, each with its penalty."""
_BANDS = ((6, 10), (10, 17), (17, 21))


def make_factors(records: Records, holidays: Mapping[str, str], terms: Sequence[tuple[str, float]]) -> list[Factor]:
    """Returns the factors of some accidents.

    Args:
        records: The accidents.
        holidays: Kind of day by ISO date.
        terms: Names joined by ``*``, with penalties.
    """
    columns = _columns(records, holidays)
    factors = []
    for name, penalty in terms:
        codes, size = cross([columns[part] for part in name.split("*")])
        factors.append(Factor(name, codes, size, penalty))
    return factors


def _columns(records: Records, holidays: Mapping[str, str]) -> dict[str, Codes]:
    """Returns every elementary column as codes."""
    names = ("weather", "road_surface", "road_type", "accident_type", "district", "gu", "year", "month", "hour")
    columns = {name: records.coded(name).codes for name in names}
    hour = records.hour
    dates = _dates(records)
    bands = sum(((first <= hour) & (hour < end)) * (index + 1) for index, (first, end) in enumerate(_BANDS))
    return {
        **columns,
        "night": ((hour < 6) | (hour >= 22)).astype(np.intp),
        "hour_band": np.asarray(bands, dtype=np.intp),
        "weekday": np.array([day.weekday() for day in dates], dtype=np.intp),
        "day_kind": coded(day_kind(day, holidays) for day in dates).codes,
    }


def _dates(records: Records) -> list[date]:
    """Returns the date of each accident."""
    return [
        date(*parts) for parts in zip(records.year.tolist(), records.month.tolist(), records.day.tolist(), strict=True)
    ]
