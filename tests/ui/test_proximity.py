"""Distances: the nearest is the nearest by the formula itself, and what lies near is counted row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hab_ui import density, proximity

PLACES = st.lists(st.tuples(st.floats(35.6, 36.3), st.floats(128.3, 128.9)), min_size=1, max_size=30)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The haversine formula for two places, written out."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * proximity.EARTH_RADIUS_M * math.asin(math.sqrt(a))


@settings(deadline=None)
@given(PLACES, PLACES)
def test_the_nearest_is_the_nearest(things: list[tuple[float, float]], others: list[tuple[float, float]]) -> None:
    found = proximity.nearest(things, others)
    for thing, which, distance in zip(things, found.which, found.metres, strict=True):
        assert distance == pytest.approx(metres(thing, others[which]), abs=1e-6)
        assert distance <= min(metres(thing, other) for other in others) + 0.5


def test_a_known_distance() -> None:
    found = proximity.nearest([(35.8714, 128.6014)], [(37.5663, 126.9779), (35.1798, 129.0750)])
    assert found.which.tolist() == [1]
    assert found.metres[0] == pytest.approx(87_900, rel=0.01), "Daegu to Busan"


def test_many_places_are_compared_in_parts() -> None:
    rng = np.random.default_rng(1)
    many = [tuple(each) for each in rng.uniform((35.6, 128.3), (36.3, 128.9), (3_000, 2)).tolist()]
    found = proximity.nearest(many, many[:1_500])
    assert (found.metres[:1_500] == 0).all()
    assert found.which[:1_500].tolist() == list(range(1_500))


def test_rows_within_a_radius() -> None:
    things = [(35.8, 128.5), (35.8009, 128.5), (35.9, 128.5)]
    found = proximity.nearest(things, [(35.8, 128.5), (36.2, 128.8)])
    assert proximity.within(found, [10, 5, 5], 150) == (15, 0.75, 1)
    assert proximity.within(found, [10, 5, 5], 0) == (10, 0.5, 1)
    assert proximity.median(found, [1, 5, 1]) == pytest.approx(100, abs=1)
    edges, counts = proximity.histogram(found, [10, 5, 5], 200, 2)
    assert (edges, counts) == ([0, 100, 200], [10, 5])


@pytest.mark.parametrize("width", [0.01, 0.5, 3.0])
def test_the_area_under_a_density_is_one(width: float) -> None:
    curve = density.of_bins([0, 1, 2, 3, 4], [5, 1, 0, 2], width)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(1, abs=0.01)
    assert min(curve.y) >= 0


def test_a_density_of_fine_bins_is_that_of_the_rows() -> None:
    values = np.random.default_rng(2).normal(10, 2, 5_000)
    counts, edges = np.histogram(values, 200)
    width = density.bandwidth(float(values.std(ddof=1)), float(np.subtract(*np.percentile(values, [75, 25]))), 5_000)
    curve = density.of_bins(edges.tolist(), counts.tolist(), width)
    kernels = np.exp(-0.5 * ((np.array(curve.x)[:, None] - values) / width) ** 2).mean(axis=1)
    assert curve.y == pytest.approx((kernels / (width * math.sqrt(2 * math.pi))).tolist(), abs=0.003)


def test_a_column_without_spread_has_no_density() -> None:
    column = {"histogram": {"edges": [0, 1], "counts": [5]}, "std": 0.0, "q1": 1, "q3": 1, "count": 5}
    assert density.of_statistics(column) is None
    assert density.of_statistics(column | {"histogram": None}) is None
