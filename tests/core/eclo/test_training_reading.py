from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hab_core.eclo.training.reading import read_records, read_training_files
from hab_core.errors import InvalidInput, UnsupportedFileType
from tests.core.eclo.training_files import COMPETITION, TAAS, competition_rows, taas_rows, to_csv

TAAS_CSV = to_csv(TAAS, taas_rows(50))
COMPETITION_CSV = to_csv(COMPETITION, competition_rows(50))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_taas_export_is_read_in_every_encoding(encoding: str, pack: type[bytes]) -> None:
    records = read_records(pack(TAAS_CSV.encode(encoding)), "taas.csv").records
    first = taas_rows(50)[0]
    assert len(records) == 50
    assert records.eclo[0] == 10 * int(first[4]) + 5 * int(first[5]) + 3 * int(first[6]) + int(first[7])
    assert records.accident_type[0] == first[8].split(" - ")[0]
    assert records.district[0] == first[3]
    assert set(records.road_surface) == {"건조", "젖음/습기", "서리/결빙"}
    assert f"{records.year[0]}년 {records.month[0]}월 {records.day[0]}일 {records.hour[0]:02}시" == first[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_competition_file_has_its_own_target_and_no_district(encoding: str) -> None:
    records = read_records(COMPETITION_CSV.encode(encoding), "train.csv").records
    assert records.eclo.tolist() == [float(row[-1]) for row in competition_rows(50)]
    assert not records.has_district.any()
    assert set(records.district) == {None}


def test_files_of_both_shapes_become_one_table(tmp_path: Path) -> None:
    paths = [tmp_path / "taas.csv.gz", tmp_path / "train.csv"]
    paths[0].write_bytes(gzip.compress(TAAS_CSV.encode()))
    paths[1].write_text(COMPETITION_CSV, encoding="cp949")
    source = read_training_files(paths)
    assert len(source.records) == 100
    assert source.records.has_district.sum() == 50
    assert source.left_out == 0


def test_rows_of_other_places_and_categories_are_left_out_and_counted() -> None:
    rows = taas_rows(50)
    rows[3][3] = "서울특별시 중구 명동"
    rows[4][8] = "철길건널목"
    source = read_records(to_csv(TAAS, rows).encode(), "taas.csv")
    assert (len(source.records), source.left_out) == (48, 2)


def test_a_file_of_another_city_is_refused() -> None:
    rows = taas_rows(50)
    for row in rows[:40]:
        row[3] = "서울특별시 중구 명동"
    with pytest.raises(InvalidInput, match="50행 가운데 40행"):
        read_records(to_csv(TAAS, rows).encode(), "taas.csv")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (7, "", "2번째 줄의 ECLO 값이 0 이상의 수가 아닙니다: ''"),
        (7, "NaN", "2번째 줄의 ECLO 값이 0 이상의 수가 아닙니다: 'NaN'"),
        (7, "inf", "ECLO 값이 0 이상의 수가 아닙니다"),
        (7, "-3", "ECLO 값이 0 이상의 수가 아닙니다"),
        (1, "2021-02-30 01", "2번째 줄의 사고일시를 읽을 수 없습니다: '2021-02-30 01'"),
    ],
)
def test_a_row_without_a_usable_target_or_moment_is_named(column: int, value: str, message: str) -> None:
    rows = competition_rows(50)
    rows[0][column] = value
    with pytest.raises(InvalidInput) as caught:
        read_records(to_csv(COMPETITION, rows).encode(), "train.csv")
    assert message in caught.value.message
    assert caught.value.message.startswith("train.csv: ")


@pytest.mark.parametrize("missing", ["사고일시", "기상상태", "도로형태", "노면상태", "사고유형", "ECLO"])
def test_a_missing_column_is_named(missing: str) -> None:
    place = COMPETITION.index(missing)
    header = [name for name in COMPETITION if name != missing]
    rows = [[*row[:place], *row[place + 1 :]] for row in competition_rows(5)]
    with pytest.raises(InvalidInput, match=missing):
        read_records(to_csv(header, rows).encode(), "train.csv")


def test_a_short_row_is_named() -> None:
    rows = competition_rows(3)
    rows[1] = rows[1][:4]
    with pytest.raises(InvalidInput, match="3번째 줄의 값이 머리글의 열\\(8개\\)보다 적습니다"):
        read_records(to_csv(COMPETITION, rows).encode(), "train.csv")


@pytest.mark.parametrize("content", [b"", to_csv(COMPETITION, []).encode()], ids=["nothing", "header only"])
def test_a_file_without_accidents_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_records(content, "train.csv")


@pytest.mark.parametrize(
    "content", [gzip.compress(TAAS_CSV.encode())[:200], b"\x00\x01", b"\xff\xfe\xfa"], ids=["cut", "binary", "unknown"]
)
def test_what_is_no_csv_is_refused(content: bytes) -> None:
    with pytest.raises(UnsupportedFileType):
        read_records(content, "train.csv")


def test_a_missing_file_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="없는\\.csv"):
        read_training_files([tmp_path / "없는.csv"])
    with pytest.raises(InvalidInput, match="하나 이상"):
        read_training_files([])


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TAAS_CSV, encoding="utf-8")
    (tmp_path / "b.csv").write_text(TAAS_CSV, encoding="utf-8")
    with pytest.raises(InvalidInput, match="두 번"):
        read_training_files([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_the_real_files_are_read_whole(shared_data: Path) -> None:
    paths = sorted((shared_data / "accidents").glob("t*.csv.gz"))
    source = read_training_files(paths)
    assert (len(source.records), source.left_out) == (167_093 + 39_609, 0)
    means = {year: source.records.eclo[source.records.year == year].mean() for year in (2007, 2021)}
    assert np.allclose([means[2007], means[2021]], [5.72, 4.60], atol=0.005)
