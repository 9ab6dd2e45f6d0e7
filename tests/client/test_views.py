"""What a notebook shows: complete, escaped, without the network."""

from __future__ import annotations

from typing import Any

import pytest

from hab_client.answers import HealthAnswer, ModelAnswer, PredictionAnswer
from hab_client.batch import BatchJob
from hab_core.schemas.jobs import Job
from tests.client.notebook import ENVELOPE, NASTY, shown


def prediction(**changes: Any) -> PredictionAnswer:
    fields = {
        "prediction_id": "pred_1",
        "eclo": 4.234,
        "interval": {"low": 1.0, "high": 9.5},
        "percentile": 61.5,
        "interpretation": "일반",
        "detail": "설명 문장",
        "base_value": 1.4,
        "contributions": [
            {"feature": "weather", "label": "기상상태", "value": NASTY, "effect": 0.01},
            {"feature": "road_type", "label": "도로형태", "value": "교차로", "effect": -0.2},
        ],
        "warnings": [NASTY],
        "model_version": "v1",
    }
    return PredictionAnswer.model_validate(ENVELOPE | fields | changes)


def test_a_prediction_shows_value_range_class_sentence_and_contributions() -> None:
    text = shown(prediction()).text
    for expected in ("ECLO 4.23", "80% 범위 1.0–9.5", "일반", "설명 문장", "+0.010", "-0.200", NASTY, "v1"):
        assert expected in text
    assert text.index("도로형태") < text.index("기상상태")


@pytest.mark.parametrize("contributions", [[], [{"feature": "w", "label": "l", "value": "v", "effect": 0.0}]])
def test_a_prediction_without_effects_shows_itself(contributions: list[Any]) -> None:
    assert "ECLO 4.23" in shown(prediction(contributions=contributions)).text


def test_a_prediction_keeps_its_request() -> None:
    assert prediction().request_id == "req_1"


@pytest.mark.parametrize(
    ("status", "word"),
    [("queued", "대기 중"), ("running", "진행 중"), ("completed", "완료"), ("failed", "실패"), ("cancelled", "취소됨")],
)
def test_a_job_shows_how_it_stands(status: str, word: str) -> None:
    fields = {"job_id": NASTY, "status": status, "total": 1000, "completed": 400, "failed": 100, "progress": 0.5}
    error = {"code": "x", "message": NASTY}
    moment = {"created_at": "2026-01-01T00:00:00Z", "status_url": "/x"}
    job = BatchJob(None, Job.model_validate(fields | moment | {"error": error}))  # type: ignore[arg-type]
    text = shown(job).text
    for expected in (word, "50%", "400건 예측", "100건 오류", "전체 1,000건", NASTY):
        assert expected in text
    assert "500/1000" in repr(job)


def test_a_model_and_a_server_show_their_parts() -> None:
    scale = {"name": "경미", "percentile_from": 0, "percentile_to": 25, "eclo_from": 0.0, "eclo_to": 3.2}
    feature = {"name": "weather", "label": "기상상태", "valid_values": ["맑음", NASTY]}
    fields = {"version": NASTY, "features": [feature], "severity_scale": [scale], "metrics": {}, "training_data": {}}
    text = shown(ModelAnswer.model_validate(ENVELOPE | fields)).text
    for expected in ("경미", "0–25", "기상상태", "맑음"):
        assert expected in text
    health = {"status": "degraded", "version": "1", "components": {"queue": {"status": "down", "detail": NASTY}}}
    text = shown(HealthAnswer.model_validate(ENVELOPE | health)).text
    for expected in ("degraded", "queue", "down", NASTY):
        assert expected in text
