"""The level of severity over the years, which falls, and what it is taken to be after the last year of training.

Mean ECLO in Daegu fell from 5.7 (2007) to 4.6 (2021) while the circumstances kept their weight. So the members of the
ensemble learn what the circumstances change *within* a year, and the level of the years is carried forward apart.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hab_core.eclo.training.records import Floats, Records

DAMPING = 0.5
"""Share of the late trend that is carried on: a trend that is continued in full overshoots where it ends (Gardner and
McKenzie, 1985)."""
_TREND_YEARS = 2


def levels(records: Records, effects: Floats) -> dict[int, float]:
    """Returns for each year the mean of log1p(ECLO) that the circumstances' effects leave over."""
    rest = records.target - effects
    years = np.unique(records.year)
    return {int(year): float(rest[records.year == year].mean()) for year in years}


def forecast(by_year: Mapping[int, float]) -> float:
    """Returns the level of the year after the last one: that of the last, moved on by half of its late yearly change.

    The late change is the mean of the last two years' changes. Every date after training is given this same level.
    """
    years = sorted(by_year)
    last = years[-1]
    earlier = next(year for year in years if year >= last - _TREND_YEARS)
    if earlier == last:
        return by_year[last]
    return by_year[last] + DAMPING * (by_year[last] - by_year[earlier]) / (last - earlier)
