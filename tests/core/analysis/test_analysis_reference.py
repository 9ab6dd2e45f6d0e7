"""The reference page and the schemas say what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from hab_core.analysis.reference import render
from hab_core.analysis.registry import tools
from hab_core.analysis.spec import ToolSpec

ROOT = Path(__file__).resolve().parents[3]
NAMES = [
    "get_dataframe_info", "get_column_statistics", "get_missing_values", "get_value_counts", "filter_dataframe",
    "sort_dataframe", "get_correlation", "group_by_aggregate", "get_unique_values", "get_date_range", "get_outliers",
    "get_sample_rows", "calculate_percentile", "get_geo_bounds", "cross_tabulation", "analyze_missing_pattern",
    "get_column_correlation_with_target", "detect_data_types", "get_temporal_pattern",
    "summarize_categorical_distribution", "predict_eclo", "predict_eclo_batch",
]  # fmt: skip
PARAMETERS = {
    "column", "columns", "group_by", "value_column", "aggregate", "top_n", "limit", "percentile", "target_column",
    "method", "n", "ascending", "by", "conditions",
}  # fmt: skip


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    assert page == render(), "run: python -m hab_core.analysis.reference > docs/tools.md"


def test_there_are_22_tools_in_order() -> None:
    assert [spec.name for spec in tools()] == NAMES


@pytest.mark.parametrize("spec", tools(), ids=lambda spec: spec.name)
def test_a_tool_describes_itself(spec: ToolSpec) -> None:
    info = spec.info()
    assert info.description
    assert any("가" <= letter <= "힣" for letter in info.description)
    assert "Args:" not in info.description
    assert info.input_schema["type"] == "object"
    assert info.input_schema["additionalProperties"] is False
    if spec.on == "table":
        assert set(info.input_schema["properties"]) <= PARAMETERS
        assert "conditions" in info.input_schema["properties"]
        for name, schema in info.input_schema["properties"].items():
            text = str(schema)
            assert "description" in text, f"{spec.name}.{name} is not described"
            assert "$ref" not in text
