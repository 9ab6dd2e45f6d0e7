"""How often each value of a column occurs; several tools rest on it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hab_core.analysis.coding import coded, counts_of
from hab_core.analysis.columns import Column
from hab_core.analysis.view import View
from hab_core.schemas.analysis_results import ValueCount


def count_values(view: View, columns: Sequence[Column]) -> list[pl.DataFrame]:
    """Returns for each column ``value`` and ``count``, the most frequent first, equals by value.

    Missing cells have a row too. Columns whose few values the profile counted are not read.
    """
    known = {column.name: _from_profile(view, column) for column in columns}
    unknown = [column for column in columns if known[column.name] is None]
    if unknown:
        frame = view.frame.select(coded(column) for column in unknown).collect()
        known |= {column.name: counts_of(frame[column.name]) for column in unknown}
    found = []
    for column in columns:
        counted = known[column.name]
        if counted is not None:
            found.append(counted.sort(["count", "value"], descending=[True, False], nulls_last=True))
    return found


def shares(pairs: Sequence[tuple[object, int]], total: int) -> list[ValueCount]:
    """Returns values with their counts and shares of ``total``."""
    return [ValueCount(value=value, count=count, share=count / total if total else None) for value, count in pairs]


def _from_profile(view: View, column: Column) -> pl.DataFrame | None:
    """Returns the counts that the profile of a text column holds; None where it does not hold all of them."""
    profile = None if view.filtered or column.dtype != pl.String else view.profile_of(column)
    if profile is None or len(profile.top_values) < profile.distinct:
        return None
    values = [*(top.value for top in profile.top_values), *([None] if profile.missing else [])]
    counts = [*(top.count for top in profile.top_values), *([profile.missing] if profile.missing else [])]
    return pl.DataFrame({"value": pl.Series(values, dtype=pl.String), "count": pl.Series(counts, dtype=pl.Int64)})
