"""What surrounds a prediction: the interval and the severity scale, both fixed from accidents."""

from __future__ import annotations

import numpy as np

from hab_core.eclo.severity import IntervalTable, SeverityScale, expm1_of
from hab_core.eclo.training.records import Codes, Floats, Records

LEVEL = 0.8
_BINS = 8
"""Enough that the offsets follow the few values of ECLO, few enough that each holds a thousand accidents."""
_HALVINGS = 40
QUANTILES = 201
REFERENCE_YEARS = 3


def make_interval(predictions: Floats, outcomes: Floats, level: float = LEVEL) -> IntervalTable:
    """Returns the offsets that hold ``level`` of the outcomes, ends included: split conformal, by bins.

    ECLO takes few values, so a quantile of the residuals holds more than its share. Both tails are therefore widened or
    narrowed together until the interval as it is served holds ``level`` of these accidents.

    Args:
        predictions: log1p(ECLO) by a model that did not see the accidents, shape (rows,).
        outcomes: Their real log1p(ECLO), shape (rows,).
        level: Share to hold.
    """
    edges = np.unique(np.quantile(predictions, np.linspace(0, 1, _BINS + 1)[1:-1]))
    places = np.searchsorted(edges, predictions, side="right")
    rest = outcomes - predictions
    narrow, wide = 0.5, 0.0
    for _ in range(_HALVINGS):
        tail = (narrow + wide) / 2
        low, high = _offsets(rest, places, len(edges) + 1, tail)
        held = np.mean((rest >= low[places]) & (rest <= high[places]))
        narrow, wide = (tail, wide) if held < level else (narrow, tail)
    low, high = _offsets(rest, places, len(edges) + 1, wide)
    return IntervalTable(level, tuple(edges.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def coverage(interval: IntervalTable, predictions: Floats, outcomes: Floats) -> float:
    """Returns the share of outcomes (log1p) inside the intervals, ends included, as they are served."""
    low, high = interval.ends_of(predictions)
    eclo = np.round(expm1_of(outcomes), 9)
    return float(np.mean((eclo >= low) & (eclo <= high)))


def make_scale(predictions: Floats) -> SeverityScale:
    """Returns the scale on which a prediction finds its percentile.

    Args:
        predictions: log1p(ECLO) predicted for accidents as Daegu has them, shape (rows,).
    """
    shares = np.linspace(0, 1, QUANTILES)
    return SeverityScale(tuple(np.maximum.accumulate(np.quantile(expm1_of(predictions), shares)).tolist()))


def with_drawn_districts(records: Records, donors: Records) -> Records:
    """Returns accidents that all have a district.

    Predictions with a district spread more than those without, so a scale for accidents with districts cannot be made
    from ones without. Each missing one is that of a random donor of the same accident type and road type (hot deck).

    Args:
        records: The accidents.
        donors: Accidents of which the last three years with districts are drawn from.
    """
    known = donors.select(donors.has_district)
    if records.has_district.all() or not len(known):
        return records
    late = known.select(known.year > known.last_year - REFERENCE_YEARS)
    return records.with_districts(_drawn_districts(records, late))


def last_years(records: Records) -> Records:
    """Returns the accidents of the last three years, which stand for Daegu's accidents to come."""
    return records.select(records.year > records.last_year - REFERENCE_YEARS)


def _drawn_districts(recent: Records, donors: Records) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Returns the district of each accident, a missing one drawn from donors of the same kind (hot deck), seeded."""
    chance = np.random.default_rng(0)
    districts = recent.district.copy()
    kinds = np.array([f"{a}|{b}" for a, b in zip(recent.accident_type, recent.road_type, strict=True)])
    of_donors = np.array([f"{a}|{b}" for a, b in zip(donors.accident_type, donors.road_type, strict=True)])
    for kind in np.unique(kinds[~recent.has_district]):
        empty = np.flatnonzero((kinds == kind) & ~recent.has_district)
        same = np.flatnonzero(of_donors == kind)
        chosen: Codes = chance.choice(same if len(same) else np.arange(len(donors)), len(empty))
        districts[empty] = donors.district[chosen]
    return districts


def _offsets(rest: Floats, places: Codes, bins: int, tail: float) -> tuple[Floats, Floats]:
    """Returns the lower and the upper quantile of the residuals in each bin."""
    inside = [rest[places == place] for place in range(bins)]
    filled = [values if len(values) else rest for values in inside]
    low = np.array([np.quantile(values, tail) for values in filled])
    high = np.array([np.quantile(values, 1 - tail) for values in filled])
    return low, high
