from __future__ import annotations

import csv
import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hab_core.eclo.model import EcloModel
from hab_core.eclo.rows import accident_from_row, missing_columns, read_batch_csv, score_batch
from hab_core.errors import InvalidInput, UnsupportedFileType
from hab_core.schemas.eclo import Accident, EcloScore
from tests.accidents import ACCIDENT

KOREAN: dict[str, Any] = {
    "ID": "ACCIDENT_39609",
    "사고일시": "2022-01-01 01",
    "요일": "토요일",
    "기상상태": "맑음",
    "시군구": "대구광역시 수성구 상동",
    "도로형태": "교차로 - 교차로안",
    "노면상태": "건조",
    "사고유형": "차대차",
}
HEADER = ",".join(KOREAN)
LINE = ",".join(KOREAN.values())


def test_both_vocabularies_mean_the_same_accident() -> None:
    assert accident_from_row(KOREAN) == Accident(**ACCIDENT, day_of_week="토요일")
    assert accident_from_row(ACCIDENT) == Accident(**ACCIDENT)


def test_a_row_of_a_raw_taas_export_is_understood() -> None:
    row = {
        **KOREAN,
        "사고일시": "2007년 1월 1일 01시",
        "요일": "월요일",
        "노면상태": "습기",
        "사고유형": "차대차 - 추돌 - 진행중",
        "사망자수": 0,
        "법규위반": None,
    }
    accident = accident_from_row(row)
    assert (accident.road_surface, accident.accident_type) == ("젖음/습기", "차대차")
    assert accident.moment == datetime(2007, 1, 1, 1)


def test_parts_of_a_moment_may_be_text() -> None:
    row = {name: value for name, value in KOREAN.items() if name != "사고일시"}
    moment = {"사고연": "2022", "사고월": "01", "사고일": "1", "사고시": "1"}
    assert accident_from_row({**row, **moment}).moment == datetime(2022, 1, 1, 1)
    assert accident_from_row({**row, **moment, "사고일시": ""}).moment == datetime(2022, 1, 1, 1)


def test_empty_optional_cells_are_as_if_they_were_not_there() -> None:
    row = {**KOREAN, "요일": "", "시간대": None, "accident_year": float("nan")}
    assert accident_from_row(row) == Accident(**ACCIDENT)


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"기상상태": "태풍"}, "기상상태", "사용할 수 없는 값"),
        ({"기상상태": None}, "기상상태", "비어"),
        ({"기상상태": float("nan")}, "기상상태", "비어"),
        ({"도로형태": "  "}, "도로형태", "비어"),
        ({"시군구": ""}, "시군구", "비어"),
        ({"사고일시": ""}, "사고일시", "비어"),
        ({"사고일시": "2026-02-30 01"}, "사고일시", "존재하지 않거나"),
        ({"사고일시": "2022-01-01 24"}, "사고일시", "존재하지 않거나"),
        ({"사고일시": 1640998800}, "사고일시", "날짜와 시각"),
        ({"요일": "일요일"}, "요일", "토요일"),
        ({"요일": "Sat"}, "요일", "사용할 수 없는 값"),
        ({"시간대": "출근시간대"}, "시간대", "심야"),
        ({"사고유형": True}, "사고유형", "문자열"),
        ({"노면상태": 3}, "노면상태", "문자열"),
        ({"accident_hour": "3"}, "accident_hour", "1"),
        ({"accident_hour": True}, "accident_hour", "정수"),
        ({"accident_hour": "한시"}, "accident_hour", "정수"),
        ({"사고시": "99999999999999999999"}, "사고시", "정수"),
        ({"도로형태": "단일로\x00"}, "도로형태", "제어 문자"),
    ],
)
def test_what_is_wrong_with_a_row_names_its_column(change: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        accident_from_row({**KOREAN, **change})
    assert failure.value.details[0]["field"] == field
    assert message in failure.value.details[0]["message"]
    assert failure.value.message.startswith(f"{field}: ")


def test_a_row_that_lacks_a_field_names_it() -> None:
    with pytest.raises(InvalidInput) as failure:
        accident_from_row({name: value for name, value in KOREAN.items() if name != "도로형태"})
    assert [detail["field"] for detail in failure.value.details] == ["road_type"]
    with pytest.raises(InvalidInput) as failure:
        accident_from_row({})
    assert {"weather", "district"} <= {detail["field"] for detail in failure.value.details}


def test_bad_rows_do_not_harm_good_ones(model: EcloModel) -> None:
    rows: list[dict[str, Any]] = [dict(KOREAN) for _ in range(100)]
    rows[3]["기상상태"] = "태풍"
    rows[50]["시군구"] = "서울특별시 강남구 역삼동"
    rows[99]["사고일시"] = "2026-02-30 01"
    outcomes = score_batch(model, rows)
    assert len(outcomes) == 100
    failed = {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, InvalidInput)}
    assert sorted(failed) == [3, 50, 99]
    assert failed[50].details[0]["field"] == "district"
    expected = model.score(accident_from_row(KOREAN))
    assert all(outcome == expected for outcome in outcomes if isinstance(outcome, EcloScore))
    assert score_batch(model, []) == []
    assert [type(outcome) for outcome in score_batch(model, [{}])] == [InvalidInput]


