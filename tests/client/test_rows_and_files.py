"""What callers may hand over: dicts, tables, files; and what of it goes over the wire."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from hab_client import HabClient, InvalidInput
from hab_client.resources import eclo
from hab_client.rows import Circumstances
from hab_core.schemas.eclo import Accident
from tests.client.wire_server import WireServer, serving, success

JOB = {"job_id": "job_1", "status": "queued", "total": 1, "created_at": "2026-01-01T00:00:00Z", "status_url": "/x"}
ACCIDENT = {
    "weather": "맑음",
    "road_surface": "건조",
    "road_type": "교차로 - 교차로안",
    "accident_type": "차대차",
    "district": "대구광역시 수성구 상동",
    "occurred_at": "2022-01-01T01:00:00",
}
KOREAN = {
    "기상상태": "맑음",
    "노면상태": "건조",
    "도로형태": "교차로 - 교차로안",
    "사고유형": "차대차",
    "시군구": "대구광역시 수성구 상동",
    "사고일시": datetime(2022, 1, 1, 1),
}
CSV = "기상상태,노면상태\n맑음,건조\n".encode()


def sent_by_predict(*args: Any, **named: Any) -> Any:
    fields = {"prediction_id": "p", "eclo": 1.0, "interval": {"low": 0, "high": 2}, "percentile": 1.0}
    with serving(success(**fields, interpretation="경미", model_version="v")) as server:
        with HabClient(server.url) as client:
            client.eclo.predict(*args, **named)
        assert server.asked[0].headers["content-type"] == "application/json"
        return json.loads(server.asked[0].body)


def sent_by_batch(accidents: Any) -> WireServer:
    with serving(success(**JOB)) as server, HabClient(server.url) as client:
        client.eclo.predict_batch(accidents)
    return server


def uploaded(accidents: Any) -> tuple[str, bytes]:
    asked = sent_by_batch(accidents).asked[0]
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    head, _, content = asked.body.split(b"--" + boundary)[1].partition(b"\r\n\r\n")
    name = head.decode().partition('filename="')[2].partition('"')[0]
    return name, content.removesuffix(b"\r\n")


def test_keywords_dicts_in_two_languages_and_accidents_say_the_same() -> None:
    assert sent_by_predict(**{**ACCIDENT, "occurred_at": datetime(2022, 1, 1, 1)}) == ACCIDENT
    assert sent_by_predict(KOREAN) == ACCIDENT
    assert sent_by_predict(Accident(**{**ACCIDENT, "occurred_at": datetime(2022, 1, 1, 1)})) == ACCIDENT
    assert sent_by_predict(KOREAN, weather="비")["weather"] == "비"


def test_keywords_are_the_fields_of_an_accident() -> None:
    assert list(Circumstances.__annotations__) == list(Accident.model_fields)


def test_gaps_are_left_out_of_single_predictions() -> None:
    row = pd.DataFrame({"기상상태": ["맑음"], "시군구": [float("nan")], "사고일시": [pd.NaT]}).iloc[0].to_dict()
    assert sent_by_predict(row) == {"weather": "맑음"}


def test_unknown_names_are_left_to_the_server_to_refuse() -> None:
    assert sent_by_predict({"weather": "맑음", "colour": 1}) == {"weather": "맑음", "colour": 1}


def test_values_of_tables_become_json() -> None:
    row = pd.DataFrame({"accident_year": [2022], "x": [1.5], "at": [pd.Timestamp("2022-01-01 01:00")]}).iloc[0]
    body = json.loads(sent_by_batch([row.to_dict(), {"d": date(2022, 1, 1), "n": pd.NaT}]).asked[0].body)
    assert body == {
        "accidents": [
            {"accident_year": 2022, "x": 1.5, "at": "2022-01-01T01:00:00"},
            {"d": "2022-01-01", "n": None},
        ]
    }
    numpy_integer = pd.Series([7])[0]
    assert json.loads(sent_by_batch([{"hour": numpy_integer}]).asked[0].body) == {"accidents": [{"hour": 7}]}


@pytest.mark.parametrize(
    "accidents",
    [
        None,
        5,
        {"weather": "맑음"},
        ["맑음"],
        [{"x": object()}],
        [{"x": float("inf")}],
        [{"x": "\ud800"}],
        "no-such.csv",
    ],
    ids=["nothing", "number", "one row", "texts", "object", "infinity", "surrogate", "no file"],
)
def test_what_cannot_be_sent_is_refused_before(accidents: Any) -> None:
    with serving(success(**JOB)) as server, HabClient(server.url) as client:
        with pytest.raises(InvalidInput):
            client.eclo.predict_batch(accidents)
        assert server.asked == []


def test_rows_and_a_dataset_exclude_each_other() -> None:
    with serving(success(**JOB)) as server, HabClient(server.url) as client:
        with pytest.raises(InvalidInput):
            client.eclo.predict_batch([{}], dataset_id="ds_1")
        client.eclo.predict_batch(dataset_id="ds_1")
        assert json.loads(server.asked[0].body) == {"dataset_id": "ds_1"}


def test_files_bytes_and_tables_are_uploaded_as_csv(tmp_path: Path) -> None:
    plain, packed = tmp_path / "사고.csv", tmp_path / "packed.csv.gz"
    plain.write_bytes(CSV)
    packed.write_bytes(gzip.compress(CSV))
    assert uploaded(plain) == ("사고.csv", CSV)
    assert uploaded(str(packed)) == ("packed.csv", CSV)
    assert uploaded(CSV)[1] == CSV
    assert uploaded(pd.DataFrame({"기상상태": ["맑음"], "노면상태": ["건조"]}))[1] == CSV
    assert uploaded(pl.DataFrame({"기상상태": ["맑음"], "노면상태": ["건조"]}))[1] == CSV


def test_rows_too_many_for_json_go_as_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eclo, "_LONGEST_JSON", 60)
    rows = [{"weather": "맑음", "note": "a,b"}, {"weather": None, "district": "상동"}]
    assert uploaded(rows)[1].decode() == 'weather,note,district\n맑음,"a,b",\n,,상동\n'


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\x1f\x8bnot gzip at all", "손상"), (gzip.compress(CSV * 99)[:-20], "손상"), (None, "파일이 없습니다")],
    ids=["no gzip", "cut", "missing"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "rows.csv.gz"
    if content is not None:
        path.write_bytes(content)
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidInput, match=told) as caught:
        client.eclo.predict_batch(path)
    assert "rows.csv.gz" in caught.value.message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidInput, match="폴더"):
        client.eclo.predict_batch(tmp_path)
