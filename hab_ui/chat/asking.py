"""Asking a question, and its answer while it is written."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from hab_client import ConnectionFailed, Conversation, HabClient, HabError
from hab_client.phrases import failure, tool_facts
from hab_core.schemas.chat import ChatEvent, StartEvent, TextEvent, ToolCall, ToolEndEvent, ToolStartEvent
from hab_ui.chat import conversations
from hab_ui.chat.access import Access
from hab_ui.chat.listening import listen
from hab_ui.chat.messages import AVATARS
from hab_ui.markdown import safe

_LEFT, _FAILED = "chat_left", "chat_failed"


@dataclass
class Left:
    """An answer as far as it has come, for where the page is left before its end: the server has it only later.

    It is kept from the start and filled on the way: Streamlit ends a run that is left before it could keep anything.

    Attributes:
        conversation_id: The conversation it belongs to, once that is known.
        text: What has come.
    """

    conversation_id: str | None = None
    text: str = ""


@dataclass
class Question:
    """What is asked, and about what.

    Attributes:
        text: The question.
        dataset_ids: The datasets of a new conversation.
        conversation: The conversation it is asked in; None begins one.
    """

    text: str
    dataset_ids: list[str]
    conversation: Conversation | None = None


class _Board:
    """The places of an answer that is being written, and a button that leaves it."""

    def __init__(self, left: Left) -> None:
        """Makes the places; what comes is also written to ``left``."""
        self._left = left
        self._lines: list[str] = []
        self._begun = time.monotonic()
        self._waiting, self._steps, self._answer = st.empty(), st.empty(), st.empty()
        with st.bottom:  # where it stays in view and in its place, however long the answer grows
            st.button("답변 중단", icon=":material/stop_circle:", key="chat_stop")
        self.wait()

    def wait(self) -> None:
        """Shows for how long the answer has been awaited; the page's chance to see that it was left."""
        self._waiting.caption(
            f":material/hourglass_top: 답변을 만들고 있습니다… {time.monotonic() - self._begun:.0f}초"
        )

    def take(self, event: ChatEvent) -> None:
        """Shows what an event tells."""
        if isinstance(event, StartEvent):
            self._left.conversation_id = event.conversation_id
            conversations.open_(event.conversation_id)
        elif isinstance(event, TextEvent):
            self._left.text = event.text if event.replace else self._left.text + event.text
            self._answer.markdown(safe(self._left.text), anchors=False)
        elif isinstance(event, ToolStartEvent):
            self._step(event.index, f":material/build: {safe(event.name)} 실행 중…")
        elif isinstance(event, ToolEndEvent):
            self._step(event.index, f":material/check: {_ended(event.call)}")

    def _step(self, index: int, line: str) -> None:
        """Shows how a tool call stands."""
        self._lines[index:] = [line, *self._lines[index + 1 :]]
        self._steps.markdown("\n\n".join(self._lines))


def ask(client: HabClient, question: Question, access: Access) -> None:
    """Asks, shows the answer as it comes, and makes the page anew when it is there or has failed."""
    st.session_state.pop(_FAILED, None)
    left = st.session_state[_LEFT] = Left()
    with st.chat_message("user", avatar=AVATARS["user"]):
        st.markdown(safe(question.text))
    with st.chat_message("assistant", avatar=AVATARS["assistant"]):
        try:
            _follow(client, question, access, left)
        except ConnectionFailed:
            raise
        except HabError as error:
            st.session_state[_FAILED] = failure(error)
    del st.session_state[_LEFT]
    st.rerun()


def left_in(conversation: Conversation | None) -> Left | None:
    """Returns the answer that was left in a conversation in this session."""
    left: Left | None = st.session_state.get(_LEFT)
    return left if left and conversation and left.conversation_id == conversation.id else None


def show_failed() -> None:
    """Shows why the last question has no answer."""
    if _FAILED in st.session_state:
        st.error(st.session_state[_FAILED], icon=":material/error:")


def _follow(client: HabClient, question: Question, access: Access, left: Left) -> None:
    """Shows the events of an answer to its end."""
    known = question.conversation
    stream = client.chat.stream(
        question.text,
        datasets=question.dataset_ids if known is None else known.dataset_ids,
        conversation=known,
        expected_version=None if known is None else known.version,
        api_key=access.api_key,
        model=access.model,
    )
    board = _Board(left)
    with stream:
        for event in listen(stream):
            if event is None:
                board.wait()
            else:
                board.take(event)


def _ended(call: ToolCall) -> str:
    """Returns what a tool did as a line."""
    name, given, ending = tool_facts(call)
    return safe(f"{name}({given}) · {ending}")
