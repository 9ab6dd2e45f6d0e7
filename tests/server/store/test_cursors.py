"""Cursors come back as they went out; anything else is the caller's mistake, never a failure of the database."""

from __future__ import annotations

import base64
import json

import pytest

from hab_core.errors import InvalidInput
from hab_server.store.cursors import encode_cursor, id_after, position_after
from hab_server.store.ids import new_id


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_round_trip() -> None:
    prediction_id = new_id("pred")
    assert id_after(encode_cursor(prediction_id)) == prediction_id
    assert [position_after(encode_cursor(position)) for position in (0, 7, 99_999)] == [0, 7, 99_999]
    assert encode_cursor(prediction_id).isascii()


BAD = ["", "x", "====", "한글", "!!!!", "\x00", encoded([]), encoded({}), encoded(None), encoded(["a", 1]), "W" * 4001]


@pytest.mark.parametrize("cursor", [*BAD, encoded([7]), encoded(["pred_\x00"]), encoded(["pred_' OR 1=1"]), "WzFd"])
def test_what_is_no_cursor_of_ids_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        id_after(cursor)
    assert [detail["field"] for detail in caught.value.details] == ["cursor"]


@pytest.mark.parametrize(
    "cursor", [*BAD, encoded(["pred_1"]), encoded([-1]), encoded([2**31]), encoded([True]), encoded([1.5])]
)
def test_what_is_no_cursor_of_positions_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        position_after(cursor)
    assert [detail["field"] for detail in caught.value.details] == ["cursor"]
