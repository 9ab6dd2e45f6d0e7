"""The 22 tools, in the order in which they are listed everywhere."""

from __future__ import annotations

import difflib
from functools import cache

import hab_core.analysis.texts as say
from hab_core.analysis import (
    correlation,
    crosstab,
    geo,
    grouping,
    missing,
    outliers,
    overview,
    prediction,
    selection,
    statistics,
    temporal,
)
from hab_core.analysis.spec import ToolSpec
from hab_core.errors import InvalidInput


@cache
def tools() -> tuple[ToolSpec, ...]:
    """Returns every tool, the two that predict last."""
    return (
        ToolSpec("개요", overview.get_dataframe_info, say.dataframe_info),
        ToolSpec("통계", statistics.get_column_statistics, say.column_statistics, say.histogram_chart),
        ToolSpec("결측", missing.get_missing_values, say.missing_values, say.missing_chart),
        ToolSpec("집계", grouping.get_value_counts, say.value_counts, say.value_counts_chart),
        ToolSpec("선택", selection.filter_dataframe, say.filtered),
        ToolSpec("선택", selection.sort_dataframe, say.sorted_rows),
        ToolSpec("상관", correlation.get_correlation, say.correlation, say.correlation_chart),
        ToolSpec("집계", grouping.group_by_aggregate, say.groups, say.groups_chart),
        ToolSpec("선택", selection.get_unique_values, say.unique_values),
        ToolSpec("시간", temporal.get_date_range, say.date_range),
        ToolSpec("통계", outliers.get_outliers, say.outliers),
        ToolSpec("개요", overview.get_sample_rows, say.sample_rows),
        ToolSpec("통계", statistics.calculate_percentile, say.percentiles, say.percentiles_chart),
        ToolSpec("공간", geo.get_geo_bounds, say.geo_bounds, say.geo_chart),
        ToolSpec("집계", crosstab.cross_tabulation, say.cross_tab, say.cross_tab_chart),
        ToolSpec("결측", missing.analyze_missing_pattern, say.missing_pattern),
        ToolSpec("상관", correlation.get_column_correlation_with_target, say.target, say.target_chart),
        ToolSpec("개요", overview.detect_data_types, say.data_types),
        ToolSpec("시간", temporal.get_temporal_pattern, say.temporal_pattern, say.temporal_chart),
        ToolSpec("집계", grouping.summarize_categorical_distribution, say.categories, say.categories_chart),
        ToolSpec("예측", prediction.predict_eclo, say.predicted, say.predicted_chart, on="predictor"),
        ToolSpec("예측", prediction.predict_eclo_batch, say.predicted_batch, on="predictor"),
    )


def find_tool(name: str) -> ToolSpec:
    """Returns the tool of that name.

    Raises:
        InvalidInput: There is none; the error names the nearest and lists all.
    """
    by_name = {spec.name: spec for spec in tools()}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.4)
    advice = f"비슷한 도구: {', '.join(near)}" if near else "hab tools list로 도구를 확인해주세요."
    raise InvalidInput.of("tool", f"'{name[:60]}' 도구가 없습니다. {advice}", list(by_name))
