"""Made-up accidents with which a model tests itself before it serves; none is taken from data."""

from __future__ import annotations

from datetime import datetime

from hab_core.eclo.features import FeatureTable
from hab_core.eclo.folder import GoldenRow
from hab_core.eclo.training.boosting import predict
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS, Accident

_MOMENTS = (
    datetime(2023, 1, 22, 14),  # 설날
    datetime(2024, 3, 4, 8),
    datetime(2024, 7, 20, 2),
    datetime(2024, 10, 9, 18),  # 한글날
    datetime(2025, 11, 30, 23),
    datetime(2030, 2, 28, 12),
)
_STRIDES = {"weather": 1, "road_surface": 1, "road_type": 5, "accident_type": 1, "district": 37}
_ROWS = 24
_ELSEWHERE = "대구광역시 군위군 군위읍 동부리"


def golden_rows(table: FeatureTable, text: str) -> tuple[GoldenRow, ...]:
    """Returns made-up accidents that walk through the categories, and the raw output of the model for each.

    Args:
        table: The model's encoder.
        text: The model.
    """
    import numpy as np

    accidents = [_accident(table, index) for index in range(_ROWS)]
    rows = np.array([table.encode(accident)[0] for accident in accidents], dtype=np.float64)
    return tuple(map(GoldenRow, accidents, predict(text, rows).tolist()))


def _accident(table: FeatureTable, index: int) -> Accident:
    """Returns one made-up accident."""
    values = {
        "weather": WEATHERS,
        "road_surface": ROAD_SURFACES,
        "road_type": table.categories["road_type"],
        "accident_type": ACCIDENT_TYPES,
        "district": (*table.categories["district"], _ELSEWHERE),
    }
    chosen = {name: each[index * _STRIDES[name] % len(each)] for name, each in values.items()}
    return Accident.model_validate({**chosen, "occurred_at": _MOMENTS[index % len(_MOMENTS)]})
