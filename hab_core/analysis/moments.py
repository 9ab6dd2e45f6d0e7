"""ISO text as the span of time it stands for: a year, a month, a day, an hour, a minute or a second."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from hab_core.schemas.eclo import KOREA

_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,6})?)?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
_SECOND = timedelta(seconds=1)


class Span(NamedTuple):
    """A stretch of local time: ``start`` belongs to it, ``end`` no more."""

    start: datetime
    end: datetime


def parse_span(text: str) -> Span | None:
    """Returns the span that ISO text stands for, or None where it is no ISO date or the date does not exist.

    A moment with an offset is turned into Korean local time, which the tables are in.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    parts = {name: int(part) for name, part in found.groupdict().items() if part and name != "zone"}
    try:
        start = datetime(
            parts["year"],
            parts.get("month", 1),
            parts.get("day", 1),
            parts.get("hour", 0),
            parts.get("minute", 0),
            parts.get("second", 0),
        )
        end = _end(start, list(parts)[-1])
        if zone := found["zone"]:
            shift = start - _in_korea(start, zone)
            start, end = start - shift, end - shift
    except (ValueError, OverflowError):
        return None
    return Span(start, end)


def _end(start: datetime, precision: str) -> datetime:
    """Returns the first moment after the year, month, day … that begins at ``start``."""
    if precision == "year":
        return start.replace(year=start.year + 1)
    if precision == "month":
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + _STEPS.get(precision, _SECOND)


def _in_korea(local: datetime, zone: str) -> datetime:
    """Returns a local moment of another zone as Korean local time."""
    offset = "+00:00" if zone == "Z" else zone
    return datetime.fromisoformat(local.isoformat() + offset).astimezone(KOREA).replace(tzinfo=None)
