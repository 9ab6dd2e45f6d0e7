"""What an answer tells while it is made: text as it grows, tools as they start and end."""

from __future__ import annotations

from collections.abc import Callable

from hab_core.schemas.chat import TextEvent, ToolEndEvent, ToolStartEvent

AnswerEvent = TextEvent | ToolStartEvent | ToolEndEvent
Emit = Callable[[AnswerEvent], None]


def unheard(_event: AnswerEvent) -> None:
    """Takes an event that nobody listens to."""
