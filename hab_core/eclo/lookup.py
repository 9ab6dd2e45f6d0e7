"""The raw fields of an accident, and a model feature as a lookup from them to a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = (
    "weather",  # 기상상태
    "road_surface",  # 노면상태
    "road_type",  # 도로형태
    "accident_type",  # 사고유형
    "district",  # 시군구, e.g. 대구광역시 수성구 상동
    "gu",  # its 구/군, e.g. 대구광역시 수성구
    "year",  # clipped to the years of training
    "month",  # 1–12
    "day",  # 1–31
    "hour",  # 0–23
    "weekday",  # 0 = 월요일 … 6 = 일요일
    "day_kind",  # weekday, saturday, sunday, or what the table's holidays call the date
)
"""The raw fields of an accident, in the order of ``FeatureTable.raw``."""

NUMERIC_FIELDS = frozenset({"year", "month", "day", "hour", "weekday"})
SEPARATOR = "|"
Key = str | int | tuple[str | int, ...]
"""A key of a lookup: one raw value, or a tuple of them."""


@dataclass(frozen=True)
class Lookup:
    """One model feature: a number for each key of ``fields``.

    Attributes:
        name: ASCII name, as in the model's text.
        label: Korean name for the model card.
        fields: One to three raw fields.
        values: Number by key; a tuple of raw values where there are several fields.
        default: Number of every other key.
    """

    name: str
    label: str
    fields: tuple[str, ...]
    values: Mapping[Key, float]
    default: float = math.nan

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Lookup:
        """Reads one feature of ``features.json``; raises KeyError, TypeError or ValueError where it is none."""
        fields = tuple(document["fields"])
        if not 1 <= len(fields) <= 3 or not set(fields) <= set(FIELDS):
            raise ValueError(f"feature {document['name']!r} has unknown fields {fields!r}")
        values = {_key(text, fields): _number(value) for text, value in document["values"].items()}
        return cls(document["name"], document.get("label", ""), fields, values, _number(document.get("default")))

    def to_json(self) -> dict[str, Any]:
        """Returns the feature as ``features.json`` holds it."""
        return {
            "name": self.name,
            "label": self.label,
            "fields": list(self.fields),
            "values": {_text(key): _json_number(value) for key, value in self.values.items()},
            "default": _json_number(self.default),
        }


def _key(text: str, fields: tuple[str, ...]) -> Key:
    """Returns the key that ``features.json`` writes as text."""
    parts = text.split(SEPARATOR) if len(fields) > 1 else [text]
    if len(parts) != len(fields):
        raise ValueError(f"key {text!r} does not fit the fields {fields!r}")
    key = tuple(int(part) if name in NUMERIC_FIELDS else part for part, name in zip(parts, fields, strict=True))
    return key if len(key) > 1 else key[0]


def _text(key: Key) -> str:
    """Returns a key as ``features.json`` writes it."""
    return SEPARATOR.join(map(str, key)) if isinstance(key, tuple) else str(key)


def _number(value: float | None) -> float:
    """Returns a number of ``features.json``; null is NaN."""
    return math.nan if value is None else float(value)


def _json_number(value: float) -> float | None:
    """Returns a number for ``features.json``; NaN is null, since JSON knows none."""
    return None if math.isnan(value) else value
