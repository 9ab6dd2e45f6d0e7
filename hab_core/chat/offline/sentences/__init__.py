"""Results as Korean sentences: the answer first, then what helps to judge it. No figure that the result lacks."""

from __future__ import annotations

from collections.abc import Callable

from hab_core.chat.offline.calls import Call
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences import calendar, counts, figures, rows, tables
from hab_core.chat.offline.sentences.phrasing import Result

_NOTHING = "조건에 맞는 자료가 없습니다."


def say(call: Call, result: Result, reading: Reading) -> str:
    """Returns what a tool found as one or two sentences."""
    if not result.get("rows") and call.tool != "filter_dataframe":
        return _NOTHING
    return _sentences()[call.tool](result, reading)


def conditions_in_words(result: Result) -> str:
    """Returns the conditions of a result for the head of an answer; empty where there are none."""
    text = str(result.get("conditions") or "")
    return f"조건({text})에서 " if text else ""


def _sentences() -> dict[str, Callable[[Result, Reading], str]]:
    """Returns the sentence of each tool."""
    return {
        "get_temporal_pattern": calendar.temporal_pattern,
        "get_date_range": calendar.date_range,
        "get_value_counts": counts.value_counts,
        "group_by_aggregate": counts.groups,
        "cross_tabulation": counts.cross_tab,
        "summarize_categorical_distribution": counts.categories,
        "get_unique_values": counts.unique_values,
        "get_column_statistics": figures.column_statistics,
        "get_outliers": figures.outliers,
        "calculate_percentile": figures.percentiles,
        "get_correlation": figures.correlation,
        "get_column_correlation_with_target": figures.target,
        "predict_eclo": figures.predicted,
        "predict_eclo_batch": figures.predicted_batch,
        "filter_dataframe": rows.filtered,
        "sort_dataframe": rows.sorted_rows,
        "get_sample_rows": rows.sample_rows,
        "get_missing_values": tables.missing_values,
        "analyze_missing_pattern": tables.missing_pattern,
        "get_geo_bounds": tables.geo_bounds,
        "get_dataframe_info": tables.dataframe_info,
        "detect_data_types": tables.data_types,
    }
