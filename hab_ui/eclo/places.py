"""Names of places as people say them."""

from __future__ import annotations

_CITY = "대구광역시 "


def short_place(name: str) -> str:
    """Returns a name without the city, which is the same for all: 수성구 상동."""
    return name.replace(_CITY, "")


def last_part(name: str) -> str:
    """Returns a name without city and 구 or 군: 상동, 다사읍 매곡리."""
    return " ".join(name.split()[2:]) or name
