"""Stored datasets as tables to work on."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Engine

from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table
from hab_core.eclo.rows import missing_columns
from hab_core.errors import CannotStart, InvalidInput
from hab_core.schemas.eclo import MAX_BATCH_ROWS
from hab_server.settings import Settings
from hab_server.store import datasets
from hab_server.uploads import disk_errors


def open_store(settings: Settings) -> DatasetStore:
    """Returns the place where the tables are kept.

    Raises:
        CannotStart: It cannot be used at all.
    """
    try:
        return DatasetStore(settings.datasets_url)
    except (ImportError, OSError, ValueError) as error:
        raise CannotStart(
            "설정 DATASET_STORE_URL의 저장소를 열 수 없습니다. 폴더의 권한이나 주소를 확인해주세요 "
            f'({type(error).__name__}). s3:// 주소에는 설치가 더 필요합니다: pip install "hab-client[server,s3]"'
        ) from error


def open_table(engine: Engine, store: DatasetStore, dataset_id: str) -> Table:
    """Returns the lazily scanned table of a dataset.

    Raises:
        NotFound: There is no such dataset.
        StorageUnavailable: The store does not answer.
        DatabaseUnavailable: The database does not answer.
    """
    profile = datasets.profile_of(engine, dataset_id)
    with disk_errors():
        return store.table(dataset_id, profile)


def accident_rows(table: Table) -> list[dict[str, Any]]:
    """Returns the rows of a table of accidents as a batch takes them: dates as text, as in a CSV.

    Raises:
        InvalidInput: A column that every accident needs is missing, or there are too many rows.
        StorageUnavailable: The store does not answer.
    """
    missing = missing_columns(table.stored_columns)
    if missing is not None:
        raise missing
    if table.rows > MAX_BATCH_ROWS:
        raise InvalidInput.of(
            "dataset_id", f"한 번에 {MAX_BATCH_ROWS:,}행까지 예측할 수 있습니다 (데이터셋: {table.rows:,}행)."
        )
    frame = table.frame.select(table.stored_columns)
    moments, days = pl.selectors.datetime(), pl.selectors.date()
    with disk_errors():
        text = frame.with_columns(moments.dt.to_string("%Y-%m-%d %H:%M:%S"), days.dt.to_string("%Y-%m-%d"))
        return text.collect().to_dicts()
