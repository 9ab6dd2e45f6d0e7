"""Stored datasets as tables to work on."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from sqlalchemy import Engine

from hab_core.datasets.storage import DatasetStore
from hab_core.datasets.table import Table
from hab_core.eclo.rows import missing_columns
from hab_core.errors import CannotStart
from hab_server.settings import Settings
from hab_server.store import datasets
from hab_server.uploads import disk_errors

_BLOCK_ROWS: Final = 50_000
"""Rows of accidents read at once: a few dozen MB."""


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


def open_accidents(engine: Engine, store: DatasetStore, dataset_id: str) -> Table:
    """Returns the table of a dataset of accidents.

    Raises:
        InvalidInput: A column that every accident needs is missing.
        NotFound, StorageUnavailable, DatabaseUnavailable: As :func:`open_table` does.
    """
    table = open_table(engine, store, dataset_id)
    missing = missing_columns(table.stored_columns)
    if missing is not None:
        raise missing
    return table


class AccidentRows:
    """The rows of a table of accidents as a batch takes them: dates as text, as in a CSV.

    A block of rows is in memory at a time, however long the table is.
    """

    def __init__(self, table: Table) -> None:
        """Reads nothing yet."""
        self._frame = table.frame.select(table.stored_columns)
        self._block = pl.DataFrame()
        self._start = 0

    def read(self, start: int, count: int) -> list[dict[str, Any]]:
        """Returns up to ``count`` rows from row ``start`` on; cheap where rows are asked for in their order.

        Raises:
            StorageUnavailable: The store does not answer.
        """
        offset = start - self._start
        if offset < 0 or offset + count > self._block.height:
            self._load(start, max(count, _BLOCK_ROWS))
            offset = 0
        return self._block[offset : offset + count].to_dicts()

    def _load(self, start: int, count: int) -> None:
        """Makes the block the one that begins at row ``start``."""
        moments, days = pl.selectors.datetime(), pl.selectors.date()
        with disk_errors():
            block = self._frame.slice(start, count).collect()
        self._block = block.with_columns(moments.dt.to_string("%Y-%m-%d %H:%M:%S"), days.dt.to_string("%Y-%m-%d"))
        self._start = start
