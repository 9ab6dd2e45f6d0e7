"""How often each value of a column occurs, in one scan; several tools rest on it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hab_core.analysis.columns import Column
from hab_core.analysis.view import View, clean
from hab_core.schemas.analysis_results import ValueCount


def count_values(view: View, column: Column) -> pl.DataFrame:
    """Returns ``value`` and ``count``, the most frequent first, equals by value; missing cells have a row too."""
    counted = view.frame.select(clean(column).alias("value")).group_by("value").agg(pl.len().alias("count"))
    found = counted.collect().with_columns(pl.col("count").cast(pl.Int64))
    return found.sort(["count", "value"], descending=[True, False], nulls_last=True)


def shares(pairs: Sequence[tuple[object, int]], total: int) -> list[ValueCount]:
    """Returns values with their counts and shares of ``total``."""
    return [ValueCount(value=value, count=count, share=count / total if total else None) for value, count in pairs]
