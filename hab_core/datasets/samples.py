"""Synthetic demo data: tables that look like Daegu's and describe nothing that happened.

Every row is drawn by a seeded generator from the shares in ``sample_figures``, never copied; each table says so in its
column ``자료구분``. The same seed gives the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from hab_core.datasets import sample_figures as figures
from hab_core.datasets.derived import CASUALTIES
from hab_core.datasets.export import UTF8_BOM
from hab_core.schemas.eclo import WEEKDAYS

SEED = 20260101
MARK = "합성(예시)"
"""What the column ``자료구분`` says on every row."""
_YEARS = (2021, 2022, 2023)
_KM_PER_DEGREE = 111.2
_DAY_OF_DATA = date(2025, 1, 1)

Ints = NDArray[np.int64]


class Sample(NamedTuple):
    """One demo table: the name and description of its dataset, and how it is made."""

    name: str
    description: str
    rows: int
    make: Callable[[int, int], pl.DataFrame]

    def frame(self, seed: int = SEED) -> pl.DataFrame:
        """Returns the table."""
        return self.make(self.rows, seed)

    def csv(self, seed: int = SEED) -> bytes:
        """Returns the table as an office would publish it: UTF-8 with a byte order mark."""
        return to_csv(self.frame(seed))


def samples() -> dict[str, Sample]:
    """Returns the demo tables by a short English name, accidents first."""
    told = "공개 통계의 비율로 만든 합성 데이터입니다. 실제 자료가 아닙니다."
    return {
        "accidents": Sample("예시 대구 교통사고(합성)", f"2021–2023년 교통사고. {told}", 6_000, accidents),
        "cctv": Sample("예시 대구 CCTV(합성)", f"무인교통단속카메라. {told}", 800, cctv),
        "security_lights": Sample("예시 대구 보안등(합성)", f"보안등 위치. {told}", 2_000, security_lights),
        "school_zones": Sample("예시 대구 어린이보호구역(합성)", f"어린이보호구역. {told}", 500, school_zones),
        "parking_lots": Sample("예시 대구 주차장(합성)", f"주차장. {told}", 600, parking_lots),
    }


def to_csv(frame: pl.DataFrame) -> bytes:
    """Returns a demo table as CSV: UTF-8 with a byte order mark, moments to the minute."""
    return UTF8_BOM + frame.write_csv(datetime_format="%Y-%m-%d %H:%M").encode()


def accidents(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Returns traffic accidents with place, time, circumstances, casualties and ECLO, in order of time."""
    rng = default_rng(seed)
    moments = _moments(rng, rows)
    hours, months = moments["hour"].to_numpy(), moments["month"].to_numpy()
    weather = _by_group(rng, months - 1, figures.WEATHER_BY_MONTH)
    surface = _by_group(rng, weather, figures.SURFACE_BY_WEATHER)
    kind = _draw(rng, figures.TYPES, rows)
    casualties = _casualties(rng, kind, (hours >= 22) | (hours < 6))
    manner = _by_group(rng, kind, figures.MANNER_BY_TYPE)
    places = _places(rng, rows)
    types = [f"{figures.TYPE_NAMES[k]} - {figures.MANNER_NAMES[k][m]}" for k, m in zip(kind, manner, strict=True)]
    return pl.DataFrame(
        {
            "사고번호": [f"SAMPLE-{number:06}" for number in range(1, rows + 1)],
            "사고일시": moments["moment"],
            "요일": moments["weekday"],
            "시군구": places["시군구"],
            "기상상태": _named(figures.WEATHER_NAMES, weather),
            "노면상태": _named(figures.SURFACE_NAMES, surface),
            "도로형태": _named(figures.ROAD_NAMES, _by_group(rng, kind, figures.ROAD_BY_TYPE)),
            "사고유형": types,
            **casualties,
            "ECLO": sum((casualties[name] * weight for name, weight in CASUALTIES.items()), np.zeros(rows, np.int64)),
            **_coordinates(places),
            "자료구분": [MARK] * rows,
        }
    )


