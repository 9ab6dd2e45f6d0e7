"""The accident that tests predict where none of its own is needed."""

from __future__ import annotations

from typing import Any

ACCIDENT: dict[str, Any] = {
    "weather": "맑음",
    "road_surface": "건조",
    "road_type": "교차로 - 교차로안",
    "accident_type": "차대차",
    "district": "대구광역시 수성구 상동",
    "occurred_at": "2022-01-01T01:00",
}
