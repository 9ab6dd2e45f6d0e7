"""From the effects of model features back to the circumstances that a person knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hab_core.eclo.categories import LABELS
from hab_core.eclo.features import kind_of_weekday
from hab_core.eclo.lookup import Lookup
from hab_core.schemas.eclo import WEEKDAYS, Accident, EcloContribution

_CIRCUMSTANCES = {
    "weather": "weather",
    "road_surface": "road_surface",
    "road_type": "road_type",
    "accident_type": "accident_type",
    "district": "district",
    "gu": "district",
    "year": "accident_year",
    "month": "accident_month",
    "day": "accident_day",
    "hour": "accident_hour",
    "weekday": "day_of_week",
    "day_kind": "day_of_week",
}
"""The circumstance, by its name on the wire, that each raw field comes from."""


class Circumstances(NamedTuple):
    """What a prediction depends on; equal circumstances have equal explanations, however the moment was written."""

    weather: str
    road_surface: str
    road_type: str
    accident_type: str
    district: str
    moment: datetime

    @classmethod
    def of(cls, accident: Accident) -> Circumstances:
        """Returns the circumstances of an accident."""
        return cls(
            accident.weather,
            accident.road_surface,
            accident.road_type,
            accident.accident_type,
            accident.district,
            accident.moment,
        )

    def accident(self) -> Accident:
        """Returns an accident with these circumstances."""
        return Accident.model_construct(
            weather=self.weather,
            road_surface=self.road_surface,
            road_type=self.road_type,
            accident_type=self.accident_type,
            district=self.district,
            occurred_at=self.moment,
        )

    def texts(self, day_kind: str) -> dict[str, str]:
        """Returns each circumstance as a person reads it, by its name on the wire."""
        moment = self.moment
        weekday = moment.weekday()
        holiday = "" if day_kind == kind_of_weekday(weekday) else "(공휴일)"
        return {
            "weather": self.weather,
            "road_surface": self.road_surface,
            "road_type": self.road_type,
            "accident_type": self.accident_type,
            "district": self.district,
            "accident_year": f"{moment.year}년",
            "accident_month": f"{moment.month}월",
            "accident_day": f"{moment.day}일",
            "accident_hour": f"{moment.hour}시",
            "day_of_week": f"{WEEKDAYS[weekday]}{holiday}",
        }


def circumstance_of(feature: Lookup) -> tuple[str, ...]:
    """Returns the names on the wire of the circumstances that a model feature is made of, each once."""
    return tuple(dict.fromkeys(_CIRCUMSTANCES[name] for name in feature.fields))


def contributions(
    groups: Sequence[tuple[str, ...]], effects: Sequence[float], texts: dict[str, str]
) -> list[EcloContribution]:
    """Returns the effects summed by circumstance, the largest first.

    Features of the same circumstances add up; a feature of several has a joint label (사고유형·노면상태).

    Args:
        groups: For each model feature, ``circumstance_of`` it.
        effects: For each model feature, its effect on the log1p scale.
        texts: Each circumstance as a person reads it.
    """
    sums: dict[tuple[str, ...], float] = {}
    for group, effect in zip(groups, effects, strict=True):
        sums[group] = sums.get(group, 0.0) + effect
    found = [
        EcloContribution(
            feature="+".join(group),
            label="·".join(LABELS[name] for name in group),
            value=" · ".join(texts[name] for name in group),
            effect=effect,
        )
        for group, effect in sums.items()
    ]
    return sorted(found, key=lambda each: -abs(each.effect))
