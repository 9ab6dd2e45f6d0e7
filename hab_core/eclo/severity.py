"""What a prediction means: its place among Daegu's accidents, its class, and the interval around it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hab_core.schemas.eclo import INTERPRETATIONS, SeverityClass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PERCENTILES_FROM = (0.0, 25.0, 75.0, 95.0)
"""The percentile at which each class of ``INTERPRETATIONS`` begins."""


@dataclass(frozen=True)
class SeverityScale:
    """The model's own scale, fixed from data.

    Attributes:
        quantiles: Predicted ECLO at evenly spaced shares 0 … 1 of Daegu's accidents, rising; at least two.
        classes: Name and first percentile (inclusive) of each class, rising from 0.
    """

    quantiles: tuple[float, ...]
    classes: tuple[tuple[str, float], ...] = tuple(zip(INTERPRETATIONS, PERCENTILES_FROM, strict=True))

    def __post_init__(self) -> None:
        if len(self.quantiles) < 2 or list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("quantiles must rise and be two at least")
        if not self.classes or self.classes[0][1] != 0:
            raise ValueError("the first class must begin at percentile 0")

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SeverityScale:
        """Reads the section ``severity``; raises KeyError, TypeError or ValueError where it is of another form."""
        classes = tuple((str(each["name"]), float(each["percentile_from"])) for each in document["classes"])
        return cls(tuple(map(float, document["quantiles"])), classes)

    def to_json(self) -> dict[str, Any]:
        """Returns the section ``severity`` of ``features.json``."""
        classes = [{"name": name, "percentile_from": start} for name, start in self.classes]
        return {"quantiles": list(self.quantiles), "classes": classes}

    def percentile(self, eclo: float) -> float:
        """Returns the share of Daegu's accidents with a lower prediction, 0–100, linear between the quantiles."""
        quantiles = self.quantiles
        above = bisect_left(quantiles, eclo)
        if above == 0:
            return 0.0
        if above == len(quantiles):
            return 100.0
        low = quantiles[above - 1]
        return (above - 1 + (eclo - low) / (quantiles[above] - low)) * 100.0 / (len(quantiles) - 1)

    def percentiles(self, eclo: Floats) -> Floats:
        """Returns ``percentile`` of every element."""
        import numpy as np

        quantiles = np.asarray(self.quantiles)
        above = np.searchsorted(quantiles, eclo, side="left")
        inner = np.clip(above, 1, len(quantiles) - 1)
        low = quantiles[inner - 1]
        width = quantiles[inner] - low
        inside = (above > 0) & (above < len(quantiles))
        share = np.divide(eclo - low, width, out=np.zeros_like(eclo), where=inside)
        found = (inner - 1 + share) * 100.0 / (len(quantiles) - 1)
        return np.where(above == 0, 0.0, np.where(above == len(quantiles), 100.0, found))

    def interpretation(self, percentile: float) -> str:
        """Returns the class of a percentile."""
        return self._names[bisect_right(self._starts, percentile) - 1]

    def interpretations(self, percentiles: Floats) -> list[str]:
        """Returns ``interpretation`` of every element."""
        import numpy as np

        codes = np.searchsorted(np.asarray(self._starts), percentiles, side="right") - 1
        return [self._names[code] for code in codes.tolist()]

    def scale(self) -> list[SeverityClass]:
        """Returns the classes with the percentiles and the predicted ECLO they span; the last is open above."""
        ends = [*self._starts[1:], None]
        return [
            SeverityClass(
                name=name,
                percentile_from=start,
                percentile_to=100.0 if end is None else end,
                eclo_from=self._eclo_at(start),
                eclo_to=None if end is None else self._eclo_at(end),
            )
            for (name, start), end in zip(self.classes, ends, strict=True)
        ]

    @cached_property
    def _names(self) -> list[str]:
        return [name for name, _ in self.classes]

    @cached_property
    def _starts(self) -> list[float]:
        return [start for _, start in self.classes]

    def _eclo_at(self, percentile: float) -> float:
        """Returns the predicted ECLO at a percentile."""
        place = percentile / 100.0 * (len(self.quantiles) - 1)
        below = min(int(place), len(self.quantiles) - 2)
        low, high = self.quantiles[below : below + 2]
        return low + (high - low) * (place - below)


@dataclass(frozen=True)
class IntervalTable:
    """How far the real ECLO lies from the prediction, on the model's scale (log1p), by bins of the prediction.

    Attributes:
        level: Probability that the interval holds the real ECLO, ends included.
        edges: Inner bounds of the bins on the log1p scale, rising; one fewer than bins. A prediction that equals a
            bound belongs to the bin above it.
        low: Offset of the lower end for each bin.
        high: Offset of the upper end for each bin.
    """

    level: float
    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.edges) + 1 == len(self.low) == len(self.high) or list(self.edges) != sorted(self.edges):
            raise ValueError("edges must rise and be one fewer than low and high")

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> IntervalTable:
        """Reads the section ``interval``; raises KeyError, TypeError or ValueError where it is of another form."""
        edges, low, high = (tuple(map(float, document[name])) for name in ("edges", "low", "high"))
        return cls(float(document["level"]), edges, low, high)

    def to_json(self) -> dict[str, Any]:
        """Returns the section ``interval`` of ``features.json``."""
        return {"level": self.level, "edges": list(self.edges), "low": list(self.low), "high": list(self.high)}

    def ends(self, prediction: float) -> tuple[float, float]:
        """Returns both ends on the ECLO scale for a prediction on the log1p scale."""
        place = bisect_right(self.edges, prediction)
        return math.expm1(prediction + self.low[place]), math.expm1(prediction + self.high[place])

    def ends_of(self, predictions: Floats) -> tuple[Floats, Floats]:
        """Returns ``ends`` of every element."""
        import numpy as np

        places = np.searchsorted(np.asarray(self.edges), predictions, side="right")
        return (
            expm1_of(predictions + np.asarray(self.low)[places]),
            expm1_of(predictions + np.asarray(self.high)[places]),
        )


def expm1_of(values: Floats) -> Floats:
    """Returns expm1 of every element by the C library, so that a table's scores equal single ones to the last bit."""
    import numpy as np

    return np.fromiter(map(math.expm1, values.tolist()), dtype=np.float64, count=len(values))
