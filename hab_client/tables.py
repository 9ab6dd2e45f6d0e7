"""Downloads as tables of pandas and polars, which are loaded only here."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, Literal

from hab_client._extras import library
from hab_core.schemas.datasets import NUMERIC_KINDS, DatasetDetail

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]
    from polars import DataFrame as PolarsFrame

Fetch = Callable[[Literal["csv", "parquet"], None, IO[bytes]], None]
"""Writes a table in a format into a file."""


def to_polars(fetch: Fetch) -> PolarsFrame:
    """Returns a table as polars reads its Parquet; text is text, however it is stored.

    Raises:
        MissingExtra: polars is not installed.
    """
    with library("polars"):
        import polars as pl
    frame = pl.read_parquet(_fetched(fetch, "parquet"))
    return frame.with_columns(pl.selectors.by_dtype(pl.Enum, pl.Categorical).cast(pl.String))


def to_pandas(fetch: Fetch, profile: DatasetDetail) -> DataFrame:
    """Returns a table as pandas: dates as datetime64, whole numbers with gaps as float64, everything else as text.

    It comes as Parquet where pyarrow, fastparquet or polars can read that; else as CSV, in which cells that look like
    formulas have a leading apostrophe.

    Raises:
        MissingExtra: pandas is not installed.
    """
    with library("pandas"):
        import pandas as pd
    frame = _read(pd, fetch, profile)
    for column in profile.column_profiles:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name])
        elif column.kind not in NUMERIC_KINDS:
            frame[column.name] = frame[column.name].astype("str")
    return frame


def _read(pd: Any, fetch: Fetch, profile: DatasetDetail) -> DataFrame:
    """Returns a table by the best reader that is installed."""
    reader = _parquet_reader(pd)
    if reader is not None:
        return reader(_fetched(fetch, "parquet"))
    as_text = {c.name: str for c in profile.column_profiles if c.kind not in NUMERIC_KINDS}
    table = _fetched(fetch, "csv")
    return pd.read_csv(table, encoding="utf-8-sig", dtype=as_text, keep_default_na=False, na_values=[""])


def _parquet_reader(pd: Any) -> Callable[[IO[bytes]], DataFrame] | None:
    """Returns what can read Parquet into pandas, or None."""
    from importlib.util import find_spec

    if find_spec("pyarrow") or find_spec("fastparquet"):
        return pd.read_parquet  # type: ignore[no-any-return]  # pandas has no types
    if find_spec("polars"):
        import polars as pl

        return lambda table: pd.DataFrame({s.name: _values(s) for s in pl.read_parquet(table)})
    return None


def _values(series: Any) -> Any:
    """Returns a polars column as what pandas takes: numbers and dates as numpy arrays, the rest as a list."""
    kind = series.dtype
    return series.to_numpy() if kind.is_numeric() or kind.is_temporal() else series.to_list()


def _fetched(fetch: Fetch, kind: Literal["csv", "parquet"]) -> IO[bytes]:
    """Returns a download in memory, from its start."""
    table = io.BytesIO()
    fetch(kind, None, table)
    table.seek(0)
    return table
