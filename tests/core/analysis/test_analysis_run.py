"""Whatever is asked for, the answer is typed and bounded, or an error that names what would work."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from hab_core.analysis.registry import tools
from hab_core.analysis.run import run_tool
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput, ModelUnavailable
from tests.core.analysis.analysis_files import is_, run

ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_value_counts": {"column": "구"},
    "filter_dataframe": {"conditions": [is_("건수", ">", 1)]},
    "sort_dataframe": {"column": "건수"},
    "group_by_aggregate": {"group_by": "구", "value_column": "건수", "aggregate": ["mean", "sum"]},
    "get_unique_values": {"column": "구"},
    "get_outliers": {"column": "비율"},
    "calculate_percentile": {"column": "비율", "percentile": 90},
    "cross_tabulation": {"columns": ["구", "운영"]},
    "get_column_correlation_with_target": {"target_column": "건수"},
    "get_temporal_pattern": {"column": "일시", "value_column": "건수"},
    "get_column_statistics": {"columns": ["건수", "비율", "구", "일시", "운영", "빈열", "__class__"]},
    "summarize_categorical_distribution": {"columns": ["구", "운영", "빈열"]},
}
TABLE_TOOLS = [spec.name for spec in tools() if spec.on == "table"]


def checked(tool: str, table: Table, **arguments: Any) -> dict[str, Any]:
    """Runs a tool, checks what holds of every answer, and returns its result."""
    answer = run(tool, table, **arguments)
    json.dumps(answer.model_dump(mode="json"), allow_nan=False, ensure_ascii=False)
    assert answer.text
    assert "nan" not in answer.text.lower().replace("nanumbarun", "")
    assert answer.arguments == arguments
    assert answer.truncated == answer.result["truncated"]
    assert not answer.truncated or answer.result["notes"], "what was cut must be said"
    return answer.result


@pytest.mark.parametrize("tool", [name for name in TABLE_TOOLS if name != "get_geo_bounds"])
def test_every_tool_answers(small: Table, tool: str) -> None:
    result = checked(tool, small, **ARGUMENTS.get(tool, {}))
    assert result["rows"] == (9 if tool == "filter_dataframe" else 12)


@pytest.mark.parametrize("tool", [name for name in TABLE_TOOLS if name != "get_geo_bounds"])
def test_no_rows_are_an_answer_too(small: Table, tool: str) -> None:
    nothing = [is_("구", "==", "없는 구")]
    arguments = {**ARGUMENTS.get(tool, {}), "conditions": nothing}
    answer = run(tool, small, **arguments)
    json.dumps(answer.result, allow_nan=False)
    assert answer.result["rows"] == 0
    assert "조건에 맞는 행이 없습니다" in answer.text
    assert "없는 구" in answer.text
    assert answer.chart is None


@pytest.mark.parametrize("tool", [name for name in TABLE_TOOLS if name != "get_geo_bounds"])
def test_a_single_row_is_enough(small: Table, tool: str) -> None:
    checked(tool, small, **{**ARGUMENTS.get(tool, {}), "conditions": [is_("건수", "==", 9)]})


def test_geo_bounds_needs_coordinates(small: Table) -> None:
    with pytest.raises(InvalidInput, match="좌표"):
        run("get_geo_bounds", small)


def test_an_unknown_tool_names_the_nearest(small: Table) -> None:
    with pytest.raises(InvalidInput, match="get_value_counts") as caught:
        run("get_value_count", small)
    assert caught.value.details[0]["field"] == "tool"
    assert len(caught.value.details[0]["valid_values"]) == 22


def test_an_unknown_argument_names_the_nearest(small: Table) -> None:
    with pytest.raises(InvalidInput, match="'column'을") as caught:
        run("get_value_counts", small, colum="구")
    assert caught.value.details[0]["valid_values"] == ["column", "top_n", "ascending", "conditions"]


@pytest.mark.parametrize(
    ("tool", "arguments", "field", "says"),
    [
        ("get_value_counts", {"column": "구구"}, "column", "비슷한 열: 구"),
        ("get_value_counts", {}, "column", "필수"),
        ("get_value_counts", {"column": ""}, "column", "1자 이상"),
        ("get_value_counts", {"column": 3}, "column", "문자열"),
        ("get_value_counts", {"column": "구", "top_n": "3"}, "top_n", "정수"),
        ("get_value_counts", {"column": "구", "top_n": True}, "top_n", "정수"),
        ("get_value_counts", {"column": "구", "top_n": 0}, "top_n", "1 이상"),
        ("get_value_counts", {"column": "구", "top_n": 10**9}, "top_n", "100 이하"),
        ("get_value_counts", {"column": "구", "conditions": "x"}, "conditions", "목록"),
        ("get_column_statistics", {"columns": ["건수", "건쑤"]}, "columns", "비슷한 열: 건수"),
        ("get_column_statistics", {"columns": []}, "columns", "1개 이상"),
        ("group_by_aggregate", {"group_by": "구", "value_column": "구"}, "value_column", "숫자 열이 아닙니다"),
        ("group_by_aggregate", {"group_by": "구", "value_column": "구", "aggregate": "min"}, "aggregate", "최솟값"),
        ("group_by_aggregate", {"group_by": "구", "aggregate": "mean"}, "value_column", "value_column이 필요"),
        (
            "group_by_aggregate",
            {"group_by": "구", "value_column": "건수", "aggregate": "mode"},
            "aggregate",
            "사용할 수",
        ),
        ("group_by_aggregate", {"group_by": ["구"] * 5}, "group_by", ""),
        ("sort_dataframe", {"column": ["구", "건수"], "ascending": [True]}, "ascending", "2개"),
        ("get_outliers", {"column": "구"}, "column", "건수"),
        ("get_outliers", {"column": "건수", "method": "z"}, "method", "사용할 수"),
        ("calculate_percentile", {"column": "건수", "percentile": 101}, "percentile", "이하여야"),
        ("calculate_percentile", {"column": "건수", "percentile": float("nan")}, "percentile", ""),
        ("cross_tabulation", {"columns": ["구"]}, "columns", "2개 이상"),
        ("cross_tabulation", {"columns": ["구", "구"]}, "columns", "서로 다른"),
        ("get_temporal_pattern", {"by": "week"}, "by", "사용할 수"),
        ("get_temporal_pattern", {"column": "구"}, "column", "날짜 열"),
        ("get_correlation", {"columns": ["건수"]}, "columns", "둘 이상"),
        ("get_column_correlation_with_target", {"target_column": "구"}, "target_column", "건수"),
        ("filter_dataframe", {}, "conditions", "필수"),
        ("filter_dataframe", {"conditions": []}, "conditions", "1개 이상"),
        ("get_sample_rows", {"n": 101}, "n", "100 이하"),
    ],
)
def test_bad_arguments_say_what_would_work(
    small: Table, tool: str, arguments: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(tool, small, **arguments)
    assert caught.value.details[0]["field"] == field
    assert says in caught.value.message
    assert any("가" <= letter <= "힣" for letter in caught.value.message)


@pytest.mark.parametrize("name", ["__class__", '"; drop table'])
def test_names_are_only_names(small: Table, name: str) -> None:
    assert checked("get_value_counts", small, column=name)["column"] == name
    assert checked("group_by_aggregate", small, group_by=name)["group_by"] == [name]
    assert name in checked("get_dataframe_info", small, conditions=[is_(name, "not_null")])["columns"][-4 if
        name == "__class__" else -3]["name"]  # fmt: skip


def test_markdown_in_cells_is_harmless(small: Table) -> None:
    text = run("get_value_counts", small, column="비고").text
    assert "a\\|b" in text
    assert "<b>" not in text


def test_tables_without_what_a_tool_needs() -> None:
    words = Table.from_frame(pl.DataFrame({"글": ["가", "나", "다"] * 10}))
    for tool, says in (
        ("get_column_statistics", "숫자 열이 없습니다"),
        ("get_correlation", "숫자 열이 둘 이상"),
        ("get_date_range", "날짜 열이 없습니다"),
        ("get_temporal_pattern", "날짜 열이 없습니다"),
    ):
        with pytest.raises(InvalidInput, match=says):
            run(tool, words)
    numbers = Table.from_frame(pl.DataFrame({"수": [1.5, 2.5, 3.5]}))
    with pytest.raises(InvalidInput, match="범주 열이 없습니다"):
        run("summarize_categorical_distribution", numbers)
    with pytest.raises(InvalidInput, match="견줄 다른 열이 없습니다"):
        run("get_column_correlation_with_target", numbers, target_column="수")


def test_300_columns_are_bounded() -> None:
    wide = Table.from_frame(pl.DataFrame({f"열{i}": [i, i + 1, None if i % 7 == 0 else 3] * 20 for i in range(300)}))
    for tool in ("get_dataframe_info", "get_column_statistics", "get_correlation", "detect_data_types",
                 "analyze_missing_pattern", "get_sample_rows"):  # fmt: skip
        answer = run(tool, wide)
        assert answer.truncated, tool
        assert len(json.dumps(answer.model_dump(mode="json"), ensure_ascii=False)) < 200_000, tool
    many = run("get_sample_rows", wide, n=100)
    assert len(many.result["table"]["columns"]) * len(many.result["table"]["items"]) <= 5_000
    assert len(run("get_missing_values", wide).result["columns"]) == 300


def test_results_of_many_values_are_bounded() -> None:
    frame = pl.DataFrame({"값": [f"값 {i} " + "긴 글 " * 200 for i in range(3_000)], "수": range(3_000)})
    table = Table.from_frame(frame)
    for tool, arguments in (
        ("get_value_counts", {"column": "값", "top_n": 100}),
        ("get_unique_values", {"column": "값", "limit": 500}),
        ("group_by_aggregate", {"group_by": "값", "value_column": "수", "limit": 500}),
        ("cross_tabulation", {"columns": ["값", "수"], "limit": 50}),
        ("sort_dataframe", {"column": "수", "limit": 200}),
    ):
        answer = run(tool, table, **arguments)
        assert answer.truncated
        assert len(answer.model_dump_json()) < 700_000
        assert all(len(line) < 1_500 for line in answer.text.splitlines() if not line.startswith("값"))


def test_huge_whole_numbers_are_summed_exactly() -> None:
    values = [2**62, 2**62, 2**62 + 1, None]
    table = Table.from_frame(pl.DataFrame({"수": values, "묶음": ["가", "가", "나", "나"]}))
    assert checked("get_column_statistics", table, column="수")["columns"][0]["sum"] == 3 * 2**62 + 1
    groups = checked("group_by_aggregate", table, group_by="묶음", value_column="수", aggregate="sum")["groups"]
    assert {group["keys"][0]: group["values"][0] for group in groups} == {"가": 2**63, "나": 2**62 + 1}
    some = checked("get_column_statistics", table, column="수", conditions=[is_("묶음", "==", "가")])
    assert some["columns"][0]["sum"] == 2**63


def test_a_sum_of_nothing_is_none() -> None:
    table = Table.from_frame(pl.DataFrame({"수": [None, None, 1], "묶음": ["가", "가", "나"]}))
    groups = checked("group_by_aggregate", table, group_by="묶음", value_column="수", aggregate=["sum", "mean"])[
        "groups"
    ]
    assert {group["keys"][0]: group["values"] for group in groups} == {"가": [None, None], "나": [1, 1.0]}


def test_constant_columns_have_no_correlation_and_no_outliers() -> None:
    table = Table.from_frame(pl.DataFrame({"가": [0.1] * 50, "나": list(range(50)), "다": [7] * 50}))
    for method in ("pearson", "spearman"):
        pairs = checked("get_correlation", table, method=method)["pairs"]
        assert [pair["r"] for pair in pairs] == [None] * 3
    assert checked("get_outliers", table, column="가")["outliers"] == []
    assert checked("get_column_statistics", table, column="가")["columns"][0]["skewness"] is None


def test_dates_without_hours_say_so(small: Table) -> None:
    result = checked("get_temporal_pattern", small, column="날짜", by="hour")
    assert any("시각이 없어" in note for note in result["notes"])
    assert result["buckets"][0]["count"] == 12


def test_swapped_and_projected_coordinates_are_understood() -> None:
    import pyproj

    degrees = [(35.80 + i / 400, 128.50 + i / 300) for i in range(60)]
    to_tm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:5186", always_xy=True)
    metres = [to_tm.transform(longitude, latitude) for latitude, longitude in degrees]
    tables = {
        "degrees": {"위도": [lat for lat, _ in degrees], "경도": [lon for _, lon in degrees]},
        "swapped": {"위도": [lon for _, lon in degrees], "경도": [lat for lat, _ in degrees]},
        "projected": {"X좌표": [x for x, _ in metres], "Y좌표": [y for _, y in metres]},
    }
    for name, columns in tables.items():
        result = checked("get_geo_bounds", Table.from_frame(pl.DataFrame(columns)))
        found = [result[end] for end in ("south", "north", "west", "east")]
        assert found == pytest.approx([35.80, 35.80 + 59 / 400, 128.50, 128.50 + 59 / 300], abs=1e-5), name


def test_a_prediction_tool_needs_a_model_and_a_table_tool_a_table(small: Table) -> None:
    with pytest.raises(ModelUnavailable):
        run_tool("predict_eclo_batch", None, {"accidents": [{}]})
    with pytest.raises(InvalidInput, match="데이터셋이 필요"):
        run_tool("get_dataframe_info", None, {})


def test_null_stands_for_an_optional_argument_left_out(small: Table) -> None:
    assert run("get_sample_rows", small, columns=None, n=2).result["table"]["columns"] == small.stored_columns
