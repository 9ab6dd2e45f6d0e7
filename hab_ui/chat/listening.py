"""Live events read in a thread of their own, so that a page can be stopped while nothing is said."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue

from hab_core.schemas.chat import ChatEvent

_PAUSE = 0.25
_Heard = ChatEvent | BaseException | None


def listen(events: Iterable[ChatEvent]) -> Iterator[ChatEvent | None]:
    """Gives each event as it comes, and None for every quarter of a second of silence.

    Where the reader goes away, the source is not read on; it is the reader's to close.

    Raises:
        HabError: What the source raised.
    """
    heard: SimpleQueue[_Heard] = SimpleQueue()
    gone = threading.Event()
    threading.Thread(target=_read, args=(events, heard, gone), name="hab-chat-stream", daemon=True).start()
    try:
        yield from _received(heard)
    finally:
        gone.set()


def _received(heard: SimpleQueue[_Heard]) -> Iterator[ChatEvent | None]:
    """Gives what the thread has heard until it has ended."""
    while True:
        try:
            item = heard.get(timeout=_PAUSE)
        except Empty:
            yield None
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        yield item


def _read(events: Iterable[ChatEvent], heard: SimpleQueue[_Heard], gone: threading.Event) -> None:
    """Passes events on, then what went wrong, then the end."""
    try:
        for event in events:
            if gone.is_set():
                break
            heard.put(event)
    except Exception as error:  # noqa: BLE001  # raised again where it is heard
        heard.put(error)
    finally:
        heard.put(None)
