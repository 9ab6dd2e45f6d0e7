"""Derived columns against plain Python."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from hab_core.datasets.table import Table
from hab_core.schemas.eclo import WEEKDAYS, time_period

HOURS = [datetime(2022, 2, 27, 0) + timedelta(hours=hour) for hour in range(24 * 8)]


def derived(frame: pl.DataFrame, *names: str) -> list[list[object]]:
    """Returns derived columns as lists."""
    return [Table.from_frame(frame).frame.select(name).collect().to_series().to_list() for name in names]


def test_parts_of_a_moment() -> None:
    frame = pl.DataFrame({"사고일시": [*HOURS, None]})
    found = derived(frame, *(f"사고일시.{part}" for part in ("연", "월", "일", "요일", "시", "시간대")))
    expected = [(t.year, t.month, t.day, WEEKDAYS[t.weekday()], t.hour, time_period(t.hour)) for t in HOURS]
    assert [list(column) for column in zip(*expected, strict=True)] == [column[:-1] for column in found]
    assert [column[-1] for column in found] == [None] * 6


def test_a_day_has_no_hour() -> None:
    table = Table.from_frame(pl.DataFrame({"기준일": [date(2020, 3, 1), date(2020, 3, 2)]}))
    assert table.columns == ["기준일", "기준일.연", "기준일.월", "기준일.일", "기준일.요일"]


def test_gu_and_dong_of_places() -> None:
    places = {
        "대구광역시 수성구 상동": ("수성구", "상동"),
        "대구광역시  중구  동인동1가": ("중구", "동인동1가"),
        "대구광역시 달성군 화원읍 천내리": ("달성군", "화원읍 천내리"),
        "경상북도 포항시 남구 대도동": ("포항시 남구", "대도동"),
    }
    gu, dong = derived(pl.DataFrame({"시군구": [*places, None]}), "시군구.구", "시군구.동")
    assert gu == [*(pair[0] for pair in places.values()), None]
    assert dong == [*(pair[1] for pair in places.values()), None]


def test_addresses_give_the_gu_alone() -> None:
    addresses = [
        "대구광역시 남구 대명로 162",
        "대구광역시 남구 현충동길 74(대명동)",
        "대구광역시 군위군 군위읍 동부리 1-2",
    ]
    table = Table.from_frame(pl.DataFrame({"주소": addresses}))
    assert table.columns == ["주소", "주소.구"]
    assert table.frame.select("주소.구").collect().to_series().to_list() == ["남구", "남구", "군위군"]


def test_parts_around_the_dash() -> None:
    values = ["차대차 - 추돌", "차대차 - 추돌 - 진행중", "차대사람 - 횡단중", None]
    before, after = derived(pl.DataFrame({"사고유형": values}), "사고유형.대분류", "사고유형.소분류")
    assert before == ["차대차", "차대차", "차대사람", None]
    assert after == ["추돌", "추돌 - 진행중", "횡단중", None]


def test_text_without_dashes_has_no_parts() -> None:
    table = Table.from_frame(pl.DataFrame({"사고유형": ["차대차", "차대사람"], "폭": ["6-8", "7-9"]}))
    assert table.columns == ["사고유형", "폭"]


def test_eclo_of_the_casualty_columns() -> None:
    frame = pl.DataFrame({"사망자수": [1, 0], "중상자수": [0, 2], "경상자수": [3, 1], "부상신고자수": [1, None]})
    assert derived(frame, "ECLO") == [[20, None]]


@pytest.mark.parametrize("missing", ["사망자수", "부상신고자수"])
def test_eclo_needs_all_four(missing: str) -> None:
    frame = pl.DataFrame({"사망자수": [1], "중상자수": [0], "경상자수": [3], "부상신고자수": [1]}).drop(missing)
    assert "ECLO" not in Table.from_frame(frame).columns


def test_a_stored_column_is_never_shadowed() -> None:
    frame = pl.DataFrame({"날": [date(2020, 1, 1)], "날.월": [99]})
    table = Table.from_frame(frame)
    assert table.frame.select("날.월").collect().item() == 99
    assert [column.name for column in table.profile.derived_columns] == ["날.연", "날.일", "날.요일"]
