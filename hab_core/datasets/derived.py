"""Derived columns: what stored columns imply, computed whenever a tool or chart asks for it.

``find_derived`` decides once, from the profile and the values, which derived columns a table has;
``expression`` turns one of them into a lazy polars expression. Nothing derived is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import polars as pl

from hab_core.datasets.geo import to_wgs84
from hab_core.schemas.datasets import ColumnKind, ColumnProfile, DerivedColumn, DerivedRule, GeoInfo, TableProfile
from hab_core.schemas.eclo import WEEKDAYS, time_period

CASUALTIES = {"사망자수": 10, "중상자수": 5, "경상자수": 3, "부상신고자수": 1}
"""The casualty columns of TAAS and their weight in ECLO (Korea Road Traffic Authority)."""

_DASH = " - "
_GU = r"^\S+[시도]\s+((?:\S+시\s+)?\S+[구군시])(?:\s|$)"
_DONG = r"^\S+[시도]\s+(?:\S+시\s+)?\S+[구군시]\s+(\S.*?)\s*$"
_REGION = r"^\S+[시도]\s+(?:\S+시\s+)?\S+[구군시](?:\s+[가-힣0-9·]*[가-힣][0-9]*가?)+\s*$"
_DONG_END = r"(?:동|읍|면|리|가|동\d+가)\s*$"
_MOST = 0.9


class _DatePart(NamedTuple):
    """A part of a date: the rule, the name it gives the column, its kind and what it means."""

    rule: DerivedRule
    suffix: str
    kind: ColumnKind
    meaning: str


_DAY_PARTS = (
    _DatePart("year", "연", "integer", "연도"),
    _DatePart("month", "월", "integer", "월(1–12)"),
    _DatePart("day", "일", "integer", "일(1–31)"),
    _DatePart("weekday", "요일", "category", "요일(월요일–일요일)"),
)
_HOUR_PARTS = (
    _DatePart("hour", "시", "integer", "시(0–23)"),
    _DatePart("time_period", "시간대", "category", "심야 22–06, 출근시간대 07–09, 일반시간대 10–17, 퇴근시간대 18–21"),
)


def find_derived(
    frame: pl.DataFrame, profiles: Iterable[ColumnProfile], geo: GeoInfo | None = None
) -> list[DerivedColumn]:
    """Returns the derived columns of a table; none takes the name of a stored column.

    Args:
        frame: The stored columns.
        profiles: Their profiles, in the same order.
        geo: What is known of coordinates; Korean TM ones give a latitude and a longitude column.
    """
    found: list[DerivedColumn] = []
    for profile in profiles:
        if profile.kind == "date":
            found.extend(_of_date(profile.name, frame.schema[profile.name]))
        elif profile.kind in ("category", "text"):
            found.extend(_of_text(profile.name, frame[profile.name]))
    found.extend(_eclo(frame))
    found.extend(_coordinates(geo))
    return [column for column in found if column.name not in frame.columns]


def with_derived(frame: pl.LazyFrame, profile: TableProfile) -> pl.LazyFrame:
    """Returns the lazy frame with the derived columns of its profile added; nothing is computed yet."""
    return frame.with_columns([expression(column, profile.geo) for column in profile.derived_columns])


def expression(column: DerivedColumn, geo: GeoInfo | None = None) -> pl.Expr:
    """Returns the expression of a derived column, named after it.

    Args:
        column: One of a profile's derived columns.
        geo: The profile's coordinates; needed by the rules ``latitude`` and ``longitude`` only.
    """
    if column.rule in ("latitude", "longitude"):
        if geo is None:
            raise ValueError(f"{column.name}: the profile says nothing of coordinates")
        northing, easting = column.sources
        return to_wgs84(northing, easting, geo.systems[0]).struct.field(column.rule).alias(column.name)
    if column.rule == "eclo":
        weights = (pl.col(name).cast(pl.Int64) * CASUALTIES[name] for name in column.sources)
        return pl.sum_horizontal(list(weights), ignore_nulls=False).alias(column.name)
    return _RULES[column.rule](pl.col(column.sources[0])).alias(column.name)


def _time_period(date: pl.Expr) -> pl.Expr:
    """Returns the period of the hour by a table of 24 entries."""
    return date.dt.hour().replace_strict({hour: time_period(hour) for hour in range(24)}, return_dtype=pl.String)


def _weekday(date: pl.Expr) -> pl.Expr:
    """Returns the Korean name of the weekday."""
    return date.dt.weekday().replace_strict(dict(enumerate(WEEKDAYS, start=1)), return_dtype=pl.String)


def _squeezed(part: pl.Expr) -> pl.Expr:
    """Returns a place name with single spaces."""
    return part.str.replace_all(r"\s+", " ")


def _before_dash(text: pl.Expr) -> pl.Expr:
    """Returns the part before the first dash, or the whole where there is none."""
    return text.str.splitn(_DASH, 2).struct.field("field_0").str.strip_chars()


def _after_dash(text: pl.Expr) -> pl.Expr:
    """Returns the part after the first dash, or null where there is none."""
    return text.str.splitn(_DASH, 2).struct.field("field_1").str.strip_chars()


_RULES: dict[DerivedRule, Callable[[pl.Expr], pl.Expr]] = {
    "year": lambda date: date.dt.year().cast(pl.Int64),
    "month": lambda date: date.dt.month().cast(pl.Int64),
    "day": lambda date: date.dt.day().cast(pl.Int64),
    "hour": lambda date: date.dt.hour().cast(pl.Int64),
    "weekday": _weekday,
    "time_period": _time_period,
    "gu": lambda text: _squeezed(text.str.extract(_GU)),
    "dong": lambda text: _squeezed(text.str.extract(_DONG)),
    "before_dash": _before_dash,
    "after_dash": _after_dash,
}


def _of_date(name: str, dtype: pl.DataType) -> list[DerivedColumn]:
    """Returns the parts of a date column; hours only where it has them."""
    parts = _DAY_PARTS if dtype == pl.Date else _DAY_PARTS + _HOUR_PARTS
    return [_column(name, part.suffix, part.rule, part.kind, part.meaning) for part in parts]


def _of_text(name: str, values: pl.Series) -> list[DerivedColumn]:
    """Returns the parts of place names, and of values with a dash in the middle."""
    distinct = values.drop_nulls().cast(pl.String).unique()
    if distinct.is_empty():
        return []
    found: list[DerivedColumn] = []
    if _share(distinct.str.contains(_GU)) >= _MOST:
        found.append(_column(name, "구", "gu", "category", "구·군"))
        if _share(distinct.str.contains(_REGION) & distinct.str.contains(_DONG_END)) >= _MOST:
            found.append(_column(name, "동", "dong", "category", "동·읍·면·리"))
    if _share(distinct.str.contains(r"\S - \S")) >= _MOST:
        found.append(_column(name, "대분류", "before_dash", "category", "줄표(-) 앞부분"))
        found.append(_column(name, "소분류", "after_dash", "category", "줄표(-) 뒷부분"))
    return found


def _eclo(frame: pl.DataFrame) -> list[DerivedColumn]:
    """Returns ECLO where the four casualty columns are there as numbers."""
    if not all(name in frame.columns and frame.schema[name].is_numeric() for name in CASUALTIES):
        return []
    meaning = "10·사망자수 + 5·중상자수 + 3·경상자수 + 1·부상신고자수"
    return [DerivedColumn(name="ECLO", rule="eclo", sources=list(CASUALTIES), kind="integer", description=meaning)]


def _coordinates(geo: GeoInfo | None) -> list[DerivedColumn]:
    """Returns latitude and longitude where the stored coordinates are of another system."""
    if geo is None or geo.latitude in geo.columns:
        return []
    meaning = f"{geo.systems[0]} 좌표를 WGS84로 변환한 값(도)"
    names: tuple[tuple[DerivedRule, ColumnKind, str], ...] = (
        ("latitude", "latitude", geo.latitude),
        ("longitude", "longitude", geo.longitude),
    )
    return [
        DerivedColumn(name=name, rule=rule, sources=geo.columns, kind=kind, description=meaning)
        for rule, kind, name in names
    ]


def _column(source: str, suffix: str, rule: DerivedRule, kind: ColumnKind, meaning: str) -> DerivedColumn:
    """Returns a derived column of one source, named ``source.suffix``."""
    return DerivedColumn(
        name=f"{source}.{suffix}", rule=rule, sources=[source], kind=kind, description=f"{source}의 {meaning}"
    )


def _share(matches: pl.Series) -> float:
    """Returns the share of true values."""
    return float(matches.mean() or 0.0)  # type: ignore[arg-type]
