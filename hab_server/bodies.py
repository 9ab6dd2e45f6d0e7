"""Request bodies, read strictly: what JSON leaves open (duplicate names, NaN, NUL) is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Message

from hab_core.errors import BodyTooLarge, HabError, InvalidInput, MalformedJson, UnsupportedFileType
from hab_core.schemas.validation import invalid_input

MAX_JSON_BYTES = 20 * 1024 * 1024
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
Model = TypeVar("Model", bound=BaseModel)


def bounded(request: Request, limit: int, error: HabError) -> Request:
    """Returns ``request`` with a body that raises ``error`` once more than ``limit`` bytes were announced or came."""
    if _announced(request) > limit:
        raise error
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise error
        return message

    return Request(request.scope, receive)


async def read_json(request: Request, limit: int = MAX_JSON_BYTES) -> bytes:
    """Returns the bytes of a JSON body of at most ``limit`` bytes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedFileType("Content-Type: application/json 형식으로 보내주세요.")
    if _announced(request) > limit:
        raise BodyTooLarge
    parts, received, more = [], 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        received += len(parts[-1])
        if received > limit:
            raise BodyTooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


def parse_json(body: bytes) -> Any:
    """Returns the JSON value of ``body``.

    Raises:
        MalformedJson: The body is not JSON, is nested too deeply or is not UTF-8.
        InvalidInput: A name stands twice in one object, or a text holds NUL or half a surrogate pair, or a number is
            NaN or infinite.
    """
    try:
        value = _DECODER.decode(body.decode(json.detect_encoding(body)))
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    if b"\\u0000" in body:
        raise InvalidInput("제어 문자(NUL)는 사용할 수 없습니다.")
    if _SURROGATE.search(body):
        _refuse_lone_surrogates(value)
    return value


def parse_model(model: type[Model], body: bytes) -> Model:
    """Returns ``body`` as ``model``; raises as :func:`parse_json` does, and where a field breaks a rule."""
    return model_of(model, parse_json(body))


def model_of(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Returns values that came otherwise than as JSON as ``model``; raises InvalidInput where one breaks a rule."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid_input(error) from error


def flag(request: Request, name: str, *, default: bool) -> bool:
    """Returns a query parameter that is true or false; raises InvalidInput where it is neither."""
    text = _query(request.scope["query_string"]).get(name)
    if text is None:
        return default
    if text.lower() not in _FLAGS:
        raise InvalidInput.of(name, "true 또는 false여야 합니다.", ["true", "false"])
    return _FLAGS[text.lower()]


def request_body(model: type[BaseModel]) -> dict[str, Any]:
    """Returns the OpenAPI description of a JSON body that the route reads itself."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@lru_cache(maxsize=256)
def _query(text: bytes) -> dict[str, str]:
    """Returns the parameters of a query, the last of a name; callers send the same few queries again and again."""
    return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True))


def _announced(request: Request) -> int:
    """Returns the length that a request says its body has; 0 where it says none."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isdecimal() else 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object's pairs as a dictionary; raises where a name stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput.of(twice, f"같은 이름의 항목이 두 번 있습니다: {twice[:60]}")
    return found


def _refuse_constant(name: str) -> NoReturn:
    """Raises for NaN and the infinities, which JSON does not have."""
    raise InvalidInput(f"숫자로 사용할 수 없는 값입니다: {name}")


def _refuse_lone_surrogates(value: Any) -> None:
    """Raises where a text cannot be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("올바른 유니코드 문자열이 아닙니다.") from error


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
"""Made once: ``json.loads`` makes a decoder at each call that has hooks."""
