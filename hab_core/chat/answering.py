"""One question, one answer: by Claude where there is a key and it can be reached, else by the offline analyst."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hab_core.analysis.prediction import Predictor
from hab_core.chat.claude import Claude, ClaudeAccess
from hab_core.chat.events import Emit, unheard
from hab_core.chat.offline.analyst import OfflineAnalyst, Turn
from hab_core.chat.sources import Source
from hab_core.chat.tools import ToolBox
from hab_core.errors import HabError, InvalidApiKey, LlmRateLimited, LlmTimeout, LlmUnavailable, UnknownChatModel
from hab_core.schemas.chat import OFFLINE_NOTICE, ChatResult, TextEvent, join_notices

TIMEOUT = 60.0
MAX_HISTORY = 20
MAX_TURN_TEXT = 8_000
_OUT_OF_REACH = (LlmRateLimited, LlmUnavailable, LlmTimeout, UnknownChatModel)


@dataclass(frozen=True)
class Inquiry:
    """A question with what it is asked of.

    Attributes:
        message: The question.
        sources: The datasets, at least one.
        history: The turns before it, oldest first.
        predictor: The model that serves predictions; None where there is none.
    """

    message: str
    sources: Sequence[Source]
    history: Sequence[Turn] = ()
    predictor: Predictor | None = None


def answer(
    inquiry: Inquiry,
    access: ClaudeAccess | None = None,
    *,
    emit: Emit = unheard,
    timeout: float = TIMEOUT,
    stopped: Callable[[], bool] = lambda: False,
) -> ChatResult:
    """Returns the answer to a question.

    Args:
        inquiry: The question and its datasets.
        access: The caller's key and model; None asks the offline analyst.
        emit: Is told of text and tools as they come; called from one thread.
        timeout: Seconds that the answer may take.
        stopped: Asked now and then; true ends the answer as incomplete.

    Raises:
        InvalidApiKey: The key is wrong; nothing is answered in its place.
        LlmRateLimited: Claude can't be reached, and the offline analyst does not understand the question.
        LlmUnavailable: So for other reasons.
        LlmTimeout: So for want of time.
        UnknownChatModel: So because there is no such model.
    """
    if access is None:
        return _offline(inquiry, emit)
    try:
        return _by_claude(inquiry, access, emit, time.monotonic() + timeout, stopped)
    except InvalidApiKey:
        raise
    except _OUT_OF_REACH as failure:
        return _instead(inquiry, failure, emit)


def _by_claude(
    inquiry: Inquiry, access: ClaudeAccess, emit: Emit, deadline: float, stopped: Callable[[], bool]
) -> ChatResult:
    """Returns Claude's answer; the graph and the SDK are loaded now, not before."""
    with Claude(access) as claude:
        from hab_core.chat.graph import Talk, converse

        tools = ToolBox(inquiry.sources, inquiry.predictor)
        question = "\n".join([*[turn.content for turn in inquiry.history if turn.role == "user"][-2:], inquiry.message])
        return converse(Talk(claude, tools, question, deadline, stopped), _messages(inquiry), emit)


def _instead(inquiry: Inquiry, failure: HabError, emit: Emit) -> ChatResult:
    """Returns the offline analyst's answer in Claude's place; raises the failure where it has none."""
    analyst = OfflineAnalyst(inquiry.sources, inquiry.predictor)
    if not analyst.can_answer(inquiry.message, inquiry.history):
        raise failure
    emit(TextEvent(text="", replace=True))
    found = analyst.answer(inquiry.message, inquiry.history, emit)
    return found.model_copy(update={"notice": join_notices(found.notice, OFFLINE_NOTICE)})


def _offline(inquiry: Inquiry, emit: Emit) -> ChatResult:
    """Returns the offline analyst's answer."""
    return OfflineAnalyst(inquiry.sources, inquiry.predictor).answer(inquiry.message, inquiry.history, emit)


def _messages(inquiry: Inquiry) -> list[dict[str, Any]]:
    """Returns the last turns and the question as messages; the first is the user's, as the service wants it."""
    turns = list(inquiry.history)[-MAX_HISTORY:]
    while turns and turns[0].role != "user":
        turns.pop(0)
    told = [{"role": turn.role, "content": turn.content[:MAX_TURN_TEXT]} for turn in turns if turn.content.strip()]
    return [*told, {"role": "user", "content": inquiry.message}]
