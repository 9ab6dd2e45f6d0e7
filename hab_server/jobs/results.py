"""The results of a batch as a CSV file: the table that was sent, with what was predicted beside each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row

from hab_core.datasets.export import UTF8_BOM, csv_lines
from hab_server.store.batches import finished_chunks

RESULT_COLUMNS: Final = ("예측 ECLO", "하한", "상한", "백분위", "등급", "경고", "오류")


def results_of(engine: Engine, job_id: str, columns: Sequence[str]) -> Iterator[bytes]:
    """Yields the header, then the finished rows chunk by chunk, as UTF-8 CSV with BOM and formulas escaped.

    Args:
        engine: The store.
        job_id: A batch.
        columns: The names of the table that was sent. One that is called like a result gives way to it, so that a
            scored file can be scored again.
    """
    kept = [name for name in columns if name not in RESULT_COLUMNS]
    yield UTF8_BOM + csv_lines([[*kept, *RESULT_COLUMNS]])
    for chunk, predictions in finished_chunks(engine, job_id):
        yield csv_lines(_cells(kept, row, result) for row, result in zip(chunk.rows, predictions, strict=True))


def _cells(columns: Sequence[str], row: Mapping[str, Any], result: Row[Any]) -> list[object]:
    """Returns the cells of one row."""
    eclo, low, high, percentile, interpretation, warnings, error = tuple(result)
    problem = None if error is None else error["message"]
    return [*map(row.get, columns), eclo, low, high, percentile, interpretation, " / ".join(warnings), problem]
