"""Server-sent events are read as the standard says, however the bytes are cut."""

from __future__ import annotations

import pytest

from hab_client._sse import ServerEvent, read_events

STREAM = (
    "id: 7\n: 주석\nevent: text\ndata: 첫째 줄\ndata:둘째 줄\ndata:  두 칸\n\n"
    "event: only a name\n\n"
    "data\n\n"
    "retry: 5\nunknown: x\nid: a\0b\ndata: 끝\n\n"
    "data: cut off"
)
EVENTS = [
    ServerEvent("7", "text", "첫째 줄\n둘째 줄\n 두 칸"),
    ServerEvent("7", "message", ""),
    ServerEvent("7", "message", "끝"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_events_however_lines_end_and_pieces_are_cut(end: str, mark: str) -> None:
    content = (mark + STREAM.replace("\n", end)).encode()
    assert list(read_events([content[i : i + 1] for i in range(len(content))])) == EVENTS
    for cut in range(len(content)):
        assert list(read_events([content[:cut], b"", content[cut:]])) == EVENTS


def test_an_event_is_given_before_the_next_piece_is_asked_for() -> None:
    def pieces() -> list[bytes]:
        raise AssertionError("asked for more than it needed")

    def body() -> object:
        yield b"data: 1\r\n\r"
        yield pieces()

    assert next(read_events(body())) == ServerEvent("", "message", "1")  # type: ignore[arg-type]  # ends by raising


def test_letters_that_are_none_do_not_end_the_stream() -> None:
    assert [event.data for event in read_events([b"data: \xff\xfe\n\ndata: 1\n\n"])] == ["\ufffd\ufffd", "1"]
