"""The real files: facilities as Daegu publishes them (CP949) and accidents as TAAS exports them (UTF-8 with BOM)."""

from __future__ import annotations

import gzip
import io
from datetime import datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from hab_core.datasets.reading import read_csv
from hab_core.datasets.table import Table
from hab_core.schemas.datasets import ColumnProfile

FACILITIES = {
    "대구 CCTV 정보.csv": (1065, 18),
    "대구 어린이 보호 구역 정보.csv": (640, 12),
    "대구 주차장 정보.csv": (871, 29),
}
ACCIDENTS = {
    "taas_2007_2009_daegu": (41698, 22),
    "taas_2010_2012_daegu": (43701, 22),
    "taas_2013_2015_daegu": (42427, 22),
    "taas_2016_2018_daegu": (39267, 22),
}


@pytest.fixture(scope="module")
def taas(shared_data: Path) -> bytes:
    """A raw TAAS file."""
    return gzip.decompress((shared_data / "accidents/taas_2010_2012_daegu.csv.gz").read_bytes())


@pytest.mark.parametrize("name", FACILITIES)
def test_facilities_are_cp949_and_lie_in_daegu(shared_data: Path, name: str) -> None:
    path = shared_data / "facilities" / name
    frame, report = read_csv(path)
    assert frame.shape == FACILITIES[name]
    assert report.encoding == "cp949"
    geo = Table.from_frame(frame).profile.geo
    assert geo is not None
    assert (geo.latitude, geo.longitude, geo.systems, geo.swapped) == ("위도", "경도", ["EPSG:4326"], False)
    assert geo.confidence == geo.in_daegu == 1.0


@pytest.mark.parametrize("name", FACILITIES)
def test_facilities_hold_what_pandas_reads(shared_data: Path, name: str) -> None:
    path = shared_data / "facilities" / name
    frame, _ = read_csv(path)
    text = pd.read_csv(path, encoding="cp949", dtype=str, keep_default_na=False)
    assert frame.columns == list(text.columns)
    for column in frame.columns:
        written = [cell if cell.strip() else None for cell in text[column]]
        if frame.schema[column].is_numeric():
            assert frame[column].to_list() == [None if cell is None else float(cell) for cell in written]
        else:
            assert frame[column].cast(pl.String).to_list() == written


@pytest.mark.parametrize("name", ACCIDENTS)
def test_accidents_keep_every_row_and_give_eclo(shared_data: Path, name: str) -> None:
    data = gzip.decompress((shared_data / "accidents" / f"{name}.csv.gz").read_bytes())
    frame, report = read_csv(data)
    assert frame.shape == ACCIDENTS[name]
    assert (report.encoding, report.line_end, report.warnings) == ("utf-8-sig", "\r\n", [])
    assert frame.schema["사고일시"] == pl.Datetime("us")
    assert frame["사고번호"].dtype == pl.String
    derived = {column.name for column in Table.from_frame(frame).profile.derived_columns}
    assert {"사고일시.시간대", "시군구.구", "시군구.동", "사고유형.대분류", "도로형태.소분류", "ECLO"} <= derived


def test_the_accidents_are_those_of_the_file(taas: bytes) -> None:
    frame, _ = read_csv(taas)
    text = pd.read_csv(io.BytesIO(taas), encoding="utf-8-sig", dtype=str)
    days = pd.to_datetime(text["사고일시"] + "00", format="%Y년 %m월 %d일 %H시%M")
    assert frame["사고일시"].to_list() == [datetime.fromisoformat(str(day)) for day in days]
    assert frame["시군구"].to_list() == text["시군구"].tolist()
    assert frame["중상자수"].to_list() == text["중상자수"].astype(int).tolist()


def test_the_profile_agrees_with_pandas(taas: bytes) -> None:
    frame, _ = read_csv(taas)
    profiles = {column.name: column for column in Table.from_frame(frame).profile.column_profiles}
    for name, values in pd.DataFrame(frame.to_dict(as_series=False)).items():
        _agrees(profiles[str(name)], values)


def _agrees(profile: ColumnProfile, values: pd.Series) -> None:
    given = values.dropna()
    assert profile.missing == int(values.isna().sum())
    assert profile.distinct == given.nunique()
    counts = given.value_counts()
    assert [top.count for top in profile.top_values] == counts.head(10).tolist()
    assert sum(top.share for top in profile.top_values) == pytest.approx(counts.head(10).sum() / len(given))
    assert profile.examples == [
        value.isoformat() if isinstance(value, datetime) else value for value in given.drop_duplicates().head(5)
    ]
    if pd.api.types.is_numeric_dtype(values):
        assert (profile.min, profile.max) == (given.min(), given.max())
        assert (profile.mean, profile.std) == (pytest.approx(given.mean()), pytest.approx(given.std()))
        assert profile.quantiles == pytest.approx({str(p): given.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)})
