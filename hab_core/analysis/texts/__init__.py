"""Results as short Korean Markdown and as pictures; nothing is computed here that the result does not hold."""

from hab_core.analysis.texts.counts import (
    categories,
    categories_chart,
    cross_tab,
    cross_tab_chart,
    groups,
    groups_chart,
    value_counts,
    value_counts_chart,
)
from hab_core.analysis.texts.gaps import missing_chart, missing_pattern, missing_values
from hab_core.analysis.texts.markdown import complete
from hab_core.analysis.texts.numbers import (
    column_statistics,
    correlation,
    correlation_chart,
    histogram_chart,
    outliers,
    percentiles,
    percentiles_chart,
    target,
    target_chart,
)
from hab_core.analysis.texts.places import geo_bounds, geo_chart
from hab_core.analysis.texts.predictions import predicted, predicted_batch, predicted_chart
from hab_core.analysis.texts.rows import (
    data_types,
    dataframe_info,
    filtered,
    sample_rows,
    sorted_rows,
    unique_values,
)
from hab_core.analysis.texts.times import date_range, temporal_chart, temporal_pattern

__all__ = [
    "categories",
    "categories_chart",
    "column_statistics",
    "complete",
    "correlation",
    "correlation_chart",
    "cross_tab",
    "cross_tab_chart",
    "data_types",
    "dataframe_info",
    "date_range",
    "filtered",
    "geo_bounds",
    "geo_chart",
    "groups",
    "groups_chart",
    "histogram_chart",
    "missing_chart",
    "missing_pattern",
    "missing_values",
    "outliers",
    "percentiles",
    "percentiles_chart",
    "predicted",
    "predicted_batch",
    "predicted_chart",
    "sample_rows",
    "sorted_rows",
    "target",
    "target_chart",
    "temporal_chart",
    "temporal_pattern",
    "unique_values",
    "value_counts",
    "value_counts_chart",
]
