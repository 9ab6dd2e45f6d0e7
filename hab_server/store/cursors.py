"""Opaque cursors: where the next page of a list begins."""

from __future__ import annotations

import base64
import json
import re
from typing import Final

from hab_core.errors import InvalidInput

_ID: Final = re.compile(r"[a-z]+_[0-9a-zA-Z]{1,58}")
_LARGEST: Final = 2**31 - 1
"""Largest INTEGER of PostgreSQL."""


def encode_cursor(place: str | int) -> str:
    """Returns the cursor of the page after the row with this id or position."""
    return base64.urlsafe_b64encode(json.dumps([place]).encode()).decode().rstrip("=")


def id_after(cursor: str) -> str:
    """Returns the id a cursor holds.

    Raises:
        InvalidInput: it is not a cursor of such a list.
    """
    place = _decode(cursor)
    if isinstance(place, str) and _ID.fullmatch(place):
        return place
    raise _invalid()


def position_after(cursor: str) -> int:
    """Returns the position (0 or more) a cursor holds.

    Raises:
        InvalidInput: it is not a cursor of such a list.
    """
    place = _decode(cursor)
    if isinstance(place, int) and not isinstance(place, bool) and 0 <= place <= _LARGEST:
        return place
    raise _invalid()


def _decode(cursor: str) -> object:
    """Returns what was encoded, or None where nothing was."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        written = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    return written[0] if isinstance(written, list) and len(written) == 1 else None


def _invalid() -> InvalidInput:
    return InvalidInput.of("cursor", "올바르지 않은 cursor입니다. 이전 응답의 next_cursor를 그대로 보내주세요.")
