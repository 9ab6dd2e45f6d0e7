"""Which rows stand for all of them."""

from __future__ import annotations

import numpy as np

_SEED = 20_240_101


def sample_places(rows: int, n: int, method: str = "random") -> list[int]:
    """Returns the positions of a sample of at most ``n`` rows in ascending order.

    Args:
        rows: How many rows there are.
        n: How many are wanted.
        method: ``head``, ``tail``, or ``random``: without replacement, and the same at every call.
    """
    size = min(n, rows)
    if method == "head":
        return list(range(size))
    if method == "tail":
        return list(range(rows - size, rows))
    return sorted(np.random.default_rng(_SEED).choice(rows, size, replace=False, shuffle=False).tolist())
