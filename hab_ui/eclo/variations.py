"""What-if: an accident with one circumstance changed, through all of that circumstance's values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import WEEKDAYS, ModelInfo
from hab_ui.eclo.places import last_part
from hab_ui.maps import district_of

Accident = dict[str, Any]
"""The circumstances of an accident under the wire's names; ``occurred_at`` is a local moment in ISO 8601."""


class Variant(NamedTuple):
    """One value of a circumstance, and the accident with it."""

    label: str
    accident: Accident


class Circumstance(NamedTuple):
    """Something that can be changed: what it is called, which value an accident has, and all the variants."""

    label: str
    value_of: Callable[[Accident], str]
    variants: Callable[[Accident], list[Variant]]


def circumstances(model: ModelInfo, regions: Sequence[Region]) -> list[Circumstance]:
    """Returns what can be changed: the model's fields with valid values, the moment, and the 동 within its 구."""
    texts = {field.name: field for field in model.features if field.valid_values}
    chosen = [texts[name] for name in ("weather", "road_surface", "road_type", "accident_type") if name in texts]
    found = [_of_text(field.name, field.label, field.valid_values or []) for field in chosen]
    found += [
        Circumstance("시각", lambda accident: f"{_moment(accident).hour}시", _hours),
        Circumstance("요일", lambda accident: WEEKDAYS[_moment(accident).weekday()], _weekdays),
        Circumstance("월", lambda accident: f"{_moment(accident).month}월", _months),
        Circumstance("같은 구·군의 동", lambda accident: last_part(accident["district"]), _neighbours(regions)),
    ]
    return found


def _of_text(name: str, label: str, values: Sequence[str]) -> Circumstance:
    """Returns a circumstance whose values are texts."""
    return Circumstance(
        label,
        lambda accident: str(accident[name]),
        lambda accident: [Variant(value, {**accident, name: value}) for value in values],
    )


def _hours(accident: Accident) -> list[Variant]:
    """Returns the accident at every hour of its day."""
    moment = _moment(accident)
    return [_at(accident, f"{hour}시", moment.replace(hour=hour)) for hour in range(24)]


def _weekdays(accident: Accident) -> list[Variant]:
    """Returns the accident on every day of its week, Monday first."""
    moment = _moment(accident)
    monday = moment - timedelta(days=moment.weekday())
    return [_at(accident, name, monday + timedelta(days=day)) for day, name in enumerate(WEEKDAYS)]


def _months(accident: Accident) -> list[Variant]:
    """Returns the accident in every month of its year, on the same weekday."""
    moment = _moment(accident)
    return [_at(accident, f"{month}월", _in_month(moment, month)) for month in range(1, 13)]


def _in_month(moment: datetime, month: int) -> datetime:
    """Returns the same weekday of another month, so that nothing but the month changes."""
    if month == moment.month:
        return moment
    same_day = moment.replace(month=month, day=min(moment.day, 15))
    return same_day + timedelta(days=(moment.weekday() - same_day.weekday()) % 7)


def _neighbours(regions: Sequence[Region]) -> Callable[[Accident], list[Variant]]:
    """Returns the function that moves an accident through the places of its 구 or 군."""

    def variants(accident: Accident) -> list[Variant]:
        around = district_of(accident["district"])
        names = [region.name for region in regions if district_of(region.name) == around]
        return [Variant(last_part(name), {**accident, "district": name}) for name in names]

    return variants


def _at(accident: Accident, label: str, moment: datetime) -> Variant:
    """Returns the accident at another moment."""
    return Variant(label, {**accident, "occurred_at": moment.isoformat(timespec="minutes")})


def _moment(accident: Accident) -> datetime:
    """Returns when an accident happened."""
    return datetime.fromisoformat(accident["occurred_at"])
