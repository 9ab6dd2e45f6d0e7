"""Where the rows lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hab_core.analysis.columns import Column
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.statistics import sorted_quantiles
from hab_core.analysis.view import View
from hab_core.datasets.geo import KOREA
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import GeoBounds, Point

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
    columns = [view.find(name) for name in (geo.latitude, geo.longitude)]
    if geo.note:
        view.notes.append(geo.note)
    known = _from_profile(view, columns)
    return GeoBounds(
        **known if known is not None else _from_rows(view, columns),
        columns=list(geo.columns),
        system=" 또는 ".join(geo.systems),
    )


def _from_profile(view: View, columns: list[Column]) -> dict[str, Any] | None:
    """Returns the bounds where the profile tells them: whole table, no gaps, no point outside Korea."""
    lat, lon = (None if view.filtered else view.profile_of(column) for column in columns)
    if lat is None or lon is None or lat.missing or lon.missing or not view.rows:
        return None
    ends = [each for profile in (lat, lon) for each in (profile.min, profile.max)]
    south, north, west, east = (float(end) if isinstance(end, int | float) else math.nan for end in ends)
    if not (KOREA.south <= south <= north <= KOREA.north and KOREA.west <= west <= east <= KOREA.east):
        return None
    centers = [(profile.mean, profile.quantiles.get("0.5")) for profile in (lat, lon)]
    return _facts(view, (view.rows, view.rows, view.rows), (south, north, west, east), centers)


def _from_rows(view: View, columns: list[Column]) -> dict[str, Any]:
    """Returns the bounds of the rows."""
    frame = view.collect(columns)
    points = frame.drop_nulls()
    lat, lon = (points[column.name].to_numpy() for column in columns)
    inside = (lat >= KOREA.south) & (lat <= KOREA.north) & (lon >= KOREA.west) & (lon <= KOREA.east)
    if not inside.all():
        view.notes.append(f"한국 밖의 좌표 {len(lat) - int(inside.sum()):,}건은 범위에서 뺐습니다.")
        lat, lon = lat[inside], lon[inside]
    counts = (frame.height, points.height, len(lat))
    if not len(lat):
        return _facts(view, counts, None, [(None, None), (None, None)])
    lat, lon = np.sort(lat), np.sort(lon)
    ends = (float(lat[0]), float(lat[-1]), float(lon[0]), float(lon[-1]))
    return _facts(view, counts, ends, [(float(each.mean()), sorted_quantiles(each, [0.5])[0]) for each in (lat, lon)])


def _facts(
    view: View,
    counts: tuple[int, int, int],
    ends: tuple[float, float, float, float] | None,
    centers: list[tuple[float | None, float | None]],
) -> dict[str, Any]:
    """Returns the fields of the result.

    Args:
        view: The rows that were looked at.
        counts: All rows, those with coordinates, those in Korea.
        ends: South, north, west, east, degrees; None where there is no point.
        centers: Mean and median of the latitudes, then of the longitudes.
    """
    rows, given, inside = counts
    (lat_mean, lat_median), (lon_mean, lon_median) = centers
    facts: dict[str, Any] = dict.fromkeys(("south", "north", "west", "east", "height_km", "width_km"))
    if ends is not None:
        south, north, west, east = ends
        facts = {"south": south, "north": north, "west": west, "east": east}
        facts["height_km"] = EARTH_RADIUS_KM * math.radians(north - south)
        facts["width_km"] = EARTH_RADIUS_KM * math.radians(east - west) * math.cos(math.radians((north + south) / 2))
    return {
        **view.said(rows),
        **facts,
        "count": inside,
        "missing": rows - given,
        "outside_korea": given - inside,
        "center": Point(latitude=lat_mean, longitude=lon_mean),
        "median_center": Point(latitude=lat_median, longitude=lon_median),
    }
