"""Accidents to measure on: seeded and synthetic, over the real category names and the real places of Daegu."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from hab_core.datasets.samples import accidents, to_csv
from hab_core.regions import regions
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS

ROAD_TYPES = (
    "단일로 - 기타", "교차로 - 교차로안", "교차로 - 교차로부근", "기타 - 기타", "교차로 - 교차로횡단보도내",
    "단일로 - 지하차도(도로)내", "주차장 - 주차장", "단일로 - 교량", "단일로 - 고가도로위", "단일로 - 터널",
    "미분류 - 미분류",
)  # fmt: skip
YEARS = (2007, 2021)
_LONGEST_SAMPLE = 40_000
_NEEDED = ("사고번호", "사고일시", "시군구", "기상상태", "노면상태", "도로형태", "사고유형")


def requests(count: int, seed: int) -> list[dict[str, Any]]:
    """Returns requests as callers send them: wire names, Korean texts, the moment as text."""
    chance = random.Random(seed)
    places = [region.name for region in regions() if "군위군" not in region.name]
    start = datetime(YEARS[0], 1, 1)
    hours = int((datetime(YEARS[1] + 1, 1, 1) - start).total_seconds() // 3600)
    return [
        {
            "weather": chance.choice(WEATHERS),
            "road_surface": chance.choice(ROAD_SURFACES),
            "road_type": chance.choice(ROAD_TYPES),
            "accident_type": chance.choice(ACCIDENT_TYPES),
            "district": chance.choice(places),
            "occurred_at": (start + timedelta(hours=chance.randrange(hours))).isoformat(timespec="minutes"),
        }
        for _ in range(count)
    ]


def table(rows: int) -> pl.DataFrame:
    """Returns a table of accidents as an office publishes them, each with a number of its own."""
    sample = accidents(min(rows, _LONGEST_SAMPLE))
    numbers = pl.Series("사고번호", [f"SAMPLE-{number:09}" for number in range(rows)])
    return sample[np.arange(rows) % sample.height].with_columns(numbers)


def csv(rows: int, *, narrow: bool = False) -> bytes:
    """Returns such a table as a file; ``narrow``: only the columns that a prediction needs."""
    frame = table(rows)
    return to_csv(frame.select(_NEEDED) if narrow else frame)
