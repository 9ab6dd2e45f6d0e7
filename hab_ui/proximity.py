"""How far it is from each thing to the nearest of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG), metres."""
_AT_ONCE = 2_000_000
"""Pairs that are compared at once: 16 MB."""

Floats = NDArray[np.float64]


class Nearest(NamedTuple):
    """For each thing which other is the nearest, by its place in the list, and the metres to it."""

    which: NDArray[np.intp]
    metres: Floats


class Reach(NamedTuple):
    """What lies within a radius: rows and their share, and how many of the others have any row near."""

    rows: int
    share: float
    others: int


def nearest(things: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> Nearest:
    """Returns the nearest other of each thing, along the surface of the Earth.

    The nearest is the one with the smallest angle between the places' directions from the Earth's centre, a matrix
    product; its distance is then worked out by the haversine formula, which is exact for small angles, too.

    Args:
        things: Latitude and longitude in degrees, at least one.
        others: Latitude and longitude in degrees, at least one.
    """
    here, there = np.radians(np.asarray(things, dtype=float)), np.radians(np.asarray(others, dtype=float))
    targets = _directions(there).T
    step = max(1, _AT_ONCE // len(there))
    parts = [
        np.argmax(_directions(here[start : start + step]) @ targets, axis=1) for start in range(0, len(here), step)
    ]
    which = np.concatenate(parts)
    return Nearest(which, haversine(here, there[which]))


def haversine(first: Floats, second: Floats) -> Floats:
    """Returns the metres between places in radians, shapes (n, 2) and (n, 2)."""
    half = (second - first) / 2
    chord = np.sin(half[:, 0]) ** 2 + np.cos(first[:, 0]) * np.cos(second[:, 0]) * np.sin(half[:, 1]) ** 2
    found: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return found


def within(found: Nearest, weights: Sequence[int], radius: float) -> Reach:
    """Returns what lies within a radius in metres; ``weights`` are the rows that each thing stands for."""
    rows = np.asarray(weights)
    near = found.metres <= radius
    count, total = int(rows[near].sum()), int(rows.sum())
    return Reach(count, count / total if total else 0.0, len(np.unique(found.which[near])))


def histogram(found: Nearest, weights: Sequence[int], farthest: float, bins: int) -> tuple[list[float], list[int]]:
    """Returns edges from 0 to ``farthest`` metres and the rows in each bin; what lies farther is left out."""
    counts, edges = np.histogram(found.metres, bins=bins, range=(0, farthest), weights=np.asarray(weights))
    return edges.tolist(), [int(count) for count in counts]


def median(found: Nearest, weights: Sequence[int]) -> float:
    """Returns the distance below which half of the rows lie."""
    order = np.argsort(found.metres)
    summed = np.cumsum(np.asarray(weights)[order])
    place = int(np.searchsorted(summed, summed[-1] / 2))
    return float(found.metres[order][place])


def _directions(places: Floats) -> Floats:
    """Returns the unit vectors from the Earth's centre, shape (n, 3)."""
    latitude, longitude = places[:, 0], places[:, 1]
    across = np.cos(latitude)
    vectors: Any = np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=1)
    return np.asarray(vectors, dtype=float)
