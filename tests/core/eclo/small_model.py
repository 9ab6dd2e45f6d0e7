"""A small real model, trained on seeded synthetic accidents: the same folder that training writes, in a second."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from hab_core.eclo.features import FeatureTable, Lookup
from hab_core.eclo.folder import GoldenRow, ModelDocument, write_model_folder
from hab_core.eclo.model import columns_of
from hab_core.eclo.severity import IntervalTable, SeverityScale
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS, Accident

ROAD_TYPES = ("단일로 - 기타", "교차로 - 교차로안", "교차로 - 교차로부근", "단일로 - 지하차도(도로)내")
DISTRICTS = (
    "대구광역시 수성구 상동",
    "대구광역시 수성구 지산동",
    "대구광역시 중구 동인동1가",
    "대구광역시 달성군 다사읍 매곡리",
    "대구광역시 북구",
)


def accidents(count: int, seed: int = 0) -> list[Accident]:
    """Returns synthetic accidents of 2019–2021."""
    chance = random.Random(seed)
    start = datetime(2019, 1, 1)
    return [
        Accident(
            weather=chance.choice(WEATHERS),
            road_surface=chance.choice(ROAD_SURFACES),
            road_type=chance.choice(ROAD_TYPES),
            accident_type=chance.choice(ACCIDENT_TYPES),
            district=chance.choice(DISTRICTS),
            occurred_at=start + timedelta(hours=chance.randrange(24 * 1096)),
        )
        for _ in range(count)
    ]


def small_table() -> FeatureTable:
    """Returns a table with every kind of field, joint features and fall-backs."""
    return FeatureTable(
        features=(
            Lookup("weather", "기상상태", ("weather",), {name: float(i) for i, name in enumerate(WEATHERS)}),
            Lookup(
                "surface", "노면상태", ("road_surface",), {name: i / 3 for i, name in enumerate(ROAD_SURFACES)}, -1.0
            ),
            Lookup("road", "도로형태", ("road_type",), {name: float(i) for i, name in enumerate(ROAD_TYPES)}, 1.5),
            Lookup("type", "사고유형", ("accident_type",), {name: float(i) for i, name in enumerate(ACCIDENT_TYPES)}),
            Lookup(
                "place",
                "시군구",
                ("district",),
                {DISTRICTS[0]: 1.7, "대구광역시 수성구": 1.6, "대구광역시 중구": 1.4, "": 1.5},
                1.55,
            ),
            Lookup("gu", "구/군", ("gu",), {"대구광역시 수성구": 1.0, "대구광역시 달성군": 2.0}, 0.0),
            Lookup(
                "type_surface",
                "사고유형·노면상태",
                ("accident_type", "road_surface"),
                {(a, s): i + j / 7 for i, a in enumerate(ACCIDENT_TYPES) for j, s in enumerate(ROAD_SURFACES[:3])},
                0.5,
            ),
            Lookup(
                "place_hour",
                "시군구·시각",
                ("district", "hour"),
                {("대구광역시 수성구", hour): hour / 24 for hour in range(24)},
            ),
            Lookup("year", "연도", ("year",), {year: float(year) for year in range(2019, 2022)}),
            Lookup("month", "월", ("month",), {month: float(month) for month in range(1, 13)}),
            Lookup("day", "일", ("day",), {day: float(day) for day in range(1, 32)}),
            Lookup("hour", "시각", ("hour",), {hour: float(hour) for hour in range(24)}),
            Lookup("weekday", "요일", ("weekday",), {day: float(day) for day in range(7)}),
            Lookup("day_kind", "휴일", ("day_kind",), {"weekday": 0.0, "saturday": 1.0, "sunday": 2.0, "holiday": 3.0}),
        ),
        categories={
            "weather": WEATHERS,
            "road_surface": ROAD_SURFACES,
            "road_type": ROAD_TYPES,
            "accident_type": ACCIDENT_TYPES,
            "district": DISTRICTS,
        },
        years=(2019, 2021),
        holidays={date(year, 1, 1).isoformat(): "holiday" for year in range(2019, 2036)},
    )


def write_small_model(folder: Path, version: str = "small-1", *, seed: int = 0, trees: int = 40) -> Path:
    """Trains a model and writes its folder; another seed gives another model."""
    import lightgbm

    table, rows = small_table(), accidents(2000, seed)
    matrix = table.encode_table(columns_of(rows))
    chance = np.random.default_rng(seed)
    target = np.log1p(3 + 2 * matrix[:, 3] + matrix[:, 0] + chance.gamma(1.0, 1.0 + seed, len(matrix)))
    data = lightgbm.Dataset(matrix, target, feature_name=[feature.name for feature in table.features])
    parameters = {"objective": "regression", "num_leaves": 15, "num_threads": 1, "verbose": -1, "seed": 1}
    booster = lightgbm.train(parameters, data, num_boost_round=trees)
    predicted = np.asarray(booster.predict(matrix, num_threads=1))
    document = ModelDocument(
        version=version,
        table=table,
        limits=(1.0, 178.0),
        severity=SeverityScale(tuple(np.quantile(np.expm1(predicted), np.linspace(0, 1, 201)).tolist())),
        interval=IntervalTable(0.8, (1.8, 2.0), (-0.5, -0.6, -0.7), (0.5, 0.4, 0.3)),
        base_rates={"daegu": 6.1, "gu": {"대구광역시 수성구": 6.0}},
        golden=tuple(GoldenRow(row, float(value)) for row, value in zip(rows[:5], predicted[:5], strict=True)),
        training={"period": ["2019-01-01", "2021-12-31"], "rows": len(rows)},
    )
    write_model_folder(folder, document, model_text=booster.model_to_string(), metrics={"rmsle": 0.43}, card="# 카드\n")
    return folder


def damage(folder: Path, name: str, change: Callable[[bytes], bytes], *, reseal: bool) -> Path:
    """Changes a file of a model; with ``reseal`` the sums follow, as if it had been damaged before they were made."""
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    if reseal:
        names = [line.split()[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
        lines = [f"{sha256((folder / each).read_bytes()).hexdigest()}  {each}\n" for each in names]
        (folder / "SHA256SUMS").write_text("".join(lines))
    return folder


def deadly(text: bytes) -> bytes:
    """Returns a model's text that kills the process which loads or uses it: children far outside the tree."""
    return re.sub(rb"left_child=[^\n]*", lambda found: re.sub(rb"\b\d+\b", b"2147483647", found[0]), text)
