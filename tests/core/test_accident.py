"""What counts as an accident, and what is said of what does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import TIME_PERIODS, WEATHERS, Accident, time_period
from hab_core.schemas.validation import invalid_input
from tests.accidents import ACCIDENT


def refused(**changes: Any) -> InvalidInput:
    """Returns what is said of an accident that must be refused."""
    with pytest.raises(ValidationError) as caught:
        Accident.model_validate({name: value for name, value in (ACCIDENT | changes).items() if value is not ...})
    return invalid_input(caught.value)


def test_every_way_to_give_the_moment() -> None:
    parts = {"accident_year": 2022, "accident_month": 1, "accident_day": 1, "accident_hour": 1}
    without = {name: value for name, value in ACCIDENT.items() if name != "occurred_at"}
    accidents = [
        Accident.model_validate(ACCIDENT),
        Accident.model_validate(without | parts),
        Accident.model_validate(ACCIDENT | parts | {"day_of_week": "토요일", "time_period": "심야"}),
        Accident.model_validate(ACCIDENT | {"occurred_at": "2021-12-31T16:00:00Z"}),
        Accident.model_validate_json('{"occurred_at": "2022-01-01T01:00", ' + _json_without_moment()),
    ]
    assert {accident.moment.isoformat() for accident in accidents} == {"2022-01-01T01:00:00"}
    assert accidents[0].features()["day_of_week"] == "토요일"


def _json_without_moment() -> str:
    return ", ".join(f'"{name}": "{value}"' for name, value in ACCIDENT.items() if name != "occurred_at") + "}"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"weather": "우박"}, "weather", "우박"),
        ({"weather": ...}, "weather", "필수"),
        ({"temperature": 3}, "temperature", "알 수 없는"),
        ({"occurred_at": "2026-02-30T01:00"}, "occurred_at", "2026-02-30"),
        ({"occurred_at": "2026-02-03T24:00"}, "occurred_at", "24:00"),
        ({"occurred_at": "1640995200"}, "occurred_at", "읽을 수 없는"),
        ({"occurred_at": 1640995200}, "occurred_at", "날짜와 시각"),
        ({"occurred_at": "1999-12-31T23:00"}, "occurred_at", "2000년"),
        ({"occurred_at": ...}, "occurred_at", "사고일시가 없습니다"),
        ({"accident_hour": 24}, "accident_hour", "23 이하"),
        ({"accident_hour": True}, "accident_hour", "정수"),
        ({"accident_hour": "3"}, "accident_hour", "정수"),
        ({"accident_hour": float("nan")}, "accident_hour", "정수"),
        ({"accident_hour": 2}, "accident_hour", "1입니다"),
        ({"day_of_week": "월요일"}, "day_of_week", "토요일"),
        ({"time_period": "출근시간대"}, "time_period", "심야"),
        ({"road_type": "교차로\x00"}, "road_type", "제어 문자"),
        ({"district": "  "}, "district", "1자 이상"),
        ({"district": "가" * 200}, "district", "100자 이하"),
    ],
)
def test_what_is_refused_names_the_field(changes: dict[str, Any], field: str, says: str) -> None:
    error = refused(**changes)
    details = {detail["field"]: detail for detail in error.details}
    assert field in details
    assert says in details[field]["message"]


def test_valid_values_are_named() -> None:
    assert refused(weather="우박").details[0]["valid_values"] == list(WEATHERS)


def test_a_date_that_does_not_exist_by_parts() -> None:
    error = refused(occurred_at=..., accident_year=2026, accident_month=2, accident_day=30, accident_hour=1)
    assert "2026-02-30" in error.message


@given(st.integers(0, 23))
def test_every_hour_has_one_period(hour: int) -> None:
    assert time_period(hour) in TIME_PERIODS
    assert (time_period(hour) == "심야") == (hour >= 22 or hour <= 6)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 12, 31)))
def test_features_read_back_as_the_same_accident(moment: Any) -> None:
    accident = Accident.model_validate(ACCIDENT | {"occurred_at": moment.replace(second=0, microsecond=0)})
    again = Accident.model_validate(accident.features())
    assert again.moment == accident.moment
    assert again.features() == accident.features()
