"""The events of one request, in their order and each once, over as many connections as it takes."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from hab_client._retries import NotAnswered
from hab_client._sse import ServerEvent, read_events
from hab_client._transport import LAST_EVENT, Call
from hab_client._wire import Received
from hab_core.errors import ConnectionFailed, RequestTimeout

if TYPE_CHECKING:
    from hab_client._transport import Transport

SILENCE_SECONDS = 30.0
"""A connection without a byte for so long is dead: the server sends a comment every 10 s."""


class Events:
    """An iterator of events; nothing is sent before the first is asked for.

    Where the connection breaks after an event, the same request goes on after that event; the tries and pauses are
    those of every request, counted anew from each event that arrives.
    """

    def __init__(self, transport: Transport, call: Call, final: Collection[str], seconds: float) -> None:
        """Takes the request, the names of the events that end it, and how long each event may be waited for."""
        self._transport = transport
        self._call = replace(call, seconds=SILENCE_SECONDS)
        self._final = final
        self._seconds = seconds
        self._deadline = 0.0
        self._reading: Generator[ServerEvent] | None = None
        self._closed = False
        self.head: Received | None = None

    def __iter__(self) -> Iterator[ServerEvent]:
        """Gives the events that are left."""
        return self

    def __next__(self) -> ServerEvent:
        """Returns the next event.

        Raises:
            HabError: What failed.
        """
        if self._closed:
            raise StopIteration
        self._deadline = time.monotonic() + self._seconds
        try:
            event = self._next()
        except BaseException:
            self.close()
            raise
        if event.name in self._final:
            self.close()
        elif event.id:
            self._call = replace(self._call, headers={**self._call.headers, LAST_EVENT: event.id})
        return event

    def close(self) -> None:
        """Ends the connection; may be called twice, and while another thread reads, which stops at its next piece."""
        self._closed = True
        if self._reading is not None:
            with suppress(ValueError):  # the other thread is inside the generator, which looks at ``_closed``
                self._reading.close()

    def _next(self) -> ServerEvent:
        """Returns the next event, from a new connection where there is none or the present one breaks."""
        if self._reading is not None:
            try:
                return self._read(self._reading)
            except NotAnswered:
                self._reading = None
        return self._transport.with_tries(self._call, self._attempt)

    def _attempt(self, connecting: float) -> ServerEvent:
        """Connects and returns the first event."""
        self._reading = self._connected(connecting)
        return self._read(self._reading)

    def _read(self, reading: Iterator[ServerEvent]) -> ServerEvent:
        """Returns the next event of a connection.

        Raises:
            NotAnswered: The connection broke, and another may go on.
        """
        error: ConnectionFailed | RequestTimeout
        try:
            return next(reading)
        except StopIteration:
            error = ConnectionFailed()
        except (ConnectionFailed, RequestTimeout) as broken:
            error = broken
        if self._closed:
            raise StopIteration
        if not self._call.repeatable or time.monotonic() > self._deadline:
            raise error from None
        raise NotAnswered(error, reached=True) from None

    def _connected(self, connecting: float) -> Generator[ServerEvent]:
        """Gives the events of a new connection."""
        with closing(self._transport.stream(self._call, "text/event-stream", connecting)) as pieces:
            yield from read_events(self._watched(pieces))

    def _watched(self, pieces: Iterator[Received | bytes]) -> Iterator[bytes]:
        """Gives the bytes; stops where the reader is gone, raises where comments keep coming but no event does."""
        for piece in pieces:
            if self._closed:
                return
            if time.monotonic() > self._deadline:
                raise RequestTimeout
            if isinstance(piece, Received):
                self.head = piece
            else:
                yield piece
