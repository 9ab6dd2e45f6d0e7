from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from hab_core.chat.sources import Source
from hab_core.datasets.reading import read_csv
from hab_core.datasets.samples import samples
from hab_core.datasets.table import Table
from tests.anthropic_service import StandIn, stand_in

REAL = {
    "taas": "accidents/taas_2016_2018_daegu.csv.gz",
    "comp": "accidents/train_2019_2021.csv.gz",
    "cctv": "facilities/대구 CCTV 정보.csv",
    "school": "facilities/대구 어린이 보호 구역 정보.csv",
    "parking": "facilities/대구 주차장 정보.csv",
}


@pytest.fixture(scope="session")
def real_sources(shared_data: Path) -> dict[str, Source]:
    """Five real datasets of Daegu, by the names that the questions use."""
    return {name: _source(name, shared_data / path) for name, path in REAL.items()}


@pytest.fixture(scope="session")
def demo_sources() -> dict[str, Source]:
    """The synthetic demo datasets."""
    return {name: Source(name, sample.name, Table.from_frame(sample.frame())) for name, sample in samples().items()}


@pytest.fixture(scope="session")
def accidents(demo_sources: dict[str, Source]) -> Source:
    """Synthetic accidents."""
    return demo_sources["accidents"]


@pytest.fixture
def service() -> Iterator[StandIn]:
    """The stand-in for Anthropic's service."""
    with stand_in() as running:
        yield running


def _source(name: str, path: Path) -> Source:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    frame, _ = read_csv(data)
    return Source(name, path.name.split(".")[0], Table.from_frame(frame))
