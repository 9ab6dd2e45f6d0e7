"""The reference predictor, and its own trees as a HAB model."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accidents import ROAD_TYPES, YEARS, requests
from benchmarks.predict.reference import COLUMNS, ReferencePredictor
from hab_core.eclo.features import FeatureTable, Lookup
from hab_core.eclo.folder import GoldenRow, ModelDocument, write_model_folder
from hab_core.eclo.model import columns_of
from hab_core.eclo.severity import IntervalTable, SeverityScale
from hab_core.schemas.eclo import (
    ACCIDENT_TYPES,
    ROAD_SURFACES,
    WEATHERS,
    WEEKDAYS,
    Accident,
    time_period,
)

_FIELDS = {
    "기상상태": "weather", "노면상태": "road_surface", "도로형태": "road_type", "사고시": "hour", "사고연": "year",
    "사고월": "month", "사고유형": "accident_type", "사고일": "day", "시간대": "hour", "시군구": "district",
    "요일": "weekday",
}  # fmt: skip


def reference_row(request: dict[str, Any]) -> dict[str, Any]:
    """Returns the same accident under the names that the reference predictor takes."""
    moment = datetime.fromisoformat(request["occurred_at"])
    return {
        "기상상태": request["weather"], "노면상태": request["road_surface"], "도로형태": request["road_type"],
        "사고시": moment.hour, "사고연": moment.year, "사고월": moment.month, "사고유형": request["accident_type"],
        "사고일": moment.day, "시간대": time_period(moment.hour), "시군구": request["district"],
        "요일": WEEKDAYS[moment.weekday()],
    }  # fmt: skip


def train_reference(count: int = 40_000) -> ReferencePredictor:
    """Returns the reference predictor, trained on synthetic accidents."""
    rows = [reference_row(request) for request in requests(count, seed=1)]
    chance = np.random.default_rng(1)
    effect = np.array([len(row["사고유형"]) + (row["사고시"] < 6) + (row["기상상태"] == "비") for row in rows])
    return ReferencePredictor(rows, np.log1p(effect + chance.gamma(2.0, 1.0, count)))


def write_same_trees(reference: ReferencePredictor, folder: Path) -> Path:
    """Writes the reference's own trees as a HAB model whose lookups are the reference's label encoders."""
    table = FeatureTable(
        features=tuple(_lookup(reference, index, name) for index, name in enumerate(COLUMNS)),
        categories={
            "weather": WEATHERS,
            "road_surface": ROAD_SURFACES,
            "road_type": ROAD_TYPES,
            "accident_type": ACCIDENT_TYPES,
            "district": tuple(reference.encoders["시군구"].classes_.tolist()),
        },
        years=YEARS,
    )
    text = reference.model.booster_.model_to_string()
    head = text.partition("\nfeature_names=")[2].partition("\n")[0]
    text = text.replace(head, " ".join(feature.name for feature in table.features), 1)
    rows = [Accident(**request) for request in requests(2000, seed=2)]
    predicted = np.asarray(reference.model.booster_.predict(table.encode_table(columns_of(rows)), num_threads=1))
    document = ModelDocument(
        version="reference-trees",
        table=table,
        limits=(1.0, 200.0),
        severity=SeverityScale(tuple(np.quantile(np.expm1(predicted), np.linspace(0, 1, 201)).tolist())),
        interval=IntervalTable(0.8, (), (-0.5,), (0.5,)),
        base_rates={},
        golden=(GoldenRow(rows[0], float(predicted[0])),),
        training={"period": list(YEARS), "rows": 40_000},
    )
    write_model_folder(folder, document, model_text=text, metrics={}, card="# synthetic\n")
    return folder


def _lookup(reference: ReferencePredictor, index: int, name: str) -> Lookup:
    """Returns a label encoder, or a plain number, as a lookup."""
    field = _FIELDS[name]
    if name not in reference.encoders:
        numbers = range(YEARS[0], YEARS[1] + 1) if name == "사고연" else range(32)
        return Lookup(f"f{index}", name, (field,), {number: float(number) for number in numbers})
    code = {text: float(i) for i, text in enumerate(reference.encoders[name].classes_.tolist())}
    if name == "시간대":
        return Lookup(f"f{index}", name, (field,), {hour: code[time_period(hour)] for hour in range(24)})
    if name == "요일":
        return Lookup(f"f{index}", name, (field,), {day: code[WEEKDAYS[day]] for day in range(7)})
    return Lookup(f"f{index}", name, (field,), code)
