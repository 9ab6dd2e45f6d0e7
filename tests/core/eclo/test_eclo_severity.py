from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hab_core.eclo.severity import IntervalTable, SeverityScale

SCALE = SeverityScale((1.0, 2.0, 2.0, 4.0, 8.0))
INTERVAL = IntervalTable(0.8, (1.0, 2.0), (-0.1, -0.2, -0.3), (0.3, 0.2, 0.1))


@pytest.mark.parametrize(
    ("eclo", "percentile", "name"),
    [
        (0.5, 0.0, "경미"),
        (1.0, 0.0, "경미"),
        (2.0, 25.0, "일반"),
        (3.0, 62.5, "일반"),
        (4.0, 75.0, "심각"),
        (8.0, 100.0, "매우 심각"),
        (9.0, 100.0, "매우 심각"),
    ],
)
def test_percentile_and_class(eclo: float, percentile: float, name: str) -> None:
    assert SCALE.percentile(eclo) == percentile
    assert SCALE.interpretation(percentile) == name


@pytest.mark.parametrize(
    ("name", "first", "last"), [("경미", 0, 24.999), ("일반", 25, 74.999), ("심각", 75, 94.999), ("매우 심각", 95, 100)]
)
def test_the_bounds_of_the_classes(name: str, first: float, last: float) -> None:
    assert SCALE.interpretation(first) == SCALE.interpretation(last) == name


@given(st.lists(st.one_of(st.floats(0, 10), st.sampled_from(SCALE.quantiles)), min_size=1))
def test_tables_equal_single_values(eclo: list[float]) -> None:
    single = [SCALE.percentile(value) for value in eclo]
    assert SCALE.percentiles(np.array(eclo)).tolist() == single
    assert SCALE.interpretations(np.array(single)) == [SCALE.interpretation(value) for value in single]


@given(st.lists(st.one_of(st.floats(0, 3), st.sampled_from(INTERVAL.edges)), min_size=1))
def test_intervals_of_tables_equal_single_ones(predictions: list[float]) -> None:
    low, high = INTERVAL.ends_of(np.array(predictions))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [INTERVAL.ends(value) for value in predictions]


def test_an_edge_belongs_to_the_bin_above_it() -> None:
    assert INTERVAL.ends(1.0) == (np.expm1(0.8), np.expm1(1.2))


def test_the_scale_spans_every_eclo() -> None:
    scale = SCALE.scale()
    assert [(each.percentile_from, each.percentile_to) for each in scale] == [(0, 25), (25, 75), (75, 95), (95, 100)]
    assert [each.eclo_from for each in scale] == [1.0, 2.0, 4.0, pytest.approx(7.2)]
    assert [each.eclo_to for each in scale] == [2.0, 4.0, pytest.approx(7.2), None]


def test_json_keeps_everything() -> None:
    assert SeverityScale.from_json(SCALE.to_json()) == SCALE
    assert IntervalTable.from_json(INTERVAL.to_json()) == INTERVAL


@pytest.mark.parametrize("quantiles", [(), (1.0,), (2.0, 1.0)])
def test_quantiles_that_do_not_rise_are_refused(quantiles: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="quantiles"):
        SeverityScale(quantiles)


def test_offsets_that_do_not_fit_the_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="edges"):
        IntervalTable(0.8, (1.0,), (0.0,), (0.0,))
