"""The client against the real application: what is predicted, kept, listed and refused."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hab_client import FileTooLarge, HabClient, InvalidInput, NotFound, UnsupportedFileType
from hab_core.schemas.eclo import EcloPrediction, ModelInfo
from hab_core.schemas.version import VERSION
from tests.accidents import ACCIDENT

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
KOREAN = {
    "기상상태": "맑음",
    "노면상태": "건조",
    "도로형태": "교차로 - 교차로안",
    "사고유형": "차대차 - 추돌",
    "시군구": "대구광역시 수성구 상동",
    "사고일시": "2022년 1월 1일 01시",
}


def test_a_prediction_has_everything(client: HabClient) -> None:
    prediction = client.eclo.predict(**ACCIDENT)
    assert isinstance(prediction, EcloPrediction)
    assert prediction.interval.low <= prediction.eclo <= prediction.interval.high
    assert prediction.detail
    assert prediction.contributions
    assert prediction.request_id
    assert client.with_options(request_id="mine").eclo.predict(ACCIDENT).request_id == "mine"


def test_without_explanation_only_the_explanation_is_missing(client: HabClient) -> None:
    fast, full = client.eclo.predict(ACCIDENT, explain=False), client.eclo.predict(ACCIDENT)
    assert (fast.eclo, fast.interval, fast.percentile) == (full.eclo, full.interval, full.percentile)
    assert fast.contributions == []


def test_the_same_key_is_the_same_prediction(client: HabClient) -> None:
    key = uuid.uuid4().hex
    first = client.eclo.predict(ACCIDENT, idempotency_key=key)
    assert client.eclo.predict(ACCIDENT, idempotency_key=key).prediction_id == first.prediction_id
    assert client.eclo.predict(ACCIDENT).prediction_id != first.prediction_id
    with pytest.raises(InvalidInput):
        client.eclo.predict({**ACCIDENT, "weather": "비"}, idempotency_key=key)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weather": "태풍"}, "weather"),
        ({"weather": None}, "weather"),
        ({"occurred_at": "2026-02-30T01:00"}, "occurred_at"),
        ({"occurred_at": None}, "occurred_at"),
        ({"day_of_week": "월요일"}, "day_of_week"),
        ({"accident_hour": 24}, "accident_hour"),
        ({"accident_hour": True}, "accident_hour"),
        ({"accident_hour": "3"}, "accident_hour"),
        ({"district": "서울특별시 강남구 역삼동"}, "district"),
    ],
)
def test_bad_input_names_the_field(client: HabClient, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.eclo.predict(**{**ACCIDENT, **changes})
    assert field in {detail["field"] for detail in caught.value.details}
    assert caught.value.request_id
    assert caught.value.status == 422


def test_a_control_character_is_refused(client: HabClient) -> None:
    for text in ("교차로\x00", "교차로\x07"):
        with pytest.raises(InvalidInput, match="제어 문자"):
            client.eclo.predict({**ACCIDENT, "road_type": text})


def test_unknown_fields_are_refused_and_valid_values_named(client: HabClient) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.eclo.predict({**ACCIDENT, "colour": "red"})
    assert caught.value.details[0]["field"] == "colour"
    with pytest.raises(InvalidInput) as caught:
        client.eclo.predict({**ACCIDENT, "weather": "태풍"})
    assert "맑음" in caught.value.details[0]["valid_values"]


def test_rows_under_both_names_and_bad_ones(client: HabClient) -> None:
    job = client.eclo.predict_batch([ACCIDENT, KOREAN, {**KOREAN, "기상상태": "태풍"}]).wait(timeout=60)
    assert (job.status, job.progress, job.state.completed, job.state.failed) == ("completed", 1.0, 2, 1)
    english, korean, bad = job.items()
    assert english.eclo == korean.eclo == client.eclo.predict(ACCIDENT).eclo
    assert [item.index for item in (english, korean, bad)] == [0, 1, 2]
    assert bad.error is not None
    assert "기상상태" in bad.error.message or "기상상태" in str(bad.error.details)


def test_many_rows_are_paged_downloaded_and_made_a_table(client: HabClient, tmp_path: Path) -> None:
    rows = pd.DataFrame([KOREAN] * 450).assign(번호=range(450))
    job = client.eclo.predict_batch(rows).wait(timeout=60)
    assert [item.index for item in job.items()] == list(range(450))
    table = job.to_pandas()
    assert list(table["번호"]) == list(range(450))
    assert set(table["기상상태"]) == {"맑음"}
    assert table.shape[1] > rows.shape[1]
    written = pd.read_csv(job.results_csv(tmp_path / "out.csv"), encoding="utf-8-sig")
    assert written.equals(table)


def test_files_are_scored_packed_or_not(client: HabClient, tmp_path: Path) -> None:
    content = pd.DataFrame([KOREAN] * 3).to_csv(index=False).encode("cp949")
    packed = tmp_path / "사고.csv.gz"
    packed.write_bytes(gzip.compress(content))
    for given in (packed, content):
        assert client.eclo.predict_batch(given).wait(timeout=60).state.completed == 3


@pytest.mark.parametrize("accidents", [[], b"", b"a,b\n1,2\n", b"\x00\x01\x02"])
def test_batches_that_cannot_be_scored_are_refused_at_once(client: HabClient, accidents: Any) -> None:
    with pytest.raises((InvalidInput, UnsupportedFileType)):
        client.eclo.predict_batch(accidents)


def test_too_large_a_file_is_refused(client: HabClient) -> None:
    with pytest.raises(FileTooLarge) as caught:
        client.eclo.predict_batch(b"x" * (51 << 20))
    assert caught.value.message == "파일 크기는 50MB를 초과할 수 없습니다"


def test_a_repeated_batch_is_one_job(client: HabClient) -> None:
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda _: client.eclo.predict_batch([KOREAN], idempotency_key=key).id, range(8)))
    assert len(set(jobs)) == 1


def test_jobs_are_found_again_and_cancelled(client: HabClient) -> None:
    job = client.eclo.predict_batch([KOREAN]).wait(timeout=60)
    assert client.jobs.get(job.id).status == "completed"
    assert job.cancel().status == "completed"  # too late: an ended job stays as it is
    with pytest.raises(NotFound):
        client.jobs.get("job_unknown")
    with pytest.raises(NotFound):
        client.jobs.cancel("job_unknown")


def test_the_history_holds_what_was_predicted_newest_first(client: HabClient) -> None:
    client.eclo.predict_batch([KOREAN] * 210).wait(timeout=60)
    prediction = client.eclo.predict(ACCIDENT)
    newest, *others = islice(client.eclo.history(), 211)
    assert newest.prediction_id == prediction.prediction_id
    assert (newest.source, newest.eclo) == ("single", prediction.eclo)
    assert {record.source for record in others} == {"batch"}
    assert len({record.prediction_id for record in others}) == 210


def test_the_model_says_what_it_accepts(client: HabClient) -> None:
    model = client.eclo.model()
    assert isinstance(model, ModelInfo)
    assert model.version in client.model.versions()
    assert {feature.name for feature in model.features} >= {"weather", "road_type", "district"}
    assert [grade.name for grade in model.severity_scale] == ["경미", "일반", "심각", "매우 심각"]
    assert model.version in model._repr_html_()


def test_health_speaks_of_every_part(client: HabClient) -> None:
    health = client.health()
    assert set(health.components) == {"database", "cache", "queue", "workers", "model"}
    assert health.version == VERSION
    assert client.health.live().status == "ok"
    assert client.health.ready().components["model"].status == "ok"
    assert "# TYPE" in client.health.metrics()


def test_a_year_of_accidents_is_scored(client: HabClient, shared_data: Path, tmp_path: Path) -> None:
    year = shared_data / "accidents" / "accidents_2022_features.csv.gz"
    job = client.eclo.predict_batch(year).wait(timeout=120)
    assert (job.state.completed, job.state.failed) == (10_963, 0)
    assert len(job.to_pandas()) == 10_963


@pytest.mark.parametrize("name", ["predict", "batch", "history"])
def test_the_examples_run(client: HabClient, name: str, tmp_path: Path) -> None:
    pd.DataFrame([KOREAN, {**KOREAN, "기상상태": "태풍"}]).to_csv(tmp_path / "in.csv", index=False)
    arguments = [tmp_path / "in.csv", tmp_path / "out.csv"] if name == "batch" else []
    result = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments],
        env={**os.environ, "BACKEND_URL": client.base_url, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert {"predict": "ECLO", "batch": "2번째 사고", "history": "모델"}[name] in result.stdout + result.stderr


def test_another_server_at_the_address_is_noticed(client: HabClient) -> None:
    with HabClient(f"{client.base_url}/elsewhere") as lost, pytest.raises(NotFound):
        lost.eclo.model()
