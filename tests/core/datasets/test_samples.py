"""Demo data is synthetic, the same for the same seed, and distributed as Daegu's."""

from __future__ import annotations

import polars as pl
import pytest

from hab_core import regions
from hab_core.datasets.reading import read_csv
from hab_core.datasets.samples import MARK, accidents, samples
from hab_core.datasets.table import Table
from hab_core.schemas.eclo import ROAD_SURFACES, WEATHERS


@pytest.mark.parametrize("name", samples())
def test_a_sample_reads_back_and_says_what_it_is(name: str) -> None:
    sample = samples()[name]
    data = sample.csv()
    assert data == sample.csv()
    assert data != sample.csv(seed=7)
    frame, report = read_csv(data)
    assert report.warnings == []
    assert frame.height == sample.rows
    assert frame["자료구분"].unique().to_list() == [MARK]
    assert "합성" in sample.name
    assert "합성" in sample.description
    geo = Table.from_frame(frame).profile.geo
    assert geo is not None
    assert geo.in_daegu == 1.0


def test_places_are_daegus() -> None:
    names = accidents(3_000)["시군구"].unique()
    assert all(regions.find(name) is not None for name in names)
    assert {regions.gu_of(name) for name in names} == set(regions.district_names())


def test_accidents_are_distributed_as_measured() -> None:
    frame = accidents(20_000)
    assert frame["사고일시"].is_sorted()
    assert set(frame["기상상태"]) <= set(WEATHERS)
    assert set(frame["노면상태"]) <= set(ROAD_SURFACES)
    weights = pl.col("사망자수") * 10 + pl.col("중상자수") * 5 + pl.col("경상자수") * 3 + pl.col("부상신고자수")
    assert frame.select((weights == pl.col("ECLO")).all()).item()
    assert 4.2 < frame["ECLO"].mean() < 5.0  # type: ignore[operator]
    wet = frame.filter(pl.col("기상상태") == "비")["노면상태"].value_counts(normalize=True)
    assert wet.filter(pl.col("노면상태") == "젖음/습기")["proportion"].item() > 0.95
    by_hour = frame.group_by(pl.col("사고일시").dt.hour().alias("hour")).len().sort("len", descending=True)
    assert by_hour["hour"].head(3).is_in([17, 18, 19]).all()
    share = frame["시군구"].str.contains("달서구").mean()
    assert isinstance(share, float)
    assert 0.17 < share < 0.27
