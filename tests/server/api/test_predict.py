"""One accident over HTTP: what is answered is stored, what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import released_folder
from hab_core.schemas.common import Envelope
from hab_core.schemas.eclo import INTERPRETATIONS, WEATHERS, Accident, EcloPrediction
from tests.accidents import ACCIDENT

URL = "/api/predict/eclo"


def history(api: httpx.Client, **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every prediction of the history, newest first."""
    cursor: str | None = None
    while True:
        page = api.get("/api/predictions", params=parameters | ({"cursor": cursor} if cursor else {})).json()
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_a_prediction_is_what_the_model_says_and_stays(api: httpx.Client) -> None:
    answer = api.post(URL, json=ACCIDENT).json()
    model = EcloModel.load(released_folder())
    score = model.score(Accident.model_validate(ACCIDENT))
    assert set(answer) == {*EcloPrediction.model_fields, *Envelope.model_fields}
    assert answer["eclo"] == score.eclo
    assert answer["interval"] == {"low": score.interval.low, "high": score.interval.high, "level": 0.8}
    assert answer["interval"]["low"] <= answer["eclo"] <= answer["interval"]["high"]
    assert answer["interpretation"] in INTERPRETATIONS
    assert answer["model_version"] == model.version
    assert answer["effect_scale"] == "log1p"
    added = answer["base_value"] + sum(part["effect"] for part in answer["contributions"])
    assert added == pytest.approx(model.predict(Accident.model_validate(ACCIDENT)), abs=1e-9)
    assert answer["detail"]
    newest = next(history(api))
    assert newest["prediction_id"] == answer["prediction_id"]
    assert newest["features"] == Accident.model_validate(ACCIDENT).features()
    assert newest["source"] == "single"


def test_without_explanation_the_score_is_the_same(api: httpx.Client) -> None:
    full = api.post(URL, json=ACCIDENT).json()
    fast = api.post(URL, params={"explain": "false"}, json=ACCIDENT).json()
    assert fast["contributions"] == []
    assert (fast["eclo"], fast["percentile"]) == (full["eclo"], full["percentile"])


def test_the_envelope_and_the_callers_request_id(api: httpx.Client) -> None:
    response = api.post(URL, json=ACCIDENT, headers={"X-Request-ID": "from-the-caller_1"})
    assert response.json()["success"] is True
    assert response.json()["request_id"] == response.headers["x-request-id"] == "from-the-caller_1"
    made = api.post(URL, json=ACCIDENT, headers={"X-Request-ID": "no good\t!"})
    assert made.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weather": "우박"}, "weather"),
        ({"district": "서울특별시 강남구 역삼동"}, "district"),
        ({"day_of_week": "월요일"}, "day_of_week"),
        ({"occurred_at": "2026-02-30T01:00"}, "occurred_at"),
        ({"accident_hour": 24}, "accident_hour"),
        ({"accident_hour": True}, "accident_hour"),
        ({"accident_hour": "3"}, "accident_hour"),
        ({"unknown": 1}, "unknown"),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(api: httpx.Client, changes: dict[str, Any], field: str) -> None:
    response = api.post(URL, json=ACCIDENT | changes)
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "invalid_input"
    assert field in [detail["field"] for detail in error["details"]]
    assert response.json()["success"] is False


def test_valid_values_are_listed(api: httpx.Client) -> None:
    error = api.post(URL, json=ACCIDENT | {"weather": "우박"}).json()["error"]
    assert error["details"][0]["valid_values"] == list(WEATHERS)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"district": "대구광역시 수성구 없는동"}, "없는동"), ({"road_type": "하늘길"}, "하늘길")],
)
def test_what_the_model_never_saw_is_a_warning(api: httpx.Client, change: dict[str, str], says: str) -> None:
    answer = api.post(URL, json=ACCIDENT | change).json()
    assert answer["eclo"] > 0
    assert any(says in warning for warning in answer["warnings"])


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (json.dumps(ACCIDENT).replace("{", '{"weather": "\\u0000", ', 1).encode(), 422, "invalid_input"),
        (json.dumps(ACCIDENT).replace("{", '{"accident_hour": NaN, ', 1).encode(), 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b'"' + b"x" * (21 * 1024 * 1024) + b'"', 413, "body_too_large"),
    ],
    ids=["open", "deep", "twice", "NaN", "list", "null", "21 MB"],
)
def test_bodies_that_are_no_accident(api: httpx.Client, content: bytes, status: int, code: str) -> None:
    response = api.post(URL, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert response.json()["error"]["code"] == code


def test_a_large_body_without_its_length(api: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"x" * 1024 * 1024 for _ in range(22))

    response = api.post(URL, content=parts(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/api/predict/eclo", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("GET", "/api/predictions?limit=0", 422, "invalid_input"),
        ("GET", "/api/predictions?limit=x", 422, "invalid_input"),
        ("GET", "/api/predictions?cursor=nonsense", 422, "invalid_input"),
    ],
)
def test_every_failure_has_the_envelope(api: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    response = api.request(method, path)
    assert response.status_code == status
    body = response.json()
    assert body["success"] is False
    assert body["error"]["code"] == code
    assert body["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/datasets/ds_1", "DELETE, GET, PATCH"),
        ("/api/predict/eclo/batch/job_1", "DELETE, GET"),
        ("/api/predict/eclo", "POST"),
    ],
)
def test_a_wrong_method_is_told_all_right_ones(api: httpx.Client, path: str, methods: str) -> None:
    refused = api.options(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


def test_another_content_type_is_refused(api: httpx.Client) -> None:
    response = api.post(URL, content=json.dumps(ACCIDENT), headers={"Content-Type": "text/plain"})
    assert response.status_code == 415


def test_the_same_key_twice_is_one_prediction(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "twice"}
    first = api.post(URL, json=ACCIDENT, headers=headers)
    second = api.post(URL, json=ACCIDENT, headers=headers)
    assert second.json()["prediction_id"] == first.json()["prediction_id"]
    assert second.headers["idempotent-replayed"] == "true"
    other = api.post(URL, json=ACCIDENT | {"weather": "비"}, headers=headers)
    assert other.status_code == 422


def test_the_same_key_twenty_times_at_once_is_one_prediction(api: httpx.Client) -> None:
    before = sum(1 for _ in history(api, limit=200))

    def send(_: int) -> str:
        answer = api.post(URL, json=ACCIDENT, headers={"Idempotency-Key": "parallel"}).json()
        return str(answer["prediction_id"])

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(send, range(20)))
    assert len(ids) == 1
    assert sum(1 for _ in history(api, limit=200)) == before + 1


def test_pages_of_the_history_fit_together(api: httpx.Client) -> None:
    for _ in range(5):
        api.post(URL, params={"explain": "false"}, json=ACCIDENT)
    whole = [item["prediction_id"] for item in history(api, limit=200)]
    assert [item["prediction_id"] for item in history(api, limit=2)] == whole
    assert len(set(whole)) == len(whole) >= 5


def test_the_model_says_what_it_takes(api: httpx.Client) -> None:
    info = api.get("/api/model").json()
    features = {feature["name"]: feature for feature in info["features"]}
    assert features["weather"]["valid_values"] == list(WEATHERS)
    assert "교차로 - 교차로안" in features["road_type"]["valid_values"]
    assert [grade["name"] for grade in info["severity_scale"]] == list(INTERPRETATIONS)
    assert info["version"] in info["versions"]
