"""An answer while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from hab_client._closing import Closing
from hab_client._wire import error_of
from hab_client.answers import ChatAnswer
from hab_core.errors import UnexpectedAnswer
from hab_core.schemas.chat import (
    ChatEvent,
    DoneEvent,
    ErrorEvent,
    StartEvent,
    TextEvent,
    ToolEndEvent,
    ToolStartEvent,
)

if TYPE_CHECKING:
    from hab_client._events import Events
    from hab_client._sse import ServerEvent

FINAL = frozenset(("done", "error"))
"""The events after which nothing comes."""
_NAMES = FINAL | {"start", "text", "tool_start", "tool_end"}
Event = StartEvent | TextEvent | ToolStartEvent | ToolEndEvent | DoneEvent


@cache
def _events() -> TypeAdapter[Event | ErrorEvent]:
    """Returns what reads the data of an event."""
    return TypeAdapter(ChatEvent)


class ChatStream(Closing):
    """The events of one answer, in order; made by ``client.chat.stream``.

    A connection that breaks is taken up again where it broke, so no text is lost or comes twice. Closing the stream,
    which leaving its ``with`` block does, stops the reading; the server then stops the answer and keeps what there is.

    Attributes:
        text: The answer as far as it is written.
        answer: The whole answer, once it is there.
        conversation_id: The conversation, from the first event on.
        message_id: The message of the answer, from the first event on.
    """

    def __init__(self, events: Events) -> None:
        """Takes the events as they come over the wire."""
        self._events = events
        self.text = ""
        self.answer: ChatAnswer | None = None
        self.conversation_id: str | None = None
        self.message_id: str | None = None

    def __iter__(self) -> Iterator[Event]:
        """Gives the events that are left."""
        return self

    def __next__(self) -> Event:
        """Returns the next event.

        Raises:
            HabError: There is no answer, and why: what the stream says of it, in its own class, or how it broke.
        """
        raw = next(self._events)
        while raw.name not in _NAMES:  # a newer server may tell more
            raw = next(self._events)
        event = self._read(raw)
        if isinstance(event, ErrorEvent):
            raise error_of(event.error, self._request_id)
        self._keep(event)
        return event

    def finish(self) -> ChatAnswer:
        """Reads what is left and returns the whole answer.

        Raises:
            HabError: There is none, and why.
        """
        for _ in self:
            pass
        if self.answer is None:
            raise UnexpectedAnswer("이미 닫힌 응답입니다. 다시 질문해주세요.")
        return self.answer

    def close(self) -> None:
        """Stops the reading; may be called twice, and from another thread."""
        self._events.close()

    def __repr__(self) -> str:
        state = "done" if self.answer else f"{len(self.text)} letters so far"
        return f"<ChatStream {self.message_id or 'not begun'}, {state}>"

    def _read(self, raw: ServerEvent) -> Event | ErrorEvent:
        """Returns an event of the wire as the schema has it; raises UnexpectedAnswer where it is none of HAB's."""
        try:
            event: Event | ErrorEvent = _events().validate_json(raw.data)
        except ValidationError:
            self.close()
            raise UnexpectedAnswer(request_id=self._request_id) from None
        return event

    def _keep(self, event: Event) -> None:
        """Takes what the attributes tell from an event."""
        if isinstance(event, StartEvent):
            self.conversation_id, self.message_id = event.conversation_id, event.message_id
        elif isinstance(event, TextEvent):
            self.text = event.text if event.replace else self.text + event.text
        elif isinstance(event, DoneEvent):
            self.answer = ChatAnswer.model_validate({**dict(event.answer), "request_id": self._request_id})
            self.text = self.answer.response

    @property
    def _request_id(self) -> str | None:
        """The request that is answered."""
        return self._events.head.request_id if self._events.head else None
