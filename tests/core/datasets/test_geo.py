"""Coordinates are recognised by where Daegu and Korea lie, and converted."""

from __future__ import annotations

import math

import polars as pl
import pyproj
import pytest

from hab_core import regions
from hab_core.datasets.geo import find_geo
from hab_core.datasets.table import Table

GRIDS = {
    "EPSG:5174": ["EPSG:5174", "EPSG:5181"],
    "EPSG:5179": ["EPSG:5179"],
    "EPSG:5181": ["EPSG:5174", "EPSG:5181"],
    "EPSG:5186": ["EPSG:5186"],
}


def daegu() -> pl.DataFrame:
    """The centres of Daegu's places."""
    return pl.DataFrame(regions.regions()).select("name", "latitude", "longitude")


def in_grid(system: str, points: pl.DataFrame) -> pl.DataFrame:
    """Returns points as metres of a grid, in the columns X (east) and Y (north)."""
    convert = pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True).transform
    east, north = convert(points["longitude"].to_numpy(), points["latitude"].to_numpy())
    return pl.DataFrame({"이름": points["name"], "X": east, "Y": north})


@pytest.mark.parametrize("system", GRIDS)
def test_each_grid_is_recognised_on_daegu(system: str) -> None:
    geo = find_geo(in_grid(system, daegu()))
    assert geo is not None
    assert geo.systems == GRIDS[system]
    assert geo.columns == ["Y", "X"]
    assert (geo.latitude, geo.longitude) == ("좌표.위도", "좌표.경도")
    assert geo.in_daegu > 0.99
    assert geo.confidence > 0.9
    assert all(name in geo.note for name in geo.systems)


@pytest.mark.parametrize("system", GRIDS)
def test_conversion_brings_the_points_back(system: str) -> None:
    points = daegu()
    found = Table.from_frame(in_grid(system, points)).frame.select("좌표.위도", "좌표.경도").collect()
    east = (found["좌표.경도"] - points["longitude"]) * math.cos(math.radians(35.9))
    north = found["좌표.위도"] - points["latitude"]
    away = ((east**2 + north**2).sqrt() * 111_200).max()
    assert isinstance(away, float)
    assert away < (350 if system == "EPSG:5181" else 0.01)  # 5181 cannot be told from 5174, 300 m away


def test_5174_is_shifted_by_its_datum() -> None:
    north, east = 264_651.134, 344_556.519
    geo = pl.DataFrame({"좌표정보(X)": [east] * 3, "좌표정보(Y)": [north] * 3})
    row = Table.from_frame(geo).frame.select("좌표.위도", "좌표.경도").collect().row(0)
    assert row == (pytest.approx(35.8714, abs=1e-6), pytest.approx(128.6014, abs=1e-6))


def test_a_grid_with_north_in_x_is_recognised_as_swapped() -> None:
    turned = in_grid("EPSG:5179", daegu()).rename({"X": "Y", "Y": "X"})
    geo = find_geo(turned)
    assert geo is not None
    assert (geo.columns, geo.swapped, geo.in_daegu > 0.99) == (["X", "Y"], True, True)


def test_degrees_in_swapped_columns_are_named_rightly() -> None:
    frame = daegu().rename({"latitude": "경도", "longitude": "위도"})
    table = Table.from_frame(frame)
    geo = table.profile.geo
    assert geo is not None
    assert (geo.latitude, geo.longitude, geo.swapped) == ("경도", "위도", True)
    assert "바뀌어" in geo.note
    assert table.kind("경도") == "latitude"


def test_degrees_without_telling_names_are_recognised_in_daegu_only() -> None:
    frame = daegu().rename({"latitude": "값1", "longitude": "값2"})
    geo = find_geo(frame)
    assert geo is not None
    assert geo.confidence == pytest.approx(0.6)
    assert find_geo(frame.with_columns(pl.col("값1") + 1.5)) is None


def test_seoul_is_recognised_by_its_names_and_is_not_daegu() -> None:
    frame = pl.DataFrame({"위도": [37.5665, 37.5512], "경도": [126.978, 126.9882]})
    geo = find_geo(frame)
    assert geo is not None
    assert (geo.in_daegu, geo.confidence) == (0.0, 1.0)


def test_points_at_zero_count_as_missing() -> None:
    frame = daegu().rename({"latitude": "위도", "longitude": "경도"})
    zeros = pl.DataFrame({"name": ["?"] * 300, "위도": [0.0] * 300, "경도": [0.0] * 300})
    geo = find_geo(pl.concat([frame, zeros]))
    assert geo is not None
    assert geo.confidence == 1.0


def test_missing_and_impossible_metres_convert_to_null() -> None:
    frame = in_grid("EPSG:5186", daegu())
    broken = pl.DataFrame({"이름": ["a", "b", "c"], "X": [None, 0.0, 9e9], "Y": [350_000.0, 0.0, 9e9]})
    table = Table.from_frame(pl.concat([frame, broken]))
    found = table.frame.select("좌표.위도", "좌표.경도").tail(3).collect()
    assert found.rows() == [(None, None)] * 3


@pytest.mark.parametrize(
    "columns",
    [
        {"나이": [35, 36, 34], "키": [128, 129, 127]},
        {"금액": [344_628.1, 350_000.0], "면적": [264_959.9, 270_000.0]},
        {"위도": ["35.8", "북위"], "경도": ["128.6", "동경"]},
        {"위도": [None, None], "경도": [128.6, 128.7]},
        {"위도": [51.5, 48.9], "경도": [-0.1, 2.35]},
    ],
)
def test_other_numbers_are_no_coordinates(columns: dict[str, list[object]]) -> None:
    assert find_geo(pl.DataFrame(columns, strict=False)) is None
