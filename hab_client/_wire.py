"""What comes back over the wire: bytes in, the fields of an answer or the error of the tree out. No HTTP library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hab_core.errors import HabError, InternalError, UnexpectedAnswer, all_errors

if TYPE_CHECKING:
    from hab_core.schemas.common import ErrorBody

_WRONG_SERVER = UnexpectedAnswer.default_message


@dataclass(frozen=True)
class Received:
    """One answer as it came: status, headers in lower case, the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """The id that the server gave the request."""
        return self.headers.get("x-request-id")


def read_json(received: Received) -> dict[str, Any]:
    """Returns the fields of a successful answer.

    Raises:
        HabError: The failure that the answer speaks of, in its own class.
        UnexpectedAnswer: It is no answer of HAB.
    """
    fields = _fields(received)
    if received.status < 300 and fields is not None and fields.get("success") is True:
        return fields
    raise _failure(received, fields)


def read_text(received: Received) -> str:
    """Returns a plain-text body; raises as :func:`read_json` does."""
    if received.status < 300 and received.headers.get("content-type", "").startswith("text/plain"):
        return received.body.decode(errors="replace")
    raise _failure(received, _fields(received))


def require_type(received: Received, media_type: str) -> None:
    """Makes sure that a download is of ``media_type``; raises as :func:`read_json` does."""
    if received.status >= 300 or not received.headers.get("content-type", "").startswith(media_type):
        raise _failure(received, _fields(received))


def error_of(said: ErrorBody, request_id: str | None) -> HabError:
    """Returns the error that an answer which began well speaks of; its status is that of its class."""
    status = _by_code().get(said.code, InternalError).status
    return _known(Received(status, {}, b""), said.model_dump(), request_id)


def _fields(received: Received) -> dict[str, Any] | None:
    """Returns the JSON object of a body, or None where it is none."""
    try:
        value = json.loads(received.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _failure(received: Received, fields: dict[str, Any] | None) -> HabError:
    """Returns the error of an answer that is not the success that was asked for."""
    said = (fields or {}).get("error")
    if received.status >= 400 and isinstance(said, dict) and isinstance(said.get("code"), str):
        return _known(received, said, str((fields or {}).get("request_id") or "") or received.request_id)
    error = UnexpectedAnswer(
        _unexpected_message(received), request_id=received.request_id, retry_after=_retry_after(received)
    )
    error.__dict__["status"] = received.status
    return error


def _known(received: Received, said: dict[str, Any], request_id: str | None) -> HabError:
    """Returns the class of the tree for a failure's code, or for its status where a newer server has a new code."""
    code, message = said["code"], said.get("message")
    details = [d for d in said.get("details") or () if isinstance(d, dict) and {"field", "message"} <= d.keys()]
    cls = _by_code().get(code) or _of_status(received.status)
    error = cls(
        message if isinstance(message, str) else None,
        details=details,  # type: ignore[arg-type]  # checked above: each has field and message
        request_id=request_id,
    )
    error.retry_after = _retry_after(received)  # what the server said, not what HAB's own servers usually say
    if (error.code, error.status) != (code, received.status):
        error.__dict__.update(code=code, status=received.status)
    return error


@cache
def _by_code() -> dict[str, type[HabError]]:
    """Returns the classes that a server speaks of, by their codes."""
    return {cls.code: cls for cls in all_errors() if cls.status}


def _of_status(status: int) -> type[HabError]:
    """Returns the most general class of a status."""
    general = (cls for cls in all_errors() if cls.status == status)
    return next(general, InternalError if status >= 500 else HabError)


def _unexpected_message(received: Received) -> str:
    """Returns the sentence for an answer that HAB did not give; of a redirect it names the new host."""
    location = urlsplit(received.headers.get("location", ""))
    if 300 <= received.status < 400 and location.hostname:
        return f"{_WRONG_SERVER} ({location.scheme}://{location.netloc.rpartition('@')[2]} 주소로 옮겨졌습니다.)"
    return f"{_WRONG_SERVER} (HTTP {received.status})"


def _retry_after(received: Received) -> int | None:
    """Returns the seconds of a ``Retry-After`` header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    text = received.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round((aware - datetime.now(UTC)).total_seconds()))