def test_missing_columns_are_named() -> None:
    assert missing_columns(KOREAN) is None
    assert missing_columns(ACCIDENT) is None
    error = missing_columns(name for name in KOREAN if name not in ("도로형태", "사고일시"))
    assert error is not None
    assert "도로형태" in error.message
    assert [detail["field"] for detail in error.details] == ["road_type", "occurred_at"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_csv_is_read_in_every_usual_encoding(encoding: str, line_end: str) -> None:
    text = line_end.join((HEADER, LINE, "", LINE, ""))
    assert read_batch_csv(text.encode(encoding)) == [KOREAN, KOREAN]


def test_short_rows_become_errors_of_their_own(model: EcloModel) -> None:
    rows = read_batch_csv(f"{HEADER}\nACCIDENT_1,2022-01-01 01\n{LINE},,\n".encode())
    outcomes = score_batch(model, rows)
    assert [type(outcome) for outcome in outcomes] == [InvalidInput, EcloScore]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "필요한 열"),
        (HEADER, "데이터 행이 없습니다"),
        (f"{HEADER}\n\n\n", "데이터 행이 없습니다"),
        (HEADER.replace("도로형태", "도로") + "\n" + LINE, "도로형태"),
        (HEADER.replace("ID", "요일") + "\n" + LINE, "중복"),
        (f"{HEADER}\n{LINE},more\n", "2번째 줄"),
        (f'{HEADER}\n"{LINE}\n', "읽을 수 없습니다"),
        (f"{HEADER}\n" + f"{LINE}\n" * 100_001, "100,000행"),
    ],
)
def test_a_csv_that_cannot_be_scored_says_why(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_batch_csv(text.encode())


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00", HEADER.encode("utf-16"), b"\xff\xff\xff\n"])
def test_what_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedFileType, match="CSV 형식만 지원됩니다"):
        read_batch_csv(data)


def test_a_real_year_is_scored_whole(model: EcloModel, shared_data: Path) -> None:
    data = gzip.decompress((shared_data / "accidents" / "accidents_2022_features.csv.gz").read_bytes())
    rows = read_batch_csv(data)
    outcomes = score_batch(model, rows)
    assert len(outcomes) == 10_963
    assert all(isinstance(outcome, EcloScore) for outcome in outcomes)


def test_rows_of_every_raw_export_are_accidents(shared_data: Path) -> None:
    for path in sorted((shared_data / "accidents").glob("taas_*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        assert all(isinstance(accident_from_row(row), Accident) for row in rows[::50])
