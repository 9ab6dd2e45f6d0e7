"""Predictions: rows to insert, the history of all of them, and the rows of one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table, select

from hab_core.schemas.common import ErrorBody, Page
from hab_core.schemas.eclo import EcloInterval, EcloScore, PredictionRecord
from hab_core.schemas.jobs import EcloBatchItem
from hab_server.store.bulk import BulkInsert
from hab_server.store.cursors import encode_cursor, id_after, position_after
from hab_server.store.engine import reading
from hab_server.store.tables import PredictionRow

PREDICTIONS: Final[Table] = PredictionRow.metadata.tables["predictions"]
"""The table itself: whole pages are read without building an object that tracks changes for every row."""


def prediction_values(
    prediction_id: str,
    score: EcloScore,
    features: Mapping[str, Any],
    model_version: str,
    *,
    created_at: datetime,
    job_id: str | None = None,
    row_index: int | None = None,
) -> dict[str, Any]:
    """Returns the row of a prediction, with ``job_id`` and ``row_index`` where it belongs to a batch."""
    return {
        "id": prediction_id,
        "created_at": created_at,
        "job_id": job_id,
        "row_index": row_index,
        "features": features,
        "eclo": score.eclo,
        "low": score.interval.low,
        "high": score.interval.high,
        "percentile": score.percentile,
        "interpretation": score.interpretation,
        "warnings": score.warnings,
        "error": None,
        "model_version": model_version,
    }


def failed_values(
    prediction_id: str,
    error: ErrorBody,
    features: Mapping[str, Any],
    model_version: str,
    *,
    created_at: datetime,
    job_id: str,
    row_index: int,
) -> dict[str, Any]:
    """Returns the row of a batch's row that could not be scored; ``features`` is what the caller sent."""
    return {
        "id": prediction_id,
        "created_at": created_at,
        "job_id": job_id,
        "row_index": row_index,
        "features": features,
        "warnings": [],
        "error": error.model_dump(),
        "model_version": model_version,
    }


def insert_predictions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows inside the caller's transaction.

    Raises:
        sqlalchemy.exc.IntegrityError: a row of the batch is there already (``job_id`` and ``row_index`` are unique).
    """
    BulkInsert(PREDICTIONS, connection.dialect)(connection, rows)


def list_predictions(engine: Engine, limit: int, cursor: str | None) -> Page[PredictionRecord]:
    """Returns a page of the history, newest first; rows of a batch that could not be scored are no predictions.

    Raises:
        InvalidInput: the cursor is not one of this list.
        DatabaseUnavailable: the database fails.
    """
    table = PREDICTIONS.c
    query = select(PREDICTIONS).where(table.error.is_(None)).order_by(table.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(table.id < id_after(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    more = encode_cursor(page[-1].id) if len(rows) > limit else None
    return Page(items=[_record(row) for row in page], next_cursor=more)


def list_items(engine: Engine, job_id: str, limit: int, cursor: str | None) -> Page[EcloBatchItem]:
    """Returns a page of the rows of a batch that are done, scored or not, in their own order.

    Raises:
        InvalidInput: the cursor is not one of this list.
        DatabaseUnavailable: the database fails.
    """
    table = PREDICTIONS.c
    query = select(PREDICTIONS).where(table.job_id == job_id).order_by(table.row_index).limit(limit + 1)
    if cursor is not None:
        query = query.where(table.row_index > position_after(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    more = encode_cursor(page[-1].row_index) if len(rows) > limit else None
    return Page(items=[item_of(row) for row in page], next_cursor=more)


def item_of(row: Row[Any]) -> EcloBatchItem:
    """Returns a row of the table as a batch's item."""
    if row.error is not None:
        return EcloBatchItem(index=row.row_index, error=ErrorBody.model_validate(row.error))
    return EcloBatchItem(
        index=row.row_index,
        eclo=row.eclo,
        interval=EcloInterval(low=row.low, high=row.high),
        percentile=row.percentile,
        interpretation=row.interpretation,
        warnings=row.warnings,
    )


def _record(row: Row[Any]) -> PredictionRecord:
    """Returns a row of the table as a record of the history."""
    return PredictionRecord(
        prediction_id=row.id,
        created_at=row.created_at,
        source="single" if row.job_id is None else "batch",
        job_id=row.job_id,
        features=row.features,
        eclo=row.eclo,
        interpretation=row.interpretation,
        model_version=row.model_version,
    )