def cctv(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Returns traffic cameras: what they enforce, speed limit, year, place."""
    rng = default_rng([seed, 1])
    places = _places(rng, rows)
    return pl.DataFrame(
        {
            "관리번호": [f"SAMPLE-C{number:05}" for number in range(1, rows + 1)],
            "시군구": places["시군구"],
            "단속구분": _pick(rng, figures.CAMERA_KINDS, rows),
            "제한속도": _pick(rng, figures.CAMERA_LIMITS, rows),
            "설치연도": _pick(rng, figures.CAMERA_YEARS, rows),
            **_facility(places),
        }
    )


def security_lights(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Returns security lights: how many, how mounted, year, place."""
    rng = default_rng([seed, 2])
    places = _places(rng, rows)
    return pl.DataFrame(
        {
            "보안등위치명": [f"예시 보안등 {number}" for number in range(1, rows + 1)],
            "시군구": places["시군구"],
            "설치개수": 1 + rng.poisson(0.3, rows),
            "설치형태": _pick(rng, figures.LAMP_KINDS, rows),
            "설치연도": rng.integers(2005, 2025, rows),
            **_facility(places),
        }
    )


def school_zones(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Returns child protection zones: facility, cameras, width of the road, place."""
    rng = default_rng([seed, 3])
    places = _places(rng, rows)
    cameras = np.asarray(_pick(rng, figures.SCHOOL_CAMERAS, rows))
    kinds = _pick(rng, figures.SCHOOL_KINDS, rows)
    return pl.DataFrame(
        {
            "시설종류": kinds,
            "대상시설명": [f"예시{kind} {number}" for number, kind in enumerate(kinds, start=1)],
            "시군구": places["시군구"],
            "CCTV설치여부": np.where(cameras > 0, "Y", "N"),
            "CCTV설치대수": cameras,
            "보호구역도로폭": rng.integers(4, 16, rows),
            **_facility(places),
        }
    )


def parking_lots(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Returns car parks: owner, type, spaces, fees, hours, place."""
    rng = default_rng([seed, 4])
    places = _places(rng, rows)
    fees = np.asarray(_pick(rng, figures.PARKING_FEES, rows))
    base = np.asarray(_pick(rng, figures.PARKING_BASE_FEES, rows))
    spaces = rng.lognormal(np.log(figures.PARKING_MEDIAN_SPACES), figures.PARKING_SPREAD, rows)
    return pl.DataFrame(
        {
            "주차장관리번호": [f"SAMPLE-P{number:05}" for number in range(1, rows + 1)],
            "주차장명": [f"예시주차장 {number}" for number in range(1, rows + 1)],
            "주차장구분": _pick(rng, figures.PARKING_OWNERS, rows),
            "주차장유형": _pick(rng, figures.PARKING_TYPES, rows),
            "시군구": places["시군구"],
            "주차구획수": np.clip(np.rint(spaces), 2, 900).astype(np.int64),
            "요금정보": fees,
            "주차기본요금": np.where(fees == "무료", 0, base),
            "평일운영시작시각": _pick(rng, figures.PARKING_OPENS, rows),
            **_facility(places),
        }
    )


def _draw(rng: Generator, weights: Sequence[float], rows: int) -> Ints:
    """Returns positions drawn by weight."""
    shares = np.asarray(weights, dtype=np.float64)
    return rng.choice(len(shares), size=rows, p=shares / shares.sum())


def _pick(rng: Generator, choices: Sequence[tuple[Any, float]], rows: int) -> list[Any]:
    """Returns values drawn by weight."""
    positions = _draw(rng, [weight for _, weight in choices], rows)
    return [choices[position][0] for position in positions]


def _by_group(rng: Generator, groups: Ints, weights: Sequence[Sequence[float]]) -> Ints:
    """Returns positions drawn by the weights of each row's group."""
    drawn = np.zeros(len(groups), dtype=np.int64)
    for group, of_group in enumerate(weights):
        inside = groups == group
        drawn[inside] = _draw(rng, of_group, int(inside.sum()))
    return drawn


def _named(names: Sequence[str], positions: Ints) -> list[str]:
    """Returns the name at each position."""
    return [names[position] for position in positions]


def _moments(rng: Generator, rows: int) -> pl.DataFrame:
    """Returns moments in order: days by month and weekday, hours by the kind of day."""
    days = pl.date_range(date(_YEARS[0], 1, 1), date(_YEARS[-1], 12, 31), eager=True)
    weekdays, months = days.dt.weekday().to_numpy() - 1, days.dt.month().to_numpy() - 1
    weights = np.asarray(figures.WEEKDAYS)[weekdays] * np.asarray(figures.MONTHS)[months]
    drawn = np.sort(_draw(rng, weights.tolist(), rows))
    weekend = (weekdays[drawn] >= 5).astype(np.int64)
    hours = _by_group(rng, weekend, (figures.HOURS_WEEKDAY, figures.HOURS_WEEKEND))
    frame = pl.DataFrame({"day": days.gather(drawn), "hour": hours, "minute": rng.integers(0, 60, rows)})
    moment = pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours="hour", minutes="minute")
    return frame.select(
        moment.alias("moment"),
        pl.col("hour"),
        pl.col("day").dt.month().cast(pl.Int64).alias("month"),
        pl.Series("weekday", [WEEKDAYS[weekday] for weekday in weekdays[drawn]]),
    ).sort("moment", maintain_order=True)


def _casualties(rng: Generator, kind: Ints, night: NDArray[np.bool_]) -> dict[str, Ints]:
    """Returns the four casualty columns, by the type of accident and whether it was night."""
    table = figures.CASUALTIES_BY_TYPE_DAY + figures.CASUALTIES_BY_TYPE_NIGHT
    group = kind + len(figures.TYPE_NAMES) * night
    drawn = _by_group(rng, group, [[case[-1] for case in cases] for cases in table])
    widest = max(len(cases) for cases in table)
    counts = np.zeros((len(table), widest, len(CASUALTIES)), dtype=np.int64)
    for position, cases in enumerate(table):
        counts[position, : len(cases)] = [case[:-1] for case in cases]
    return {name: counts[group, drawn, column] for column, name in enumerate(CASUALTIES)}


def _places(rng: Generator, rows: int) -> pl.DataFrame:
    """Returns places drawn by weight, each with a point somewhere inside its circle."""
    drawn = _draw(rng, [place.weight for place in figures.PLACES], rows)
    centres = np.asarray([(p.latitude, p.longitude, p.radius_km) for p in figures.PLACES])[drawn]
    distance = np.sqrt(rng.random(rows)) * centres[:, 2] * 0.8 / _KM_PER_DEGREE
    angle = rng.random(rows) * 2 * np.pi
    latitude = centres[:, 0] + distance * np.sin(angle)
    longitude = centres[:, 1] + distance * np.cos(angle) / np.cos(np.radians(centres[:, 0]))
    names = _named([place.name for place in figures.PLACES], drawn)
    return pl.DataFrame({"시군구": names, "위도": latitude.round(6), "경도": longitude.round(6)})


def _coordinates(places: pl.DataFrame) -> dict[str, pl.Series]:
    """Returns the columns of a point."""
    return {"위도": places["위도"], "경도": places["경도"]}


def _facility(places: pl.DataFrame) -> dict[str, Any]:
    """Returns the last columns of every facility: point, day of the data, and that it is synthetic."""
    rows = places.height
    return {**_coordinates(places), "데이터기준일자": [_DAY_OF_DATA] * rows, "자료구분": [MARK] * rows}
