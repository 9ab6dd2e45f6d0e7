from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hab_core.errors import LlmTimeout
from hab_core.schemas.chat import ChatEvent, TextEvent
from hab_ui.chat.listening import listen
from tests.running import wait_until


def test_events_come_in_order_and_the_end_ends() -> None:
    events = [TextEvent(text=str(number)) for number in range(5)]
    assert [event for event in listen(events) if event is not None] == events


def test_silence_gives_the_page_its_turn() -> None:
    said = threading.Event()

    def slow() -> Iterator[ChatEvent]:
        said.wait(30)
        yield TextEvent(text="늦은 말")

    heard = listen(slow())
    assert next(heard) is None
    said.set()
    assert [event for event in heard if event is not None] == [TextEvent(text="늦은 말")]


def test_a_failure_is_raised_where_it_is_heard() -> None:
    def failing() -> Iterator[ChatEvent]:
        yield TextEvent(text="처음")
        raise LlmTimeout

    heard = listen(failing())
    assert next(heard) == TextEvent(text="처음")
    with pytest.raises(LlmTimeout):
        list(heard)


def test_a_source_whose_reader_is_gone_is_closed_with_its_next_event() -> None:
    closed, go_on = threading.Event(), threading.Event()

    def endless() -> Iterator[ChatEvent]:
        try:
            while True:
                yield TextEvent(text="말")
                go_on.wait(30)
        finally:
            closed.set()

    heard = listen(endless())
    assert next(heard) is not None
    heard.close()  # type: ignore[attr-defined]  # a generator
    assert not closed.is_set()
    go_on.set()
    wait_until(closed.is_set)
