"""The 22 tools over HTTP."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from hab_core.analysis.registry import tools
from tests.accidents import ACCIDENT
from tests.server.api.uploading import upload

ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_column_statistics": {"column": "사망자수"},
    "get_value_counts": {"column": "요일"},
    "filter_dataframe": {"conditions": [{"column": "요일", "operator": "==", "value": "금요일"}]},
    "sort_dataframe": {"column": "ECLO"},
    "group_by_aggregate": {"group_by": "사고일시.월", "value_column": "ECLO", "aggregate": "mean"},
    "get_unique_values": {"column": "기상상태"},
    "get_date_range": {"column": "사고일시"},
    "get_outliers": {"column": "ECLO"},
    "calculate_percentile": {"column": "ECLO", "percentile": 90},
    "cross_tabulation": {"columns": ["기상상태", "노면상태"]},
    "get_column_correlation_with_target": {"target_column": "ECLO"},
    "get_temporal_pattern": {"by": "hour"},
    "predict_eclo": ACCIDENT,
    "predict_eclo_batch": {"accidents": [ACCIDENT, {}]},
}


@pytest.fixture(scope="module")
def dataset_id(api: httpx.Client, shared_data: Path) -> str:
    """Three years of accidents as TAAS publishes them."""
    packed = (shared_data / "accidents" / "taas_2010_2012_daegu.csv.gz").read_bytes()
    return str(upload(api, gzip.decompress(packed))["id"])


@pytest.fixture(scope="module")
def cameras_id(api: httpx.Client, shared_data: Path) -> str:
    """Traffic cameras with coordinates, as a public office publishes them."""
    return str(upload(api, (shared_data / "facilities" / "대구 CCTV 정보.csv").read_bytes())["id"])


def run(api: httpx.Client, dataset_id: str, name: str, **arguments: Any) -> httpx.Response:
    """Runs a tool on a dataset."""
    return api.post(f"/api/datasets/{dataset_id}/tools/{name}", json={"arguments": arguments})


def test_the_list_says_how_to_call_each(api: httpx.Client) -> None:
    listed = api.get("/api/tools").json()
    assert [tool["name"] for tool in listed["items"]] == [spec.name for spec in tools()]
    assert len(listed["items"]) == 22
    for tool in listed["items"]:
        assert tool["category"]
        assert any("가" <= letter <= "힣" for letter in tool["description"])
        assert tool["input_schema"]["type"] == "object"


@pytest.mark.parametrize("name", [spec.name for spec in tools()])
def test_each_tool_answers(api: httpx.Client, dataset_id: str, cameras_id: str, name: str) -> None:
    response = run(api, cameras_id if name == "get_geo_bounds" else dataset_id, name, **ARGUMENTS.get(name, {}))
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["tool"] == name
    assert answer["arguments"] == ARGUMENTS.get(name, {})
    assert answer["result"]
    assert answer["text"]
    assert isinstance(answer["truncated"], bool)
    assert answer["duration_ms"] > 0


def test_conditions_and_derived_columns_in_one_call(api: httpx.Client, dataset_id: str) -> None:
    conditions = [
        {"column": "시군구.구", "operator": "==", "value": "수성구"},
        {"column": "기상상태", "operator": "==", "value": "비"},
    ]
    answer = run(api, dataset_id, "get_value_counts", column="사고일시.시간대", conditions=conditions).json()
    assert 0 < answer["result"]["rows"] < 5_000
    assert sum(each["count"] for each in answer["result"]["values"]) == answer["result"]["rows"]
    assert answer["chart"]["series"]


def test_prediction_tools_need_no_dataset_and_are_kept(api: httpx.Client) -> None:
    answer = api.post("/api/tools/predict_eclo", json={"arguments": ACCIDENT}).json()
    plain = api.post("/api/predict/eclo", json=ACCIDENT).json()
    assert answer["result"]["eclo"] == plain["eclo"]
    newest = api.get("/api/predictions", params={"limit": 2}).json()["items"]
    assert [item["eclo"] for item in newest] == [plain["eclo"], answer["result"]["eclo"]]
    many = api.post("/api/tools/predict_eclo_batch", json={"arguments": {"accidents": [ACCIDENT] * 3 + [{}]}}).json()
    assert (many["result"]["completed"], many["result"]["failed"]) == (3, 1)
    history = api.get("/api/predictions", params={"limit": 5}).json()["items"]
    assert history[3]["prediction_id"] == newest[0]["prediction_id"]


def test_the_same_key_is_one_prediction(api: httpx.Client) -> None:
    before = len(api.get("/api/predictions", params={"limit": 200}).json()["items"])
    body, headers = {"arguments": ACCIDENT}, {"Idempotency-Key": "tool-1"}
    first = api.post("/api/tools/predict_eclo", json=body, headers=headers).json()
    again = api.post("/api/tools/predict_eclo", json=body, headers=headers).json()
    assert again["result"] == first["result"]
    assert len(api.get("/api/predictions", params={"limit": 200}).json()["items"]) == before + 1
    assert api.post("/api/tools/predict_eclo_batch", json=body, headers=headers).status_code == 422


def test_an_unknown_tool_names_all(api: httpx.Client, dataset_id: str) -> None:
    for response in (run(api, dataset_id, "get_value_count"), api.post("/api/tools/x", json={})):
        assert response.status_code == 404
        assert len(response.json()["error"]["details"][0]["valid_values"]) == 22
    assert "get_value_counts" in run(api, dataset_id, "get_value_count").json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "arguments", "field", "valid"),
    [
        ("get_value_counts", {"column": "요이"}, "column", "요일"),
        ("get_value_counts", {"column": "요일", "colum": "요일"}, "colum", "column"),
        ("get_value_counts", {}, "column", None),
        ("get_value_counts", {"column": 3}, "column", None),
        ("get_value_counts", {"column": "요일", "top_n": 10**9}, "top_n", None),
        ("get_value_counts", {"column": "__class__"}, "column", None),
        ("get_value_counts", {"column": '"; drop table datasets; --'}, "column", None),
        ("predict_eclo", {"weather": "우박"}, "weather", "맑음"),
    ],
)
def test_wrong_arguments_are_named(
    api: httpx.Client, dataset_id: str, name: str, arguments: dict[str, Any], field: str, valid: str | None
) -> None:
    response = run(api, dataset_id, name, **arguments)
    assert response.status_code == 422
    details = {detail["field"]: detail for detail in response.json()["error"]["details"]}
    assert field in details
    if valid is not None:
        assert valid in details[field]["valid_values"]


def test_a_table_tool_needs_a_dataset(api: httpx.Client) -> None:
    response = api.post("/api/tools/get_value_counts", json={"arguments": {"column": "요일"}})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == "dataset"
    assert run(api, "ds_0", "get_dataframe_info").status_code == 404


@pytest.mark.parametrize("body", [{"argument": {}}, {"arguments": []}, [], {"arguments": {"a": "\x00"}}])
def test_a_body_of_another_shape_is_refused(api: httpx.Client, dataset_id: str, body: Any) -> None:
    assert api.post(f"/api/datasets/{dataset_id}/tools/get_dataframe_info", json=body).status_code == 422


def test_a_pattern_that_would_hang_is_just_text(api: httpx.Client, dataset_id: str) -> None:
    evil = {"column": "시군구", "operator": "contains", "value": "(a+)+$" + "a" * 5_000}
    answer = run(api, dataset_id, "filter_dataframe", conditions=[evil])
    assert answer.status_code == 200
    assert answer.json()["result"]["rows"] == 0
