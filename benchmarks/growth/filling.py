"""Rows for a database, as the server writes them."""

from __future__ import annotations

from sqlalchemy import Engine

from benchmarks.accidents import requests
from benchmarks.figures import progress
from hab_core.eclo.model import EcloModel
from hab_core.eclo.registry import released_folder
from hab_core.schemas.common import utc_now
from hab_core.schemas.datasets import TableProfile
from hab_core.schemas.eclo import Accident
from hab_server.store import datasets
from hab_server.store.engine import transaction
from hab_server.store.ids import new_id
from hab_server.store.predictions import insert_predictions, prediction_values

_DISTINCT = 2_000
_AT_ONCE = 10_000


def add_predictions(engine: Engine, count: int) -> None:
    """Stores single predictions, real ones of a few thousand accidents again and again."""
    model = EcloModel.load(released_folder())
    accidents = [Accident(**request) for request in requests(_DISTINCT, seed=11)]
    pairs = list(zip((accident.features() for accident in accidents), model.score_rows(accidents), strict=True))
    for start in range(0, count, _AT_ONCE):
        rows = []
        for number in range(start, min(start + _AT_ONCE, count)):
            features, score = pairs[number % _DISTINCT]
            values = prediction_values(new_id("pred"), score, features, model.version, created_at=utc_now())
            rows.append(values)
        with transaction(engine) as connection:
            insert_predictions(connection, rows)
        if start % (10 * _AT_ONCE) == 0 and start:
            progress(f"{start:,} predictions written")


def add_datasets(engine: Engine, count: int) -> None:
    """Stores datasets of which there is no file."""
    for _ in range(count):
        dataset_id = new_id("ds")
        values = {
            "id": dataset_id,
            "name": f"데이터셋 {dataset_id[-6:]}",
            "description": "",
            "rows": 1,
            "columns": 1,
            "size_bytes": 10,
            "encoding": "utf-8",
            "content_hash": f"sha256:{dataset_id[-32:].rjust(64, '0')}",
            "uploaded_at": utc_now(),
            "warnings": [],
            "profile": TableProfile.model_construct(rows=1, columns=1).model_dump(mode="json"),
        }
        datasets.publish(engine, values)
