"""What sources call things, and what HAB calls them: column names, category values and moments.

TAAS exports and competition files write the same circumstances in several ways. Training and serving read both through
this one mapping, so that a value means the same wherever it is met.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

COLUMNS: dict[str, str] = {
    "사고일시": "occurred_at",
    "기상상태": "weather",
    "노면상태": "road_surface",
    "도로형태": "road_type",
    "사고유형": "accident_type",
    "시군구": "district",
    "요일": "day_of_week",
    "시간대": "time_period",
    "사고연도": "accident_year",
    "사고연": "accident_year",
    "사고월": "accident_month",
    "사고일": "accident_day",
    "사고시": "accident_hour",
}
"""Korean column names of TAAS and competition files by the wire's name."""

LABELS: dict[str, str] = {
    "occurred_at": "사고일시",
    "weather": "기상상태",
    "road_surface": "노면상태",
    "road_type": "도로형태",
    "accident_type": "사고유형",
    "district": "시군구",
    "day_of_week": "요일",
    "time_period": "시간대",
    "accident_year": "사고연도",
    "accident_month": "사고월",
    "accident_day": "사고일",
    "accident_hour": "사고시",
}
"""Korean labels of the wire's names."""

_WEATHERS = {"기타/불명": "기타", "불명": "기타"}
_SURFACES = {
    "습기": "젖음/습기",
    "젖음": "젖음/습기",
    "해빙": "젖음/습기",
    "결빙": "서리/결빙",
    "서리": "서리/결빙",
    "기타/불명": "기타",
    "불명": "기타",
}
_REMEMBERED = 1024
_DASH = re.compile(r"\s*-\s*")
_DASHED = re.compile(r"\s+-\s+")
_KOREAN_MOMENT = re.compile(r"(\d{4})년\s*(\d{1,2})월\s*(\d{1,2})일\s*(\d{1,2})시(?:\s*(\d{1,2})분)?")
_PLAIN_MOMENT = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})[T ]+(\d{1,2})(?::(\d{2}))?(?::\d{2}(?:\.\d+)?)?")


def canonical_weather(text: str) -> str:
    """Returns a 기상상태 under its present name, e.g. 기타/불명 as 기타; unknown text unchanged."""
    return _WEATHERS.get(text, text)


@lru_cache(maxsize=_REMEMBERED)
def canonical_surface(text: str) -> str:
    """Returns a 노면상태 under its present name.

    Before 2018 TAAS wrote 습기 (now 젖음/습기) and 결빙 (now 서리/결빙), and 해빙 for a road wet with melting snow;
    later exports put the pavement in front (포장 - 건조). Unknown text is returned unchanged.
    """
    last = _DASHED.split(text)[-1]
    return _SURFACES.get(last, last)


@lru_cache(maxsize=_REMEMBERED)
def canonical_road_type(text: str) -> str:
    """Returns a 도로형태 with one space on each side of its dash, e.g. 교차로 - 교차로안."""
    return _DASH.sub(" - ", text, count=1)


@lru_cache(maxsize=_REMEMBERED)
def canonical_accident_type(text: str) -> str:
    """Returns the part of a 사고유형 before the dash, e.g. 차대차 of 차대차 - 추돌 - 진행중."""
    return _DASH.split(text, maxsplit=1)[0]


def canonical_weekday(text: str) -> str:
    """Returns a weekday in full, e.g. 월요일 of 월; unknown text unchanged."""
    return f"{text}요일" if len(text) == 1 else text


def parse_moment(text: str) -> datetime | None:
    """Returns the local time that a source wrote, or None where the text is no moment of a real day.

    Understood are ``2007년 1월 1일 01시``, ``2022-01-01 01`` and ISO 8601 without an offset.
    """
    match = _KOREAN_MOMENT.fullmatch(text) or _PLAIN_MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
