"""Pydantic's complaints in Korean: the one place that turns a validation error into HAB's ``InvalidInput``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hab_core.errors import ErrorDetail, InvalidInput

_MESSAGES: dict[str, str] = {
    "missing": "필수 항목입니다.",
    "extra_forbidden": "알 수 없는 항목입니다.",
    "one_of": "사용할 수 없는 값입니다.",
    "string_type": "문자열이어야 합니다.",
    "string_too_short": "{min_length}자 이상이어야 합니다.",
    "string_too_long": "{max_length}자 이하여야 합니다.",
    "string_unicode": "올바른 유니코드 문자열이 아닙니다.",
    "control_character": "제어 문자(NUL 등)는 사용할 수 없습니다.",
    "int_type": "정수여야 합니다.",
    "int_from_float": "정수여야 합니다.",
    "int_parsing_size": "숫자가 너무 큽니다.",
    "float_type": "숫자여야 합니다.",
    "finite_number": "유한한 숫자여야 합니다.",
    "bool_type": "true 또는 false여야 합니다.",
    "list_type": "목록이어야 합니다.",
    "dict_type": "객체여야 합니다.",
    "model_type": "객체여야 합니다.",
    "model_attributes_type": "객체여야 합니다.",
    "too_short": "{min_length}개 이상이어야 합니다.",
    "too_long": "{max_length}개 이하여야 합니다.",
    "greater_than_equal": "{ge} 이상이어야 합니다.",
    "greater_than": "{gt}보다 커야 합니다.",
    "less_than_equal": "{le} 이하여야 합니다.",
    "less_than": "{lt}보다 작아야 합니다.",
    "datetime_type": "날짜와 시각이어야 합니다. 예: 2022-01-01T01:00",
    "datetime_parsing": "존재하지 않거나 읽을 수 없는 날짜와 시각입니다. 예: 2022-01-01T01:00",
    "datetime_from_date_parsing": "존재하지 않거나 읽을 수 없는 날짜와 시각입니다. 예: 2022-01-01T01:00",
    "literal_error": "사용할 수 없는 값입니다. 가능한 값: {expected}",
    "year_range": "연도는 {first}년부터 {last}년까지 가능합니다.",
    "moment_missing": "사고일시가 없습니다. occurred_at 또는 연·월·일·시를 모두 보내주세요.",
    "no_such_date": "존재하지 않는 날짜입니다: {date}",
    "contradiction": "사고일시와 맞지 않습니다. 사고일시에 따르면 {expected}입니다.",
}
_FIELD_OF_TYPE = {"moment_missing": "occurred_at", "no_such_date": "accident_day"}
_SHOWN = 60


def invalid_input(error: ValidationError) -> InvalidInput:
    """Returns a validation error as HAB's own, with a Korean message for each field."""
    return invalid_input_of(error.errors(include_url=False))


def invalid_input_of(errors: Sequence[ErrorDetails | dict[str, Any]]) -> InvalidInput:
    """Returns pydantic's error list as HAB's own; the first one gives the message."""
    details = [_detail(dict(error)) for error in errors]
    first = details[0]
    prefix = f"{first['field']}: " if first["field"] else ""
    return InvalidInput(prefix + first["message"], details=details)


def _detail(error: dict[str, Any]) -> ErrorDetail:
    """Returns one complaint as field, Korean message and, where they are known, the valid values."""
    context = error.get("ctx") or {}
    kind = error["type"]
    message = _MESSAGES.get(kind, "올바르지 않은 값입니다.").format_map(context)
    if "input" in error and kind in ("one_of", "datetime_parsing", "datetime_from_date_parsing"):
        message = f"{message} (입력값: {str(error['input'])[:_SHOWN]})"
    field = context.get("field") or _FIELD_OF_TYPE.get(kind) or _path(error.get("loc", ()))
    detail: ErrorDetail = {"field": field, "message": message}
    if kind == "one_of":
        detail["valid_values"] = context["valid_values"]
    elif kind == "contradiction":
        detail["valid_values"] = [context["expected"]]
    return detail


def _path(location: Sequence[str | int]) -> str:
    """Returns the place of a field as dotted text, without the part of the request it came in."""
    parts = list(location)
    if len(parts) > 1 and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(str(part) for part in parts)
