"""Moments, shares and other people's texts as they are shown."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_HERE = ZoneInfo("Asia/Seoul")
_MARKS = frozenset("\\`*_{}[]<>()#+-!|$~:")


def local_time(moment: datetime | None) -> str:
    """Returns an aware moment as local time to the minute; a dash for none."""
    return "-" if moment is None else f"{moment.astimezone(_HERE):%Y-%m-%d %H:%M}"


def share(part: float, whole: float) -> str:
    """Returns ``part`` of ``whole`` in per cent, 0 % of nothing; what is there but rounds to nothing stays visible."""
    percent = 100 * part / whole if whole else 0.0
    return "0.1% 미만" if 0 < percent < 0.1 else f"{percent:.1f}%"


def plain(text: str) -> str:
    """Returns text of a user or of a file for a place that takes Markdown: it is shown as it is.

    Unescaped it could hold a picture, which browsers would fetch from another machine.
    """
    return "".join(f"\\{mark}" if mark in _MARKS else mark for mark in text)
