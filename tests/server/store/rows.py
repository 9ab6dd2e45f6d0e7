"""Rows that tests of the store write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert

from hab_core.schemas.common import ErrorBody
from hab_core.schemas.eclo import EcloInterval, EcloScore
from hab_server.store.engine import reading, transaction
from hab_server.store.ids import new_id
from hab_server.store.predictions import PREDICTIONS, failed_values, prediction_values
from hab_server.store.tables import JobRow

FEATURES = {"weather": "맑음", "district": "대구광역시 수성구 상동", "occurred_at": "2022-01-01T01:00"}
MOMENT = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
SCORE = EcloScore(
    eclo=4.1,
    interval=EcloInterval(low=1.0, high=9.5),
    percentile=44.4,
    interpretation="일반",
    warnings=["처음 보는 동"],
)
ERROR = ErrorBody(code="invalid_input", message="기상상태: 사용할 수 없는 값입니다.", details=[])


def single(prediction_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A prediction of its own."""
    values = prediction_values(prediction_id or new_id("pred"), SCORE, FEATURES, "v1", created_at=MOMENT)
    return {**values, **changes}


def scored(job_id: str, index: int) -> dict[str, Any]:
    """A scored row of a batch."""
    return single(job_id=job_id, row_index=index)


def failed(job_id: str, index: int) -> dict[str, Any]:
    """A row of a batch that could not be scored, holding what PostgreSQL's own JSON refuses."""
    sent = {"weather": "눈\x00", "road": "\ud800", "value": float("inf")}
    return failed_values(new_id("pred"), ERROR, sent, "v1", created_at=MOMENT, job_id=job_id, row_index=index)


def add_job(engine: Engine, job_id: str = "job_1") -> str:
    """Stores a job for rows to belong to."""
    with transaction(engine) as connection:
        job = JobRow(id=job_id, kind="eclo", status="running", total=10)
        connection.execute(insert(JobRow.metadata.tables["jobs"]).values(job.model_dump()))
    return job_id


def stored_ids(engine: Engine) -> set[str]:
    """The ids of every prediction in the database."""
    with reading(engine) as connection:
        return set(connection.execute(PREDICTIONS.select().with_only_columns(PREDICTIONS.c.id)).scalars())


def batches_of(rows: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows in slices."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
