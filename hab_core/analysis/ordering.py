"""The order in which people expect values: weekdays and periods of the day as the calendar has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hab_core.schemas.eclo import TIME_PERIODS, WEEKDAYS

_SCALES: tuple[Sequence[str], ...] = (WEEKDAYS, TIME_PERIODS, tuple("월화수목금토일"))


def scale_of(values: Sequence[Any]) -> dict[Any, int] | None:
    """Returns the rank of each value where all of them belong to one known scale, else None."""
    present = [value for value in values if value is not None]
    for scale in _SCALES:
        if present and set(present) <= set(scale):
            return {value: rank for rank, value in enumerate(scale)}
    return None


def in_natural_order(values: Sequence[Any]) -> list[Any]:
    """Returns values as people expect them: scales and numbers ascending, other values as they come."""
    scale = scale_of(values)
    if scale is not None:
        return sorted(values, key=lambda value: scale.get(value, len(scale)))
    if values and all(isinstance(value, int | float) for value in values):
        return sorted(values)
    return list(values)
