from __future__ import annotations

from datetime import datetime

import pytest

from hab_core.eclo import categories
from hab_core.schemas.eclo import ROAD_SURFACES, Accident


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-01-01 01", datetime(2022, 1, 1, 1)),
        ("2007년 1월 1일 01시", datetime(2007, 1, 1, 1)),
        ("2007년 12월 31일 23시 59분", datetime(2007, 12, 31, 23, 59)),
        ("2022-01-01T01:30", datetime(2022, 1, 1, 1, 30)),
        ("2022-01-01 01:30:15.5", datetime(2022, 1, 1, 1, 30)),
        ("2022/1/2 3", datetime(2022, 1, 2, 3)),
        ("2026-02-30 01", None),
        ("2022-01-01 24", None),
        ("2022-01-01", None),
        ("어제", None),
        ("", None),
    ],
)
def test_moments_of_every_source_are_read(text: str, moment: datetime | None) -> None:
    assert categories.parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("습기", "젖음/습기"),
        ("결빙", "서리/결빙"),
        ("해빙", "젖음/습기"),
        ("포장 - 건조", "건조"),
        ("적설", "적설"),
        ("얼음", "얼음"),
    ],
)
def test_old_surfaces_have_their_present_names(text: str, surface: str) -> None:
    assert categories.canonical_surface(text) == surface


def test_every_canonical_surface_stays_itself() -> None:
    assert [categories.canonical_surface(name) for name in ROAD_SURFACES] == list(ROAD_SURFACES)


def test_other_categories() -> None:
    assert categories.canonical_accident_type("차대차 - 추돌 - 진행중") == "차대차"
    assert categories.canonical_road_type("교차로-교차로안") == "교차로 - 교차로안"
    assert categories.canonical_road_type("단일로 - 지하차도(도로)내") == "단일로 - 지하차도(도로)내"
    assert categories.canonical_weather("기타/불명") == "기타"
    assert categories.canonical_weekday("월") == "월요일"


def test_every_column_is_a_field_of_an_accident() -> None:
    assert set(categories.COLUMNS.values()) == set(categories.LABELS) == set(Accident.model_fields)
