"""Where the rows lie."""

from __future__ import annotations

import math

import polars as pl

from hab_core.analysis.conditions import Conditions
from hab_core.analysis.view import View
from hab_core.datasets.geo import KOREA
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_results import GeoBounds, Point
from hab_core.schemas.datasets import GeoInfo

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


def get_geo_bounds(table: Table, *, conditions: Conditions = ()) -> GeoBounds:
    """좌표가 있는 표에서 행들이 놓인 범위(남북·동서 끝), 중심, 크기(km)를 WGS84로 구합니다.

    위도·경도가 뒤바뀐 표나 한국 TM 좌표(EPSG:5174, 5179, 5181, 5186)를 쓰는 표도 변환해서 계산합니다.
    한국 밖의 좌표는 범위에서 빼고 몇 건인지 알려줍니다.
    """
    view = View(table, conditions)
    geo = table.profile.geo
    if geo is None:
        raise InvalidInput.of("dataset", "이 표에는 좌표(위도·경도 또는 한국 TM) 열이 없습니다.")
    names = (geo.latitude, geo.longitude)
    points = view.collect([view.find(name) for name in names])
    rows = points.height
    points = points.rename(dict(zip(names, ("lat", "lon"), strict=True))).drop_nulls()
    given = points.height
    points = points.filter(
        pl.col("lat").is_between(KOREA.south, KOREA.north), pl.col("lon").is_between(KOREA.west, KOREA.east)
    )
    if given > points.height:
        view.notes.append(f"한국 밖의 좌표 {given - points.height:,}건은 범위에서 뺐습니다.")
    if geo.note:
        view.notes.append(geo.note)
    return _bounds(view, geo, points, rows, given)


def _bounds(view: View, geo: GeoInfo, points: pl.DataFrame, rows: int, given: int) -> GeoBounds:
    """Returns the bounds of points in Korea, columns ``lat`` and ``lon``."""
    lat, lon = points["lat"], points["lon"]
    south, north, west, east = (_number(each) for each in (lat.min(), lat.max(), lon.min(), lon.max()))
    height = width = None
    if south is not None and north is not None and west is not None and east is not None:
        height = EARTH_RADIUS_KM * math.radians(north - south)
        width = EARTH_RADIUS_KM * math.radians(east - west) * math.cos(math.radians((north + south) / 2))
    return GeoBounds(
        **view.said(rows),
        columns=list(geo.columns),
        system=" 또는 ".join(geo.systems),
        count=points.height,
        missing=rows - given,
        outside_korea=given - points.height,
        south=south,
        north=north,
        west=west,
        east=east,
        center=Point(latitude=_number(lat.mean()), longitude=_number(lon.mean())),
        median_center=Point(latitude=_number(lat.median()), longitude=_number(lon.median())),
        height_km=height,
        width_km=width,
    )


def _number(value: object) -> float | None:
    """Returns a statistic of a column of floats."""
    return float(value) if isinstance(value, int | float) else None
