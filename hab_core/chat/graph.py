"""The conversation with Claude as a graph: model → tools → model …, then a check of every figure.

Messages are plain dictionaries of the Messages API; the state is JSON. What happens is told through the graph's
stream writer while it happens.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langsmith import tracing_context
from typing_extensions import TypedDict

from hab_core.chat.claude import Claude, Turn
from hab_core.chat.events import Emit
from hab_core.chat.prompts import CONCLUDE, repair_request, system_blocks
from hab_core.chat.receipts import find_receipts, unverified
from hab_core.chat.tools import ToolBox
from hab_core.errors import HabError, InvalidApiKey
from hab_core.schemas.chat import (
    INCOMPLETE_NOTICE,
    ChatResult,
    Receipt,
    TextEvent,
    TokenUsage,
    ToolCall,
    ToolEndEvent,
    ToolStartEvent,
)

MAX_TOOL_TURNS = 8
REPAIR_SECONDS = 3.0
"""A repair turn is asked for only where at least so much time is left."""
_MAX_RESULT = 20_000
_RECURSION = 4 * (MAX_TOOL_TURNS + 4)
_SILENT = "답변을 만들지 못했습니다. 질문을 나누어 다시 물어봐 주세요."


class State(TypedDict, total=False):
    """The state of the graph; lists grow, everything else is replaced."""

    messages: Annotated[list[dict[str, Any]], operator.add]
    calls: Annotated[list[dict[str, Any]], operator.add]
    tool_turns: int
    repairs: int
    response: str
    receipts: list[dict[str, Any]]
    incomplete: bool
    done: bool
    tokens: Annotated[list[int], operator.add]


@dataclass(frozen=True)
class Talk:
    """Everything that one answer needs besides the state.

    Attributes:
        claude: The model.
        tools: The tools over the datasets asked about.
        question: The question, for receipts of figures that it holds.
        deadline: Moment of ``time.monotonic()`` at which the answer must be there.
        stopped: Whether nobody waits for the answer any more.
    """

    claude: Claude
    tools: ToolBox
    question: str
    deadline: float
    stopped: Callable[[], bool] = field(default=lambda: False)


def converse(talk: Talk, messages: Sequence[dict[str, Any]], emit: Emit) -> ChatResult:
    """Returns Claude's answer to the last of ``messages``.

    Args:
        talk: Model, tools, question and limits.
        messages: The conversation up to and with the question.
        emit: Is told of text and tools as they come.

    Raises:
        HabError: The typed failures of ``Claude.turn``, where there is no answer yet that could stand.
    """
    graph = _compiled(talk)
    begin: State = {"messages": list(messages), "calls": [], "tool_turns": 0, "repairs": 0, "tokens": []}
    last: dict[str, Any] = {}
    with tracing_context(enabled=False):
        for mode, part in graph.stream(begin, {"recursion_limit": _RECURSION}, stream_mode=["custom", "values"]):
            if mode == "custom":
                emit(part)
            else:
                last = part
    return _result(last)


def _compiled(talk: Talk) -> Any:
    """Returns the graph of one answer."""
    nodes = _Nodes(talk)
    graph = StateGraph(State)
    graph.add_node("model", nodes.model)
    graph.add_node("tools", nodes.tools)
    graph.add_node("check", nodes.check)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", _after_model, ["tools", "check"])
    graph.add_edge("tools", "model")
    graph.add_conditional_edges("check", _after_check, ["model", END])
    return graph.compile()


def _after_model(state: State) -> str:
    """Returns where a turn leads: to the tools it asks for, or to the check of the answer."""
    asks = any(block["type"] == "tool_use" for block in _last_content(state))
    return "tools" if asks and not state.get("done") else "check"


def _after_check(state: State) -> str:
    """Returns the model where a repair was asked for, else the end."""
    return END if state.get("done") else "model"


def _last_content(state: State) -> list[dict[str, Any]]:
    """Returns the blocks of the last message."""
    content = state["messages"][-1]["content"] if state["messages"] else []
    return content if isinstance(content, list) else []


class _Nodes:
    """The three nodes of the graph."""

    def __init__(self, talk: Talk) -> None:
        """Prepares what every turn shares."""
        self._talk = talk
        self._system = system_blocks(talk.tools.sources)
        self._definitions = talk.tools.definitions()

    def model(self, state: State) -> State:
        """Takes the model's next turn; a failure while an answer stands already keeps that answer."""
        write = get_stream_writer()
        may_use_tools = state["tool_turns"] < MAX_TOOL_TURNS
        extra = [] if may_use_tools else [{"role": "user", "content": [{"type": "text", "text": CONCLUDE}]}]
        try:
            turn = self._talk.claude.turn(
                self._system,
                _alternating([*state["messages"], *extra]),
                self._definitions,
                deadline=self._talk.deadline,
                on_text=lambda text: write(TextEvent(text=text)),
                stopped=self._talk.stopped,
                use_tools=may_use_tools,
            )
        except InvalidApiKey:
            raise
        except HabError:
            if state["repairs"]:
                return {"done": True}
            raise
        return self._taken(turn, state, may_use_tools)

    def _taken(self, turn: Turn, state: State, may_use_tools: bool) -> State:
        """Returns the change that a turn makes to the state."""
        tokens = [turn.input_tokens, turn.output_tokens]
        if turn.tool_uses and may_use_tools:
            return {"messages": [{"role": "assistant", "content": turn.content}], "tokens": tokens}
        if turn.incomplete and state["repairs"]:
            return {"done": True, "tokens": tokens}
        looping = bool(turn.tool_uses)
        text = turn.text or ("" if turn.incomplete else _SILENT)
        return {
            "messages": [{"role": "assistant", "content": [{"type": "text", "text": text or "…"}]}],
            "response": text,
            "incomplete": turn.incomplete or looping,
            "tokens": tokens,
        }

    def tools(self, state: State) -> State:
        """Runs every tool that the last turn asks for, and answers all of them in one message."""
        write = get_stream_writer()
        write(TextEvent(text="", replace=True))
        calls: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        for block in _last_content(state):
            if block["type"] != "tool_use":
                continue
            index = len(state["calls"]) + len(calls)
            write(ToolStartEvent(index=index, name=block["name"], input=block["input"]))
            call, text = self._talk.tools.run(block["name"], block["input"])
            write(ToolEndEvent(index=index, call=call))
            calls.append(call.model_dump(mode="json"))
            results.append(_tool_result(block["id"], text, failed=call.error is not None))
        return {
            "messages": [{"role": "user", "content": results}],
            "calls": calls,
            "tool_turns": state["tool_turns"] + 1,
        }

    def check(self, state: State) -> State:
        """Finds the source of every figure; asks once for another answer where some have none."""
        if state.get("done"):
            return self._stands(state)
        calls = [ToolCall.model_validate(call) for call in state["calls"]]
        names = [source.name for source in self._talk.tools.sources]
        receipts = find_receipts(state["response"], calls, self._talk.question, names)
        found: State = {"receipts": [receipt.model_dump(mode="json") for receipt in receipts]}
        figures = unverified(receipts)
        if not figures or state["incomplete"] or state["repairs"] or not self._time_for_repair():
            return {**found, "done": True}
        get_stream_writer()(TextEvent(text="", replace=True))
        request = {"role": "user", "content": [{"type": "text", "text": repair_request(figures)}]}
        return {**found, "messages": [request], "repairs": 1}

    def _stands(self, state: State) -> State:
        """Returns no change: the first answer stands, and its text is told again since the repair took its place."""
        get_stream_writer()(TextEvent(text=state["response"], replace=True))
        return {"done": True}

    def _time_for_repair(self) -> bool:
        """Whether another turn can be asked for."""
        return time.monotonic() + REPAIR_SECONDS < self._talk.deadline and not self._talk.stopped()


def _tool_result(use: str, text: str, failed: bool) -> dict[str, Any]:
    """Returns the answer to one tool use."""
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": use, "content": text[:_MAX_RESULT]}
    return block | ({"is_error": True} if failed else {})


def _alternating(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the messages with neighbours of one role joined, as the Messages API wants them."""
    joined: list[dict[str, Any]] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1] = {"role": message["role"], "content": [*_blocks(joined[-1]), *_blocks(message)]}
        else:
            joined.append(message)
    return joined


def _blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the content of a message as blocks."""
    content = message["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _result(state: dict[str, Any]) -> ChatResult:
    """Returns the answer that a finished state holds."""
    tokens = state.get("tokens", [])
    incomplete = bool(state.get("incomplete"))
    return ChatResult(
        response=state.get("response", ""),
        mode="claude",
        tool_calls=[ToolCall.model_validate(call) for call in state.get("calls", [])],
        receipts=[Receipt.model_validate(receipt) for receipt in state.get("receipts", [])],
        token_usage=TokenUsage(input=sum(tokens[::2]), output=sum(tokens[1::2])),
        incomplete=incomplete,
        notice=INCOMPLETE_NOTICE if incomplete else None,
    )
