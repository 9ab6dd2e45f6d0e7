"""Facts about datasets and models as short Korean phrases, for notebooks and the terminal alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hab_core.errors import HabError
from hab_core.schemas.datasets import KIND_LABELS, ColumnProfile, Dataset, GeoInfo

_ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8(BOM)", "cp949": "CP949", "utf-16": "UTF-16"}
_LONGEST = 24
_VALUES_SHOWN = 13
_MOST_VALUES = 12


def dataset_facts(dataset: Dataset) -> str:
    """Returns how large a dataset is and how it was written: rows, columns, encoding, size of the file."""
    encoding = _ENCODINGS.get(dataset.encoding, dataset.encoding)
    return f"{dataset.rows:,}행 × {dataset.columns:,}열 · {encoding} · {size(dataset.size_bytes)}"


def geo_facts(geo: GeoInfo) -> str:
    """Returns which columns hold coordinates, of which system, how sure that is, and how much lies in Daegu."""
    swapped = ", 위도·경도 이름이 서로 바뀜" if geo.swapped else ""
    note = f" · {geo.note}" if geo.note else ""
    return (
        f"{', '.join(geo.columns)} ({' 또는 '.join(geo.systems)}{swapped}) · "
        f"확신도 {geo.confidence:.0%} · 대구 {geo.in_daegu:.0%}{note}"
    )


def column_facts(column: ColumnProfile) -> tuple[str, str, str, str, str]:
    """Returns a column's name, kind, missing cells, different values, and its range or some of its values."""
    if column.min is not None and column.max is not None:
        content = f"{cell_of(column, column.min)} – {cell_of(column, column.max)}"
    else:
        values = [top.value for top in column.top_values] or column.examples
        content = ", ".join(_short(cell_of(column, value)) for value in values[:3])
    return column.name, KIND_LABELS[column.kind], f"{column.missing:,}", f"{column.distinct:,}", content


def failure(error: HabError) -> str:
    """Returns a failure in one line: the message, valid values, and the request that an administrator can look for."""
    parts = [error.message]
    if len(error.details) == 1 and error.details[0].get("valid_values"):
        values = [str(value) for value in error.details[0]["valid_values"]]
        more = f" 외 {len(values) - _MOST_VALUES}개" if len(values) > _MOST_VALUES else ""
        parts.append(f"가능한 값: {', '.join(values[:_MOST_VALUES])}{more}")
    elif len(error.details) > 1:
        parts.append(f"(외 {len(error.details) - 1}건)")
    if error.status >= 500 and error.request_id:
        parts.append(f"(요청 번호 {error.request_id})")
    return " ".join(" ".join(parts).split())


def some_of(values: Sequence[str] | None) -> str:
    """Returns valid values for people: all of a short list, the first of a long one and how many more there are."""
    if not values:
        return "-"
    more = f" 외 {len(values) - _VALUES_SHOWN}개" if len(values) > _VALUES_SHOWN else ""
    return ", ".join(values[:_VALUES_SHOWN]) + more


COLUMN_TITLES = ("열", "종류", "결측", "서로 다른 값", "범위 또는 값")
"""What :func:`column_facts` returns."""


def size(count: int) -> str:
    """Returns a number of bytes for reading."""
    if count < 1024:
        return f"{count} B"
    kilobytes = count / 1024
    return f"{kilobytes:.1f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"


def cell_of(column: ColumnProfile, value: Any) -> str:
    """Returns a cell of a column on one line; a moment without the letter between day and hour."""
    text = cell(value)
    return text.replace("T", " ") if column.kind == "date" else text


def cell(value: Any) -> str:
    """Returns a cell on one line; a missing one is empty."""
    return "" if value is None else " ".join(str(value).split())


def _short(text: str) -> str:
    """Returns a text that fits beside others."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
