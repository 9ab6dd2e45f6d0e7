from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from hab_core.errors import LlmTimeout
from hab_core.schemas.chat import ChatEvent, TextEvent
from hab_ui.chat.listening import listen


def first_of(heard: Iterator[ChatEvent | None]) -> ChatEvent:
    """Returns the first event, however long the source was silent before it."""
    return next(event for event in heard if event is not None)


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
    assert first_of(heard) == TextEvent(text="처음")
    with pytest.raises(LlmTimeout):
        list(heard)


def test_a_source_whose_reader_is_gone_is_not_read_on() -> None:
    asked, go_on = [], threading.Event()

    def endless() -> Iterator[ChatEvent]:
        while True:
            asked.append(threading.current_thread())
            yield TextEvent(text="말")
            go_on.wait(30)

    heard = listen(endless())
    assert first_of(heard) == TextEvent(text="말")
    heard.close()  # type: ignore[attr-defined]  # a generator
    go_on.set()
    asked[0].join(30)
    assert not asked[0].is_alive()
    assert len(asked) <= 2
