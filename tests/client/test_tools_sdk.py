"""The analysis tools through the client against the real application."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hab_client import Dataset, HabClient, InvalidInput, NotFound, ToolRunAnswer
from hab_core.datasets import samples
from hab_core.schemas.analysis import Condition
from tests.accidents import ACCIDENT
from tests.client.wire_server import raw, serving, success
from tests.conftest import name_of

FRIDAY = {"column": "요일", "operator": "==", "value": "금요일"}
CALLS: dict[str, dict[str, Any]] = {
    "get_dataframe_info": {},
    "get_column_statistics": {"column": "ECLO"},
    "get_missing_values": {},
    "get_value_counts": {"column": "요일", "top_n": 3},
    "filter_dataframe": {"conditions": [FRIDAY], "limit": 2},
    "sort_dataframe": {"column": "ECLO", "limit": 2},
    "get_correlation": {},
    "group_by_aggregate": {"group_by": "요일", "value_column": "ECLO", "aggregate": "mean"},
    "get_unique_values": {"column": "기상상태"},
    "get_date_range": {"column": "사고일시"},
    "get_outliers": {"column": "ECLO"},
    "get_sample_rows": {"n": 2},
    "calculate_percentile": {"column": "ECLO", "percentile": 90},
    "get_geo_bounds": {},
    "cross_tabulation": {"columns": ["요일", "기상상태"]},
    "analyze_missing_pattern": {},
    "get_column_correlation_with_target": {"target_column": "ECLO"},
    "detect_data_types": {},
    "get_temporal_pattern": {"by": "hour"},
    "summarize_categorical_distribution": {"column": "기상상태"},
    "predict_eclo": ACCIDENT,
    "predict_eclo_batch": {"accidents": [ACCIDENT, {**ACCIDENT, "weather": "비"}]},
}
"""A call of every tool; those that look for a place or a casualty work on any table of accidents."""
RUN = success(tool="t", arguments={}, result={}, text="글", duration_ms=1.0, truncated=False)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return samples.accidents(400)


@pytest.fixture(scope="module")
def dataset(client: HabClient, table: pl.DataFrame) -> Dataset:
    return client.datasets.upload(samples.to_csv(table), name="사고")


def test_every_tool_is_listed_with_what_it_takes(client: HabClient) -> None:
    tools = client.tools.list()
    assert sorted(tool.name for tool in tools) == sorted(CALLS)
    for tool in tools:
        assert tool.description
        assert CALLS[tool.name].keys() <= tool.input_schema["properties"].keys()


@pytest.mark.parametrize("name", CALLS)
def test_every_tool_runs(client: HabClient, dataset: Dataset, name: str) -> None:
    on = None if name.startswith("predict") else dataset
    run = client.tools.run(name, on, **CALLS[name])
    assert isinstance(run, ToolRunAnswer)
    assert (run.tool, run.arguments) == (name, CALLS[name])
    assert str(run) == run.text == run._repr_markdown_() != ""
    assert run.result
    assert run.request_id


def test_the_figures_are_those_of_the_table(client: HabClient, dataset: Dataset, table: pl.DataFrame) -> None:
    run = client.tools.run("group_by_aggregate", dataset.id, **CALLS["group_by_aggregate"])
    found = {group["keys"][0]: group["values"][0] for group in run.result["groups"]}
    expected = dict(table.group_by("요일").agg(pl.col("ECLO").mean()).iter_rows())
    assert found == pytest.approx(expected)
    assert run.chart is not None


def test_conditions_narrow_what_a_tool_sees(client: HabClient, dataset: Dataset, table: pl.DataFrame) -> None:
    fridays = table.filter(pl.col("요일") == "금요일").height
    for condition in (FRIDAY, Condition(**FRIDAY)):
        run = client.tools.run("get_dataframe_info", dataset=dataset, conditions=[condition])
        assert run.result["rows"] == fridays


def test_a_tool_runs_on_a_dataset_to_predict_too(client: HabClient, dataset: Dataset) -> None:
    run = client.tools.run("predict_eclo", dataset, **ACCIDENT)
    assert run.result["eclo"] == client.eclo.predict(ACCIDENT).eclo


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("get_value_counts", {"colum": "요일"}, "column"),
        ("get_value_counts", {"column": "요이"}, "요일"),
        ("get_value_counts", {}, "column"),
        ("get_value_counts", {"column": "요일", "top_n": 0}, "top_n"),
        ("get_value_counts", {"column": "요일", "top_n": True}, "top_n"),
        ("filter_dataframe", {"conditions": [{**FRIDAY, "operator": "~"}]}, "operator"),
    ],
)
def test_a_wrong_argument_is_named(
    client: HabClient, dataset: Dataset, name: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.tools.run(name, dataset, **arguments)
    assert told in caught.value.message + str(caught.value.details)


def test_what_is_not_there_is_not_found(client: HabClient, dataset: Dataset) -> None:
    with pytest.raises(NotFound, match="get_value_counts"):
        client.tools.run("get_value_count", dataset, column="요일")
    with pytest.raises(NotFound):
        client.tools.run("get_value_counts", "ds_unknown", column="요일")
    with pytest.raises(InvalidInput):
        client.tools.run("get_value_counts", column="요일")


def test_values_of_tables_become_json() -> None:
    with serving(RUN) as server, HabClient(server.url) as client:
        client.tools.run(
            "t",
            "ds_1",
            n=np.int64(3),
            columns=np.array(["가", "나"]),
            group_by=("가", "나"),
            conditions=[{"column": "일", "operator": "in", "value": pl.Series([date(2021, 3, 1)])}],
        )
    assert server.asked[0].target == "/api/datasets/ds_1/tools/t"
    assert json.loads(server.asked[0].body)["arguments"] == {
        "n": 3,
        "columns": ["가", "나"],
        "group_by": ["가", "나"],
        "conditions": [{"column": "일", "operator": "in", "value": ["2021-03-01"]}],
    }


@pytest.mark.parametrize("value", [object(), float("inf"), "\ud800"], ids=name_of)
def test_what_json_cannot_carry_is_refused_before(value: object) -> None:
    with serving(RUN) as server, HabClient(server.url) as client:
        with pytest.raises(InvalidInput):
            client.tools.run("t", "ds_1", value=value)
        assert server.asked == []


def test_a_prediction_whose_answer_was_lost_is_made_once() -> None:
    with serving(raw(b""), RUN) as server, HabClient(server.url) as client:
        client.tools.run("predict_eclo", **ACCIDENT)
        client.tools.run("predict_eclo", idempotency_key="mine", **ACCIDENT)
        client.tools.run("t", "ds_1", name="an argument may have any name")
    keys = [asked.headers.get("idempotency-key") for asked in server.asked]
    assert keys[0] == keys[1] is not None
    assert keys[2:] == ["mine", None]


def test_real_accidents_are_analysed(client: HabClient, shared_data: Path) -> None:
    dataset = client.datasets.upload(shared_data / "accidents" / "taas_2007_2009_daegu.csv.gz")
    rain = [
        {"column": "시군구.구", "operator": "==", "value": "수성구"},
        {"column": "기상상태", "operator": "==", "value": "비"},
    ]
    run = client.tools.run("get_temporal_pattern", dataset, by="hour", value_column="ECLO", conditions=rain)
    frame = dataset.to_pandas()
    expected = frame[frame["시군구"].str.contains("수성구") & (frame["기상상태"] == "비")]
    assert run.result["rows"] == len(expected) > 100
    assert run.chart is not None
