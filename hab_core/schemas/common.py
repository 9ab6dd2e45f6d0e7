"""What the shapes of every domain share: strict requests, tolerant answers, pages, error bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hab_core.errors import ErrorDetail

MAX_TEXT = 10_000
PAGE_LIMIT_DEFAULT = 50
PAGE_LIMIT_MAX = 200

Item = TypeVar("Item")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class RequestModel(BaseModel):
    """Base of everything a caller sends: unknown fields, loose types and NaN are refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        str_strip_whitespace=True,
        str_max_length=MAX_TEXT,
        allow_inf_nan=False,
    )


class AnswerModel(BaseModel):
    """Base of everything HAB answers: fields that a newer server adds are ignored by an older client."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())


def refuse_control_characters(text: str) -> str:
    """Returns ``text``; raises a validation error where it holds NUL or another control character."""
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return text


Text = Annotated[str, AfterValidator(refuse_control_characters)]
"""Text without NUL and control characters, which PostgreSQL cannot store."""


@dataclass(frozen=True)
class OneOf:
    """Annotation of a text type that accepts only ``values`` and names them when it refuses."""

    values: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Checks membership after the text itself was validated."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Documents the values as an enumeration."""
        return {**handler(schema), "enum": list(self.values)}

    def _check(self, text: str) -> str:
        """Returns ``text``; raises where it is none of the values."""
        if text not in self.values:
            raise PydanticCustomError("one_of", "not a known value", {"valid_values": list(self.values)})
        return text


def to_rfc3339(moment: datetime) -> str:
    """Returns an aware moment as RFC 3339 text in UTC with a trailing ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[datetime, PlainSerializer(to_rfc3339, return_type=str, when_used="json")]
"""An aware moment, written in UTC."""


def utc_now() -> datetime:
    """Returns the present moment, aware, in UTC."""
    return datetime.now(UTC)


class Envelope(AnswerModel):
    """The fields that every JSON answer carries beside its own."""

    success: bool
    timestamp: Timestamp
    request_id: str


class ErrorBody(AnswerModel):
    """What a failure says: a stable code, a Korean message, and where the input is wrong."""

    code: str
    message: str
    details: list[ErrorDetail] = Field(default_factory=list)


class ErrorAnswer(Envelope):
    """The body of every answer that is not a success."""

    error: ErrorBody


class Page(AnswerModel, Generic[Item]):
    """A slice of a list; ``next_cursor`` is opaque and null at the end."""

    items: list[Item]
    next_cursor: str | None = None
