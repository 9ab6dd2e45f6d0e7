"""JSON is read strictly."""

from __future__ import annotations

import pytest

from hab_core.errors import HabError, InvalidInput, MalformedJson
from hab_server.bodies import parse_json


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", MalformedJson),
        (b"{", MalformedJson),
        (b"[" * 100_000 + b"]" * 100_000, MalformedJson),
        ('{"a": "비"}'.encode("cp949"), MalformedJson),
        (b'{"a": ' + b"9" * 5000 + b"}", MalformedJson),
        (b'{"a": NaN}', InvalidInput),
        (b'{"a": -Infinity}', InvalidInput),
        (b'{"a": 1, "a": 2}', InvalidInput),
        (b'{"a": {"b": 1, "b": 1}}', InvalidInput),
        (b'{"a": "x\\u0000"}', InvalidInput),
        (b'{"a": "\\ud800"}', InvalidInput),
        (b'{"\\udc00": 1}', InvalidInput),
    ],
    ids=[
        "empty",
        "open",
        "deep",
        "cp949",
        "5,000 digits",
        "NaN",
        "infinity",
        "twice",
        "twice inside",
        "NUL",
        "surrogate",
        "surrogate name",
    ],
)
def test_what_json_leaves_open_is_refused(body: bytes, error: type[HabError]) -> None:
    with pytest.raises(error):
        parse_json(body)


@pytest.mark.parametrize(
    "body",
    ['{"a": "비"}'.encode(), '{"a": "비"}'.encode("utf-8-sig"), '{"a": "비"}'.encode("utf-16"), b'{"a": "\\ube44"}'],
    ids=["utf-8", "bom", "utf-16", "escaped"],
)
def test_every_encoding_of_json_is_read(body: bytes) -> None:
    assert parse_json(body) == {"a": "비"}


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse_json(b'"\\ud83d\\ude97"') == "🚗"
