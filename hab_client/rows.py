"""Accidents as callers hold them, turned into what JSON can carry."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, TypedDict

from pydantic import BaseModel

from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import Accident

Row = Mapping[str, Any] | Accident


class Circumstances(TypedDict, total=False):
    """The fields of an ``Accident`` as keywords, so that editors and type checkers know them; None is left out.

    Attributes:
        weather: 기상상태, e.g. 맑음.
        road_surface: 노면상태, e.g. 건조.
        road_type: 도로형태, e.g. 교차로 - 교차로안.
        accident_type: 사고유형: 차대차, 차대사람 or 차량단독.
        district: 시군구, e.g. 대구광역시 수성구 상동.
        occurred_at: 사고일시, local time: ISO 8601 text or a datetime.
        accident_year: Year, with the next three in place of ``occurred_at``.
        accident_month: Month, 1–12.
        accident_day: Day, 1–31.
        accident_hour: Hour, 0–23.
        day_of_week: 요일, derived from the date; checked where given.
        time_period: 시간대, derived from the hour; checked where given.
    """

    weather: str | None
    road_surface: str | None
    road_type: str | None
    accident_type: str | None
    district: str | None
    occurred_at: str | datetime | None
    accident_year: int | None
    accident_month: int | None
    accident_day: int | None
    accident_hour: int | None
    day_of_week: str | None
    time_period: str | None


def row_of(row: Row) -> dict[str, Any]:
    """Returns one accident with the caller's names and plain JSON values; NaN, which tables use for gaps, is null.

    Raises:
        InvalidInput: It is neither a mapping nor an :class:`Accident`.
    """
    if isinstance(row, Accident):
        return row.model_dump(mode="json", exclude_none=True)
    if not isinstance(row, Mapping):
        raise InvalidInput.of("accidents", f"사고는 이름과 값의 사전(dict)이어야 합니다: {type(row).__name__}")
    return {str(name): plain(value) for name, value in row.items()}


def rows_of(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Returns accidents as :func:`row_of` does each."""
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable):
        raise InvalidInput.of("accidents", f"사고의 목록이 필요합니다: {type(rows).__name__}")
    return [row_of(row) for row in rows]


def english_row(row: Row) -> dict[str, Any]:
    """Returns one accident under the wire's names; those who write 기상상태 mean ``weather``. Gaps are left out."""
    names = _english_names()
    return {names.get(name, name): value for name, value in row_of(row).items() if value is not None}


def to_json(value: Any) -> bytes:
    """Returns a value as UTF-8 JSON.

    Raises:
        InvalidInput: JSON cannot carry it.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"JSON으로 보낼 수 없는 값이 있습니다: {error}") from None


def to_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Returns rows as CSV, with every name that one of them has; the compact form of a large batch."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@cache
def _english_names() -> dict[str, str]:
    """Returns the wire's names by the Korean column names, which are the fields' descriptions."""
    described = ((name, field.description or "") for name, field in Accident.model_fields.items())
    return {text.partition(":")[0].strip(): name for name, text in described if text}


def plain(value: Any) -> Any:
    """Returns a value as JSON knows it, whatever it holds included.

    Moments become ISO text, numbers and arrays of numpy Python's own, sets and tuples lists, NaN and NaT null.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, date):  # a datetime is one, too, and so is the NaT of pandas, which writes itself as NaT
        return None if str(value) == "NaT" else value.isoformat()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    convert = getattr(value, "tolist", None) or getattr(value, "to_list", None)
    return plain(convert()) if callable(convert) else value
