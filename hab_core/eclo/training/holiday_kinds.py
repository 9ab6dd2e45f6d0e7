"""Korean public holidays as kinds of days, computed when a model is made so that serving needs no calendar."""

from __future__ import annotations

from collections.abc import Iterable

HOLIDAY = "holiday"
FESTIVAL = "festival"
"""The days of 설날 and 추석, when families travel together and more people sit in each car."""
_FESTIVALS = ("Korean New Year", "Chuseok")
FIRST_YEAR, LAST_YEAR = 2000, 2035


def holiday_kinds(years: Iterable[int] = range(FIRST_YEAR, LAST_YEAR + 1)) -> dict[str, str]:
    """Returns ``holiday`` or ``festival`` by ISO date, for every public holiday of South Korea in the years.

    Source: the package ``holidays``, which knows the lunar holidays, substitute holidays and election days.
    """
    import holidays

    calendar = holidays.country_holidays("KR", years=list(years), language="en_US")
    return {day.isoformat(): _kind(name) for day, name in sorted(calendar.items())}


def _kind(name: str) -> str:
    """Returns the kind of a holiday by its English name."""
    return FESTIVAL if any(festival in name for festival in _FESTIVALS) else HOLIDAY
