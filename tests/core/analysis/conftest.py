"""The real accident records twice: as HAB's table, and as pandas reads the same file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table
from tests.core.analysis.analysis_files import Real

CASUALTIES = {"사망자수": 10, "중상자수": 5, "경상자수": 3, "부상신고자수": 1}


@pytest.fixture(scope="session")
def taas(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Real:
    """Raw TAAS accidents of 2016–2018 with ECLO, its moment and the names' parts worked out by pandas."""
    path = shared_data / "accidents" / "taas_2016_2018_daegu.csv.gz"
    frame, _ = read_csv(gzip.decompress(path.read_bytes()))
    store = DatasetStore(tmp_path_factory.mktemp("datasets"))
    store.put("ds_taas", frame)
    theirs = pd.read_csv(path, dtype={"사고번호": str}, encoding="utf-8-sig")
    theirs["사고일시"] = pd.to_datetime(theirs["사고일시"], format="%Y년 %m월 %d일 %H시")
    theirs["ECLO"] = sum(theirs[name] * weight for name, weight in CASUALTIES.items())
    theirs["구"] = theirs["시군구"].str.split().str[1]
    theirs["대분류"] = theirs["사고유형"].str.split(" - ").str[0]
    profile = profile_table(frame)
    return Real(store.table("ds_taas", profile), Table.of(frame.lazy(), profile), theirs)


@pytest.fixture(scope="session")
def cctv(shared_data: Path) -> Real:
    """Daegu's traffic cameras, CP949, with coordinates."""
    path = shared_data / "facilities" / "대구 CCTV 정보.csv"
    frame, _ = read_csv(path.read_bytes())
    table = Table.from_frame(frame)
    return Real(table, table, pd.read_csv(path, encoding="cp949"))


@pytest.fixture(scope="session")
def small() -> Table:
    """Twelve rows with every kind of column, gaps, and names that mean something elsewhere."""
    return Table.from_frame(
        pl.DataFrame(
            {
                "구": ["중구", "동구", "중구", None, "서구", "동구", "중구", "남구", "동구", "중구", "서구", "중구"],
                "건수": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, None],
                "비율": [0.5, 1.5, None, 2.5, 3.5, -1.0, 0.0, 10.0, 2.0, 2.0, 1.0, 0.25],
                "일시": pl.datetime_range(
                    pl.datetime(2021, 1, 30), pl.datetime(2021, 3, 20), interval="86h", eager=True
                ).head(12),
                "날짜": pl.date_range(pl.date(2021, 2, 25), pl.date(2021, 3, 8), eager=True),
                "운영": [True, False, None] * 4,
                "__class__": list("abcabcabcabc"),
                '"; drop table': list(range(12)),
                "비고": ["(a+)+$", "a|b", "`x`", "<b>", None, "가 나", "50%", "_", ".*", "[", "\\", "(a+)+$"],
                "빈열": pl.Series([None] * 12, dtype=pl.String),
            }
        )
    )
