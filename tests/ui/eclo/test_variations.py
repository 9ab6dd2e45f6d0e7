from __future__ import annotations

from datetime import datetime

import pytest

from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import WEEKDAYS, Accident, ModelFeature, ModelInfo
from hab_ui.eclo.variations import Circumstance, circumstances

ACCIDENT = {
    "weather": "맑음",
    "road_surface": "건조",
    "road_type": "교차로 - 교차로안",
    "accident_type": "차대차",
    "district": "대구광역시 수성구 상동",
    "occurred_at": "2024-03-31T08:00",
}
PLACES = ("수성구 상동", "수성구 지산동", "중구 동인동1가", "달성군 다사읍 매곡리")


@pytest.fixture
def found() -> dict[str, Circumstance]:
    features = [
        ModelFeature(name="weather", label="기상상태", valid_values=["맑음", "비"]),
        ModelFeature(name="road_surface", label="노면상태", valid_values=["건조", "적설"]),
        ModelFeature(name="road_type", label="도로형태", valid_values=["교차로 - 교차로안"]),
        ModelFeature(name="accident_type", label="사고유형", valid_values=["차대차", "차대사람"]),
        ModelFeature(name="occurred_at", label="사고일시"),
    ]
    model = ModelInfo(version="1", features=features, severity_scale=[], metrics={}, training_data={})
    places = [
        Region(code=str(i), name=f"대구광역시 {name}", latitude=35.8, longitude=128.6, radius_km=1)
        for i, name in enumerate(PLACES)
    ]
    return {each.label: each for each in circumstances(model, places)}


def test_every_circumstance_has_the_present_value_among_its_variants(found: dict[str, Circumstance]) -> None:
    for circumstance in found.values():
        same = [each for each in circumstance.variants(ACCIDENT) if each.label == circumstance.value_of(ACCIDENT)]
        assert [each.accident for each in same] == [ACCIDENT], circumstance.label


def test_only_the_one_circumstance_changes(found: dict[str, Circumstance]) -> None:
    for variant in found["기상상태"].variants(ACCIDENT):
        assert variant.accident == {**ACCIDENT, "weather": variant.label}


def test_all_variants_are_accidents(found: dict[str, Circumstance]) -> None:
    for circumstance in found.values():
        for variant in circumstance.variants(ACCIDENT):
            Accident.model_validate(variant.accident)


def test_days_hours_and_months(found: dict[str, Circumstance]) -> None:
    assert [each.label for each in found["시각"].variants(ACCIDENT)] == [f"{hour}시" for hour in range(24)]
    days = [datetime.fromisoformat(each.accident["occurred_at"]) for each in found["요일"].variants(ACCIDENT)]
    assert [WEEKDAYS[day.weekday()] for day in days] == list(WEEKDAYS)
    months = [datetime.fromisoformat(each.accident["occurred_at"]) for each in found["월"].variants(ACCIDENT)]
    assert [day.month for day in months] == list(range(1, 13))
    assert {day.weekday() for day in months} == {6}
    assert {day.hour for day in [*days, *months]} == {8}


def test_places_stay_within_the_district(found: dict[str, Circumstance]) -> None:
    assert [each.label for each in found["같은 구·군의 동"].variants(ACCIDENT)] == ["상동", "지산동"]
    rural = {**ACCIDENT, "district": "대구광역시 달성군 다사읍 매곡리"}
    assert [each.label for each in found["같은 구·군의 동"].variants(rural)] == ["다사읍 매곡리"]
