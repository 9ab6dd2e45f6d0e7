"""Values in bins: every value in one of them, whole numbers never split unfairly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hab_core.analysis.histogram import histogram_of
from hab_core.datasets.table import Table
from tests.core.analysis.analysis_files import Real, is_, run

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(2, 200))
def test_every_value_lies_in_a_bin(values: list[float], bins: int) -> None:
    found = histogram_of(np.array(values), bins, whole=False)
    if found is None:
        assert max(values) - min(values) < 1e-9 * max(map(abs, values)), "only where no bin fits between the values"
        return
    assert sum(found.counts) == len(values)
    assert len(found.edges) == len(found.counts) + 1 <= bins + 1


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=60), st.integers(2, 200))
def test_bins_of_whole_numbers_hold_equally_many_of_them(values: list[int], bins: int) -> None:
    found = histogram_of(np.array(values, dtype=float), bins, whole=True)
    assert found is not None
    assert sum(found.counts) == len(values)
    assert len(found.counts) <= bins
    widths = set(np.diff(found.edges))
    assert len(widths) == 1
    assert widths.pop().is_integer()


def test_no_value_and_too_wide_a_range_have_none() -> None:
    assert histogram_of(np.array([]), 10, whole=False) is None
    assert histogram_of(np.array([-1.7e308, 1.7e308]), 10, whole=False) is None


def test_one_value_has_one_bin() -> None:
    found = histogram_of(np.array([5.0, 5.0]), 10, whole=False)
    assert found is not None
    assert found.counts == [2]


def test_the_tool_counts_only_where_asked(small: Table) -> None:
    plain = run("get_column_statistics", small, column="건수")
    assert plain.result["columns"][0]["histogram"] is None
    assert plain.chart is None
    asked = run("get_column_statistics", small, column="건수", limit=9)
    assert asked.result["columns"][0]["histogram"]["counts"] == [2, 1, 2, 1, 3, 1, 0, 0, 1]
    assert asked.chart is not None
    assert asked.chart.kind == "histogram"
    assert asked.result["columns"][0] | {"histogram": None} == plain.result["columns"][0]


def test_text_has_no_histogram(small: Table) -> None:
    assert run("get_column_statistics", small, column="구", limit=5).chart is None


@pytest.mark.parametrize("bins", [7, 30])
def test_real_rows_are_counted_as_numpy_does(cctv: Real, bins: int) -> None:
    conditions = [is_("제한속도", ">", 0)]
    found = run("get_column_statistics", cctv.table, column="위도", limit=bins, conditions=conditions)
    theirs = cctv.pandas.loc[cctv.pandas["제한속도"] > 0, "위도"].dropna()
    counts, edges = np.histogram(theirs, bins)
    assert found.result["columns"][0]["histogram"]["counts"] == counts.tolist()
    assert found.result["columns"][0]["histogram"]["edges"] == pytest.approx(edges.tolist())
