"""Datasets through the client against the real application: kept, read, downloaded, shared, deleted."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from hab_client import (
    Dataset,
    FileTooLarge,
    HabClient,
    InvalidInput,
    NotFound,
    ShareLinkExpired,
    UnsupportedFileType,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
ROWS = 450
TABLE = pd.DataFrame(
    {
        "사고일시": pd.date_range("2021-01-01 01:00", periods=ROWS, freq="7h"),
        "코드": [f"{i:05}" for i in range(ROWS)],
        "요일": [("월요일", "화요일", "수요일")[i % 3] for i in range(ROWS)],
        "사망자수": [i % 4 for i in range(ROWS)],
        "속도": [None if i % 10 == 0 else i / 4 for i in range(ROWS)],
        "비고": [None if i % 7 else "NA" for i in range(ROWS)],
        "식": [f"=SUM(A{i})" for i in range(ROWS)],
    }
)


@pytest.fixture(scope="module")
def dataset(client: HabClient) -> Dataset:
    """A dataset of several pages."""
    return client.datasets.upload(TABLE, name="시험", description="쪽이 여럿인 표")


@pytest.fixture
def another(client: HabClient) -> Dataset:
    """A dataset that a test may spoil."""
    return client.datasets.upload(b"a,b\n1,2\n")


def test_an_upload_tells_how_the_file_was_read(client: HabClient) -> None:
    content = "구,대수,값\n중구,1,2\n남구,3\n".encode("cp949")
    dataset = client.datasets.upload(content, name="이름", description="설명")
    info = dataset.info
    assert (info.name, info.description, info.encoding) == ("이름", "설명", "cp949")
    assert (info.rows, info.columns, info.size_bytes, len(dataset)) == (2, 3, len(content), 2)
    assert len(dataset.warnings) == 1  # the short row
    assert dataset.id.startswith("ds_")


def test_a_dataset_is_found_again_by_its_id(client: HabClient, dataset: Dataset) -> None:
    found = client.datasets.get(dataset.id)
    assert (found.id, found.name, len(found)) == (dataset.id, "시험", ROWS)
    kinds = {column.name: column.kind for column in found.profile.column_profiles}
    assert kinds["코드"] == "code"
    assert kinds["사고일시"] == "date"
    assert "사고일시.월" in {column.name for column in found.profile.derived_columns}
    assert found.geo is None
    with pytest.raises(NotFound):
        client.datasets.get("ds_unknown")


def test_the_profile_is_asked_for_once(client: HabClient, dataset: Dataset) -> None:
    dataset.refresh()
    assert dataset.profile is dataset.profile
    assert dataset.info is dataset.profile


def test_the_list_is_newest_first_and_has_no_end(client: HabClient) -> None:
    ids = [client.datasets.upload(b"a\n1\n", name=f"{i}").id for i in range(3)]
    newest = list(islice(client.datasets.list(), 3))
    assert [dataset.id for dataset in newest] == ids[::-1]
    assert all(isinstance(each, Dataset) for each in newest)


def test_rows_come_from_all_pages_in_the_order_of_the_file(dataset: Dataset) -> None:
    rows = list(dataset.rows())
    assert [row["코드"] for row in rows] == list(TABLE["코드"])
    assert list(rows[0]) == list(TABLE.columns)
    assert rows[0]["사고일시"] == "2021-01-01T01:00:00"
    assert rows[0]["속도"] is None
    assert rows[1]["속도"] == 0.25


def test_rows_by_columns_order_and_conditions(dataset: Dataset) -> None:
    monday: dict[str, Any] = {"column": "요일", "operator": "==", "value": "월요일"}
    deaths = {"column": "사망자수", "operator": ">=", "value": 3}
    rows = list(dataset.rows(["코드", "사고일시.연"], sort=["-코드"], where=[monday, deaths]))
    expected = TABLE[(TABLE["요일"] == "월요일") & (TABLE["사망자수"] >= 3)].sort_values("코드", ascending=False)
    assert [row["코드"] for row in rows] == list(expected["코드"])
    assert [list(row) for row in rows[:1]] == [["코드", "사고일시.연"]]
    assert list(dataset.rows("요일", where=monday)) == [{"요일": "월요일"}] * 150
    assert len(list(dataset.rows("요일", sort="-사망자수"))) == ROWS
    with pytest.raises(InvalidInput, match="요일"):
        next(iter(dataset.rows("요이")))
    with pytest.raises(InvalidInput, match="where"):
        next(iter(dataset.rows(where={"column": "사망자수", "operator": "==", "value": "많음"})))


def test_a_sample_is_drawn_from_the_rows_that_meet_the_conditions(dataset: Dataset) -> None:
    monday = {"column": "요일", "operator": "==", "value": "월요일"}
    found = dataset.sample(["코드", "요일"], n=20, where=monday)
    assert (found.columns, found.rows, len(found.items)) == (["코드", "요일"], 150, 20)
    assert {day for _, day in found.items} == {"월요일"}
    assert len({code for code, _ in found.items}) == 20
    assert len(dataset.sample("코드").items) == ROWS
    with pytest.raises(InvalidInput, match="코두"):
        dataset.sample("코두")
    with pytest.raises(InvalidInput):
        dataset.sample(n=0)


def test_a_comma_in_a_name_does_not_split_it(client: HabClient) -> None:
    dataset = client.datasets.upload(pd.DataFrame({"가,나": [2, 1], "다": [3, 4]}))
    assert list(dataset.rows(["가,나", "다"], sort=["가,나"])) == [{"가,나": 1, "다": 4}, {"가,나": 2, "다": 3}]


def test_tables_of_pandas_and_polars_hold_the_exact_values(dataset: Dataset) -> None:
    frame = dataset.to_pandas()
    assert list(frame.columns) == list(TABLE.columns)
    assert (frame["사고일시"] == TABLE["사고일시"]).all()
    for name in ("코드", "요일", "사망자수", "식"):
        assert list(frame[name]) == list(TABLE[name])
    assert frame["속도"].equals(TABLE["속도"].astype("float64"))
    assert frame["비고"].isna().equals(TABLE["비고"].isna())
    other = dataset.to_polars()
    assert other.shape == TABLE.shape
    assert other["식"].to_list() == list(TABLE["식"])
    assert other["요일"].dtype == pl.String


@pytest.mark.parametrize("missing", ["polars", "polars pandas", "pandas"])
def test_what_is_not_installed_is_done_without_or_named(client: HabClient, dataset: Dataset, missing: str) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({missing.split()!r}))\n"
        "from hab_client import HabClient, MissingExtra\n"
        f"dataset = HabClient({client.base_url!r}).datasets.get({dataset.id!r})\n"
        "for convert in (dataset.to_pandas, dataset.to_polars):\n"
        "    try: print(*convert()['코드'].to_list()[:2])\n"
        "    except MissingExtra as error: print(error.message)\n"
    )
    result = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    told = [f"{name}가 설치되어 있지 않습니다. 설치: pip install {name}" for name in ("pandas", "polars")]
    expected = [told[i] if name in missing.split() else "00000 00001" for i, name in enumerate(("pandas", "polars"))]
    assert result.stdout.splitlines() == expected


def test_without_a_reader_of_parquet_pandas_gets_csv(client: HabClient, dataset: Dataset) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['polars', 'pyarrow', 'fastparquet']))\n"
        "from hab_client import HabClient\n"
        f"frame = HabClient({client.base_url!r}).datasets.get({dataset.id!r}).to_pandas()\n"
        "print(frame['코드'][1], frame['비고'][0], frame['비고'][1], frame['식'][0], frame['사고일시'].dt.hour[0])"
    )
    result = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["00001", "NA", "nan", "'=SUM(A0)", "1"]


def test_downloads_are_files_of_the_kind_that_was_asked_for(dataset: Dataset, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    table = dataset.download(tmp_path / "표.csv", on_progress=lambda done, total: seen.append((done, total)))
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    assert seen[-1] == (table.stat().st_size, None)
    assert len(pd.read_csv(table)) == ROWS
    for path in (dataset.download(tmp_path / "표.parquet"), dataset.download(str(tmp_path / "표"), "parquet")):
        assert pl.read_parquet(path).height == ROWS
    sink = io.BytesIO()
    dataset.write(sink)
    assert sink.getvalue() == table.read_bytes()
    with pytest.raises(InvalidInput) as caught:
        dataset.download(tmp_path / "표.xlsx", "xlsx")  # type: ignore[arg-type]
    assert caught.value.details[0]["valid_values"] == ["csv", "parquet"]
    assert {path.name for path in tmp_path.iterdir()} == {"표.csv", "표.parquet", "표"}


def test_a_share_link_opens_until_it_is_revoked(client: HabClient, dataset: Dataset) -> None:
    share = dataset.share()
    assert share.url.endswith(f"/?share={share.token}")
    assert share.token not in repr(share)
    for link in (share.token, share.url):
        shown = client.datasets.shared(link)
        assert (shown.id, len(shown.profile.column_profiles)) == (dataset.id, TABLE.shape[1])
    share.revoke()
    with pytest.raises(ShareLinkExpired) as caught:
        client.datasets.shared(share.url)
    assert caught.value.message == "이 링크는 만료되었습니다"
    with pytest.raises(NotFound):
        client.datasets.shared("never-made")
    with pytest.raises(NotFound):
        client.datasets.revoke("share_unknown")


def test_names_and_descriptions_change(client: HabClient, another: Dataset) -> None:
    assert another.update(name="새 이름").name == "새 이름"
    assert client.datasets.update(another.id, description="새 설명").info.description == "새 설명"
    assert client.datasets.get(another.id).name == "새 이름"
    assert another.update(description="").info.description == ""
    for bad in ({}, {"name": ""}, {"name": "두\n줄"}):
        with pytest.raises(InvalidInput):
            another.update(**bad)


def test_a_deleted_dataset_is_gone(client: HabClient, another: Dataset) -> None:
    another.delete()
    with pytest.raises(NotFound):
        another.refresh()
    with pytest.raises(NotFound):
        client.datasets.delete(another.id)


def test_the_same_key_is_the_same_dataset(client: HabClient) -> None:
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: client.datasets.upload(b"k\n1\n", idempotency_key=key).id, range(4)))
    assert len(set(found)) == 1
    first, second = (client.datasets.upload(b"m\n1\n") for _ in range(2))
    assert first.id != second.id
    assert second.warnings  # the same file was here before


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", InvalidInput),
        (b"a,b\n", InvalidInput),
        (b"PK\x03\x04" + b"\x00" * 100, UnsupportedFileType),
        (b"x" * (51 << 20), FileTooLarge),
    ],
    ids=["empty", "header only", "zip", "51 MB"],
)
def test_files_that_are_no_table_are_refused(client: HabClient, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.datasets.upload(content)


def test_a_dataset_is_scored_by_object_or_id(client: HabClient) -> None:
    row = {
        "기상상태": "맑음",
        "노면상태": "건조",
        "도로형태": "교차로 - 교차로안",
        "사고유형": "차대차 - 추돌",
        "시군구": "대구광역시 수성구 상동",
        "사고일시": "2022-01-01 01",
    }
    dataset = client.datasets.upload(pd.DataFrame([row, {**row, "기상상태": "태풍"}]))
    for named in (dataset, dataset.id):
        job = client.eclo.predict_batch(dataset_id=named).wait(timeout=60)
        assert (job.state.total, job.state.completed, job.state.failed) == (2, 1, 1)
    first, second = job.items()
    assert first.eclo is not None
    assert second.error is not None
    with pytest.raises(NotFound):
        client.eclo.predict_batch(dataset_id="ds_unknown")


def test_the_places_of_daegu(client: HabClient) -> None:
    places = client.regions()
    assert len({place.code for place in places}) == len(places) > 200
    assert all(35.5 < place.latitude < 36.5 and 128 < place.longitude < 129.5 for place in places)


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [("대구 CCTV 정보.csv", 1_065, 18), ("대구 어린이 보호 구역 정보.csv", 640, 12), ("대구 주차장 정보.csv", 871, 29)],
)
def test_public_files_are_understood(client: HabClient, shared_data: Path, name: str, rows: int, columns: int) -> None:
    seen: list[tuple[int, int | None]] = []
    path = shared_data / "facilities" / name
    dataset = client.datasets.upload(path, on_progress=lambda *now: seen.append(now))
    assert (dataset.name, dataset.info.encoding) == (name, "cp949")
    assert (dataset.info.rows, dataset.info.columns) == (rows, columns)
    assert dataset.geo is not None
    assert (dataset.geo.latitude, dataset.geo.longitude, dataset.geo.systems) == ("위도", "경도", ["EPSG:4326"])
    assert seen[-1] == (path.stat().st_size,) * 2


def test_a_raw_file_of_accidents_is_understood(client: HabClient, shared_data: Path) -> None:
    dataset = client.datasets.upload(shared_data / "accidents" / "taas_2010_2012_daegu.csv.gz")
    assert (dataset.name, dataset.info.encoding) == ("taas_2010_2012_daegu.csv", "utf-8-sig")
    assert dataset.to_polars().shape == dataset.to_pandas().shape == (43_701, 22)
    fridays = dataset.rows("사고번호", where={"column": "요일", "operator": "==", "value": "금요일"})
    assert len(list(fridays)) == int((dataset.to_pandas()["요일"] == "금요일").sum())


def test_the_example_runs(client: HabClient, tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "in.csv", index=False)
    result = subprocess.run(
        [sys.executable, EXAMPLES / "datasets.py", tmp_path / "in.csv"],
        env={**os.environ, "BACKEND_URL": client.base_url, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "450행" in result.stdout
    assert "월요일" in result.stdout
