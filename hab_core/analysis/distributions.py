"""Tail probabilities of the tests: Student's t, chi-square and F.

SciPy computes them. It is imported at the first test, not before: it costs a tenth of a second that a table without
tests need not pay.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import import_module
from typing import Any


@cache
def _special() -> Any:
    """Returns ``scipy.special``."""
    return import_module("scipy.special")


def chi_square_p(statistic: float, degrees_of_freedom: int) -> float | None:
    """Returns P(X ≥ statistic) of the chi-square distribution; None where there is no degree of freedom."""
    if degrees_of_freedom < 1 or not math.isfinite(statistic):
        return None
    return float(_special().chdtrc(degrees_of_freedom, max(statistic, 0.0)))


def f_p(statistic: float, numerator: int, denominator: int) -> float | None:
    """Returns P(X ≥ statistic) of the F distribution; None where a degree of freedom is missing."""
    if numerator < 1 or denominator < 1 or math.isnan(statistic):
        return None
    return 0.0 if math.isinf(statistic) else float(_special().fdtrc(numerator, denominator, max(statistic, 0.0)))


def correlation_p(r: float, n: int) -> float | None:
    """Returns the two-sided p of a correlation by t = r·√((n - 2)/(1 - r²)); None under three pairs.

    Exact for Pearson's r of normal variables, the usual approximation for Spearman's.
    """
    if n < 3 or not math.isfinite(r):
        return None
    if abs(r) >= 1:
        return 0.0
    t = abs(r) * math.sqrt((n - 2) / ((1 - r) * (1 + r)))
    return float(2 * _special().stdtr(n - 2, -t))
