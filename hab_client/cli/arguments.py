"""What people type, as the values that a tool or a condition takes: ``top_n=5``, ``요일==금요일``, ``@file.json``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hab_core.errors import InvalidInput

if TYPE_CHECKING:
    from hab_core.schemas.datasets import ColumnKind, DatasetDetail

_COMPARISON = re.compile(r"\s*(.+?)\s*(==|!=|>=|<=|>|<|=|\s(?:in|between|contains)\s)\s*(.+?)\s*", re.DOTALL)
_PRESENCE = re.compile(r"\s*(.+?)\s+(is_null|not_null)\s*", re.DOTALL)
_TRUTHS = {"true": True, "1": True, "예": True, "false": False, "0": False, "아니오": False}
_HOW = "예: 요일==금요일, '사망자수>=1', '기상상태 in 비,눈', '사고일시 between 2021-01,2021-03', '도로형태 is_null'"


def read_arguments(texts: Sequence[str], whole: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a tool.

    Args:
        texts: ``name=value``, each read as ``schema`` says; a name that stands several times makes a list.
        whole: All of them as a JSON object, or ``@`` and the file that holds it (``@-`` is stdin); ``texts`` overrule.
        schema: The JSON Schema of the tool's arguments.

    Raises:
        InvalidInput: Something cannot be read; the message names it.
    """
    arguments = {} if whole is None else _object(whole)
    typed: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InvalidInput.of("arg", f"--arg는 이름=값 형식으로 써주세요: {text}")
        typed.setdefault(name.strip(), []).append(value)
    known = schema.get("properties", {})
    for name, values in typed.items():
        arguments[name] = _argument(name, values, _alternatives(known.get(name, {})))
    return arguments


def read_conditions(texts: Sequence[str], profile: Callable[[], DatasetDetail]) -> list[Any]:
    """Returns the conditions that ``texts`` hold, to be joined by and.

    Args:
        texts: Each a comparison (``요일==금요일``, ``사망자수>=1``, ``기상상태 in 비,눈``), or a JSON object or list.
        profile: Gives what is known of the columns; called where a comparison's value has to be read.

    Raises:
        InvalidInput: A text is neither.
    """
    found: list[Any] = []
    kinds: dict[str, ColumnKind] | None = None
    for text in texts:
        if text.lstrip().startswith(("[", "{")):
            conditions = _json("where", text)
            found += conditions if isinstance(conditions, list) else [conditions]
        else:
            kinds = _kinds(profile()) if kinds is None else kinds
            found.append(_comparison(text, kinds))
    return found


def _comparison(text: str, kinds: Mapping[str, ColumnKind]) -> dict[str, Any]:
    """Returns a typed comparison as a condition."""
    if match := _PRESENCE.fullmatch(text):
        return {"column": match[1], "operator": match[2]}
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise InvalidInput.of("where", f"조건을 읽을 수 없습니다: {text} ({_HOW})")
    from hab_core.schemas.datasets import NUMERIC_KINDS

    column, operator, value = match[1], match[2].strip(), match[3]
    read = _number if kinds.get(column) in NUMERIC_KINDS else str
    several = operator in ("in", "between")
    values = [read(part.strip()) for part in value.split(",")] if several else read(value)
    return {"column": column, "operator": "==" if operator == "=" else operator, "value": values}


def _kinds(profile: DatasetDetail) -> dict[str, ColumnKind]:
    """Returns the kinds of the stored and derived columns by their names."""
    stored: dict[str, ColumnKind] = {column.name: column.kind for column in profile.column_profiles}
    return stored | {column.name: column.kind for column in profile.derived_columns}


def _number(text: str) -> Any:
    """Returns a number; what is none is left for the server to refuse by name."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else number


def _argument(name: str, values: Sequence[str], kinds: Mapping[str, Mapping[str, Any]]) -> Any:
    """Returns what was typed for one argument; ``kinds`` are the types that it may have."""
    if "array" not in kinds:
        if len(values) > 1:
            raise InvalidInput.of(name, f"{name}은(는) 값 하나만 받습니다.")
        return _scalar(name, values[0], kinds)
    if values[0].lstrip().startswith("["):
        return _json(name, values[0])
    scalars = {kind: schema for kind, schema in kinds.items() if kind != "array"}
    parts = [part.strip() for value in values for part in value.split(",")]
    if len(parts) == 1 and scalars.keys() - {"null"}:
        return _scalar(name, parts[0], scalars)
    items = _alternatives(kinds["array"].get("items", {}))
    if "object" in items:
        return [each for value in values for each in _listed(_json(name, value))]
    return [_scalar(name, part, items) for part in parts]


def _scalar(name: str, text: str, kinds: Mapping[str, Any]) -> Any:
    """Returns a single value of one of the types ``kinds``."""
    if "null" in kinds and text == "null":
        return None
    if "string" in kinds or not kinds:
        return text
    if "boolean" in kinds:
        if text.lower() not in _TRUTHS:
            raise InvalidInput.of(name, f"{name}에는 true 또는 false를 써주세요: {text}")
        return _TRUTHS[text.lower()]
    if not kinds.keys() & {"integer", "number"}:
        return _json(name, text)
    number = _number(text)
    if isinstance(number, str):
        raise InvalidInput.of(name, f"{name}에는 숫자를 써주세요: {text}")
    return number


def _alternatives(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Returns the types that a JSON Schema allows, each with its part of the schema."""
    if "type" in schema:
        return {str(schema["type"]): schema}
    found: dict[str, Mapping[str, Any]] = {}
    for each in schema.get("anyOf", ()):
        found.update(_alternatives(each))
    return found


def _object(whole: str) -> dict[str, Any]:
    """Returns a JSON object that is typed, or lies in the file after ``@``."""
    value = _json("arguments", _content(whole[1:]) if whole.startswith("@") else whole)
    if not isinstance(value, dict):
        raise InvalidInput.of("arguments", '--arguments에는 JSON 객체를 써주세요. 예: {"column": "요일"}')
    return value


def _content(path: str) -> str:
    """Returns the text of a file, or of stdin for ``-``."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput.of("arguments", f"파일을 읽을 수 없습니다: {path} ({reason})") from None


def _json(name: str, text: str) -> Any:
    """Returns what a JSON text holds."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.of(name, f"{name}: JSON으로 읽을 수 없습니다 ({error})") from None


def _listed(value: Any) -> list[Any]:
    """Returns a list, made of a single thing where it is none."""
    return value if isinstance(value, list) else [value]
