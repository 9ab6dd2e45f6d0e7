"""From the circumstances of an accident to the numbers a model reads: one table, used by training and by serving.

The *raw fields* of an accident are text and whole numbers (see ``FIELDS``). A *model feature* is a lookup from one or a
few raw fields to a number, so the whole encoder is data and travels with the model, in ``features.json``::

    {"name": "type_x_surface",            # ASCII, no spaces: LightGBM keeps it in the model's text
     "label": "사고유형·노면상태",           # Korean, for the model card
     "fields": ["accident_type", "road_surface"],
     "values": {"차대차|건조": 1.52, …},     # keys of several fields are joined by "|", numbers are written as text
     "default": 1.55}                     # for every key that is not there; null is NaN

beside it the sections that say how raw fields are made::

    "categories": {"weather": […], "road_surface": […], "road_type": […], "accident_type": […], "district": […]},
    "years": [2007, 2021],                # first and last year of training: other years are clipped to these
    "holidays": {"2022-01-31": "holiday"} # date → day_kind; other dates are weekday, saturday or sunday

Rules of a key that involves ``district``: a district without a value of its own takes that of its 구/군 (key
``대구광역시 수성구``), then the default. A missing district (None; training rows of 2019–2021) is the empty text:
give it a value under the key ``""`` or it takes the default; ``gu`` is then empty as well.
``categories["district"]`` lists the districts the model knows; others are encoded as their 구/군, with a warning.

``FeatureTable.encode`` does one accident in a few microseconds; ``FeatureTable.encode_table`` does columns and gives
the same numbers (``hab_core.eclo.table``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hab_core.eclo.lookup import FIELDS, Key, Lookup
from hab_core.errors import InvalidInput
from hab_core.regions import CITY, district_names, gu_of
from hab_core.schemas.eclo import Accident

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hab_core.eclo.table import TableEncoder

__all__ = [
    "FIELDS",
    "FeatureTable",
    "Lookup",
    "Place",
    "day_kind",
    "kind_of_weekday",
    "outside_daegu",
    "unseen_road_type",
]

_KIND_OF_WEEKDAY = ("weekday", "weekday", "weekday", "weekday", "weekday", "saturday", "sunday")


class Place(NamedTuple):
    """A district as the model sees it: the key it is encoded by, its 구/군, and what to warn of."""

    key: str
    gu: str
    warning: str | None = None


@dataclass(frozen=True)
class FeatureTable:
    """The encoder of one model.

    Attributes:
        features: The model's features, in the order of its columns.
        categories: Known values of weather, road_surface, road_type, accident_type and district.
        years: First and last year of training.
        holidays: ``day_kind`` by ISO date, for every date that is not named by its weekday.
    """

    features: tuple[Lookup, ...]
    categories: Mapping[str, tuple[str, ...]]
    years: tuple[int, int]
    holidays: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FeatureTable:
        """Reads the sections features, categories, years and holidays of ``features.json``.

        Raises:
            KeyError, TypeError, ValueError: The document is not of this form.
        """
        first, last = document["years"]
        return cls(
            features=tuple(Lookup.from_json(feature) for feature in document["features"]),
            categories={name: tuple(values) for name, values in document["categories"].items()},
            years=(int(first), int(last)),
            holidays=dict(document.get("holidays", {})),
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the sections of ``features.json`` that ``from_json`` reads."""
        return {
            "features": [feature.to_json() for feature in self.features],
            "categories": {name: list(values) for name, values in self.categories.items()},
            "years": list(self.years),
            "holidays": dict(self.holidays),
        }

    def encode(self, accident: Accident) -> tuple[list[float], list[str]]:
        """Returns the model's row of one accident, and Korean warnings about values the model never saw.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        keys, warnings = self.raw(accident)
        return self.encode_keys(keys), warnings

    def raw(self, accident: Accident) -> tuple[list[Any], list[str]]:
        """Returns the raw fields of an accident in the order of ``FIELDS``, and warnings.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        moment = accident.moment
        key, gu, warning = self._places.get(accident.district) or self.place(accident.district)
        warnings = [] if warning is None else [warning]
        if accident.road_type not in self._known_road_types:
            warnings.append(unseen_road_type(accident.road_type))
        year, month, day, weekday = moment.year, moment.month, moment.day, moment.weekday()
        kind = self.day_kinds.get(year * 10_000 + month * 100 + day) or _KIND_OF_WEEKDAY[weekday]
        first, last = self.years
        keys = [
            accident.weather,
            accident.road_surface,
            accident.road_type,
            accident.accident_type,
            key,
            gu,
            first if year < first else min(year, last),
            month,
            day,
            moment.hour,
            weekday,
            kind,
        ]
        return keys, warnings

    def encode_keys(self, keys: list[Any]) -> list[float]:
        """Returns the model's row of raw fields in the order of ``FIELDS``; ``keys`` is extended in passing."""
        for joint_key in self._joint_keys:
            keys.append(joint_key(keys))
        return [get(keys[position], default) for get, position, default in self._plan]

    def encode_table(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Returns the model's rows of a table, shape (rows, features); equal to ``encode`` row by row.

        Args:
            columns: weather, road_surface, road_type, accident_type, district (text; None is a missing district),
                year, month, day, hour (whole numbers), all of one length.

        Raises:
            InvalidInput: A place is not in Daegu.
        """
        return self.table_encoder.encode(columns)

    def place(self, district: str | None) -> Place:
        """Returns a district as the model sees it, for known and unknown ones.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        if district is None:
            return Place("", "")
        name = " ".join(district.split())
        known = self._places.get(name)
        if known is not None:
            return known
        gu = gu_of(name)
        if gu is None:
            raise outside_daegu(district)
        short = gu.removeprefix(f"{CITY} ")
        if gu not in self._known_gu:
            return Place(gu, gu, f"'{short}': 학습 데이터에 없는 지역이어서 대구 전체를 기준으로 예측했습니다.")
        if name == gu:
            return Place(gu, gu, f"읍·면·동이 없어 {short} 전체를 기준으로 예측했습니다.")
        return Place(gu, gu, f"'{name}': 학습 데이터에 없는 지역이어서 {short} 전체를 기준으로 예측했습니다.")

    @cached_property
    def table_encoder(self) -> TableEncoder:
        """The encoder of whole tables; numpy is loaded only when it is first used."""
        from hab_core.eclo.table import TableEncoder

        return TableEncoder(self)

    @cached_property
    def day_kinds(self) -> dict[int, str]:
        """``day_kind`` by date written as a number (20220131), for dates not named by their weekday."""
        return {_date_number(date.fromisoformat(text)): kind for text, kind in self.holidays.items()}

    @cached_property
    def resolved(self) -> tuple[Mapping[Key, float], ...]:
        """The values of each feature with the fall-back of districts to their 구/군 written out."""
        return tuple(self._with_districts(feature) for feature in self.features)

    @cached_property
    def _known_road_types(self) -> frozenset[str]:
        return frozenset(self.categories.get("road_type", ()))

    @cached_property
    def _places(self) -> dict[str, Place]:
        """The districts the model knows, by full name."""
        return {name: Place(name, gu_of(name) or "") for name in self.categories.get("district", ())}

    @cached_property
    def _known_gu(self) -> frozenset[str]:
        return frozenset(place.gu for place in self._places.values())

    @cached_property
    def _joint_parts(self) -> tuple[tuple[int, ...], ...]:
        """Positions in ``FIELDS`` of every distinct combination of fields that a feature looks up."""
        joint = dict.fromkeys(feature.fields for feature in self.features if len(feature.fields) > 1)
        return tuple(tuple(FIELDS.index(name) for name in names) for names in joint)

    @cached_property
    def _joint_keys(self) -> tuple[Callable[[list[Any]], tuple[Any, ...]], ...]:
        """What takes the key of each of ``_joint_parts`` from the raw fields."""
        return tuple(itemgetter(*parts) for parts in self._joint_parts)

    @cached_property
    def _plan(self) -> tuple[tuple[Callable[[Any, float], float], int, float], ...]:
        """For each feature: the lookup, the position of its key, its default."""
        positions: dict[tuple[str, ...], int] = {(name,): index for index, name in enumerate(FIELDS)}
        for index, parts in enumerate(self._joint_parts):
            positions[tuple(FIELDS[part] for part in parts)] = len(FIELDS) + index
        return tuple(
            (values.get, positions[feature.fields], feature.default)
            for feature, values in zip(self.features, self.resolved, strict=True)
        )

    def _with_districts(self, feature: Lookup) -> Mapping[Key, float]:
        """Returns the values of a feature, those of a 구/군 repeated for its districts that have none."""
        if "district" not in feature.fields:
            return feature.values
        position = feature.fields.index("district")
        inside: dict[str, list[str]] = {}
        for place in self._places.values():
            inside.setdefault(place.gu, []).append(place.key)
        values = dict(feature.values)
        for key, value in feature.values.items():
            parts = key if isinstance(key, tuple) else (key,)
            for name in inside.get(str(parts[position]), ()):
                own = (*parts[:position], name, *parts[position + 1 :])
                values.setdefault(own if len(own) > 1 else own[0], value)
        return values


def day_kind(moment: datetime | date, holidays: Mapping[str, str]) -> str:
    """Returns weekday, saturday, sunday, or what ``holidays`` (ISO date → kind) calls the day."""
    iso = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    return holidays.get(iso) or _KIND_OF_WEEKDAY[moment.weekday()]


def kind_of_weekday(weekday: int) -> str:
    """Returns the ``day_kind`` of a weekday (0 = 월요일) that is no holiday."""
    return _KIND_OF_WEEKDAY[weekday]


def outside_daegu(district: str) -> InvalidInput:
    """Returns the error of a place that is not in Daegu, with the 구/군 that are."""
    message = f"대구광역시의 시군구가 아닙니다: '{district[:60]}'. 예: 대구광역시 수성구 상동"
    return InvalidInput.of("district", message, district_names())


def unseen_road_type(road_type: str) -> str:
    """Returns the warning about a road type that the model never saw."""
    return f"'{road_type}': 학습 데이터에 없는 도로형태여서 도로형태의 영향을 반영하지 못했습니다."


def _date_number(day: date) -> int:
    """Returns a date as a number, e.g. 20220131."""
    return day.year * 10_000 + day.month * 100 + day.day
