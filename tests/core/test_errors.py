"""The error tree is complete, drawn as it is, and each error knows what to say."""

from __future__ import annotations

import re

import pytest

from hab_core import errors
from hab_core.errors import HabError, InvalidInput, QueueFull, all_errors

LEAVES = [error for error in all_errors() if not error.__subclasses__()]


def test_codes_are_unique_and_messages_korean() -> None:
    codes = [error.code for error in LEAVES]
    assert len(codes) == len(set(codes))
    for error in LEAVES:
        assert re.search("[가-힣]", error().message), error


def test_the_drawing_shows_every_class_with_its_status_and_code() -> None:
    drawing = errors.__doc__ or ""
    for error in all_errors()[1:]:
        line = next(line for line in drawing.splitlines() if re.search(rf"─ {error.__name__}\b", line))
        if error in LEAVES and error.status:
            assert str(error.status) in line
            assert line.split()[-1] == error.code


@pytest.mark.parametrize("error", [e for e in LEAVES if e.status in (429, 503)], ids=lambda e: e.__name__)
def test_what_may_be_tried_again_says_when(error: type[HabError]) -> None:
    assert error().retry_after is not None
    assert error(retry_after=9).retry_after == 9


def test_facts_are_attributes() -> None:
    error = InvalidInput.of("weather", "사용할 수 없는 값입니다.", ["맑음"])
    assert error.status == 422
    assert error.details == [{"field": "weather", "message": "사용할 수 없는 값입니다.", "valid_values": ["맑음"]}]
    assert str(QueueFull()) == "서버가 혼잡합니다. 잠시 후 다시 시도해주세요"
