from __future__ import annotations

import json
import math
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hab_core.eclo.features import FIELDS, FeatureTable, Lookup, day_kind
from hab_core.eclo.model import columns_of
from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS, Accident
from tests.accidents import ACCIDENT
from tests.core.eclo.small_model import DISTRICTS, ROAD_TYPES, accidents, small_table

TABLE = small_table()
NAMES = [feature.name for feature in TABLE.features]
ACCIDENTS = st.builds(
    Accident,
    weather=st.sampled_from(WEATHERS),
    road_surface=st.sampled_from(ROAD_SURFACES),
    road_type=st.sampled_from([*ROAD_TYPES, "단일로 - 새 형태"]),
    accident_type=st.sampled_from(ACCIDENT_TYPES),
    district=st.sampled_from([*DISTRICTS, "대구광역시 수성구 없는동", "대구광역시 군위군 군위읍", "대구광역시 중구"]),
    occurred_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31)),
)


def example(**changes: object) -> Accident:
    return Accident(**{**ACCIDENT, **changes})


def encoded(accident: Accident) -> dict[str, float]:
    return dict(zip(NAMES, TABLE.encode(accident)[0], strict=True))


@given(st.lists(ACCIDENTS, max_size=20))
def test_a_table_encodes_as_its_rows_do(rows: list[Accident]) -> None:
    matrix = TABLE.encode_table(columns_of(rows))
    assert matrix.shape == (len(rows), len(NAMES))
    assert matrix.flags.c_contiguous
    assert matrix.dtype == np.float64
    one_by_one = np.array([TABLE.encode(row)[0] for row in rows]).reshape(matrix.shape)
    np.testing.assert_array_equal(matrix, one_by_one)


def test_a_district_without_a_value_takes_that_of_its_gu() -> None:
    assert encoded(example())["place"] == 1.7
    assert encoded(example(district="대구광역시 수성구 지산동"))["place"] == 1.6
    assert encoded(example(district="대구광역시 수성구 없는동"))["place"] == 1.6
    assert encoded(example(district="대구광역시 북구"))["place"] == 1.55
    assert encoded(example())["place_hour"] == 1 / 24
    assert math.isnan(encoded(example(district="대구광역시 북구"))["place_hour"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"district": "대구광역시  수성구  상동"}, []),
        ({"district": "대구광역시 수성구 없는동"}, ["'대구광역시 수성구 없는동'", "수성구 전체"]),
        ({"district": "대구광역시 수성구"}, ["읍·면·동이 없어", "수성구 전체"]),
        ({"district": "대구광역시 군위군 군위읍"}, ["'군위군'", "대구 전체"]),
        ({"road_type": "단일로 - 새 형태"}, ["'단일로 - 새 형태'", "도로형태"]),
    ],
)
def test_values_that_the_model_never_saw_are_warned_of(changes: dict[str, str], expected: list[str]) -> None:
    _, warnings = TABLE.encode(example(**changes))
    assert len(warnings) == (1 if expected else 0)
    assert all(part in " ".join(warnings) for part in expected)


@pytest.mark.parametrize(
    "district", ["서울특별시 강남구 역삼동", "수성구 상동", "대구광역시", "대구광역시 강남구 역삼동", "nan"]
)
def test_a_place_outside_daegu_is_refused(district: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        TABLE.encode(example(district=district))
    (detail,) = failure.value.details
    assert detail["field"] == "district"
    assert district in detail["message"]
    assert len(detail["valid_values"]) == 9
    assert "대구광역시 수성구" in detail["valid_values"]
    with pytest.raises(InvalidInput):
        TABLE.encode_table(columns_of([example(), example(district=district)]))


def test_a_missing_district_has_a_value_of_its_own() -> None:
    columns = columns_of(accidents(2))
    columns["district"] = [None, None]
    matrix = TABLE.encode_table(columns)
    assert matrix[:, NAMES.index("place")].tolist() == [1.5, 1.5]
    assert matrix[:, NAMES.index("gu")].tolist() == [0.0, 0.0]


def test_years_outside_training_are_clipped_and_holidays_known_to_2035() -> None:
    assert encoded(example(occurred_at="2001-03-02T00:00"))["year"] == 2019
    late = encoded(example(occurred_at="2035-01-01T00:00"))
    assert (late["year"], late["day_kind"], late["weekday"]) == (2021, 3.0, 0.0)
    assert encoded(example(occurred_at="2022-01-08T00:00"))["day_kind"] == 1.0
    assert encoded(example(occurred_at="2022-01-09T00:00"))["day_kind"] == 2.0
    assert day_kind(date(2022, 1, 1), TABLE.holidays) == "holiday"
    assert day_kind(date(2022, 1, 3), TABLE.holidays) == "weekday"


def test_raw_fields_come_in_their_declared_order() -> None:
    keys, _ = TABLE.raw(example())
    assert dict(zip(FIELDS, keys, strict=True)) == {
        "weather": "맑음", "road_surface": "건조", "road_type": "교차로 - 교차로안", "accident_type": "차대차",
        "district": "대구광역시 수성구 상동", "gu": "대구광역시 수성구", "year": 2021, "month": 1, "day": 1, "hour": 1,
        "weekday": 5, "day_kind": "holiday",
    }  # fmt: skip


def test_a_table_survives_json() -> None:
    document = json.loads(json.dumps(TABLE.to_json(), allow_nan=False))
    again = FeatureTable.from_json(document)
    assert again.to_json() == TABLE.to_json()
    rows = columns_of(accidents(50, seed=3))
    np.testing.assert_array_equal(again.encode_table(rows), TABLE.encode_table(rows))


@pytest.mark.parametrize(
    "change",
    [
        {"fields": []},
        {"fields": ["colour"]},
        {"fields": ["weather", "hour"]},
        {"values": {"맑음": "x"}},
        {"values": None},
    ],
)
def test_a_feature_of_another_form_is_refused(change: dict[str, object]) -> None:
    good = {"name": "w", "label": "", "fields": ["weather"], "values": {"맑음": 1}, "default": None}
    assert Lookup.from_json(good).values == {"맑음": 1.0}
    with pytest.raises((TypeError, ValueError, AttributeError)):
        Lookup.from_json({**good, **change})
