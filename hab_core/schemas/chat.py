"""Chat: questions about datasets, answers with the tool calls and figures they rest on, conversations, live events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hab_core.schemas.analysis import ChartSpec
from hab_core.schemas.common import AnswerModel, ErrorBody, RequestModel, Text, Timestamp

MAX_MESSAGE = 10_000
MAX_DATASETS = 5
MAX_TITLE = 200

ChatMode = Literal["claude", "offline"]
Role = Literal["user", "assistant"]
ReceiptStatus = Literal["verified", "derived", "unverified"]

CACHE_NOTICE = "캐시에서 반환됨"
MOVED_ON_NOTICE = "대화가 다른 곳에서 수정되었습니다"
OFFLINE_NOTICE = "Claude에 연결할 수 없어 기본 분석으로 답했습니다"
INCOMPLETE_NOTICE = "응답이 중단되었습니다"


def join_notices(*notices: str | None) -> str | None:
    """Returns the notices that are there, one a line; None where there is none."""
    return "\n".join(dict.fromkeys(filter(None, notices))) or None


class ChatRequest(RequestModel):
    """A question about one or several datasets, in a new conversation or a running one."""

    dataset_id: Text | None = Field(None, min_length=1, max_length=64)
    dataset_ids: list[Annotated[Text, Field(min_length=1, max_length=64)]] | None = Field(
        None, min_length=1, max_length=MAX_DATASETS
    )
    message: Text = Field(min_length=1, max_length=MAX_MESSAGE, description="the question, in Korean")
    conversation_id: Text | None = Field(None, min_length=1, max_length=64)
    expected_version: int | None = Field(None, ge=0, description="version of the conversation the caller last saw")
    model: Text | None = Field(None, min_length=1, max_length=100, description="another Claude model for this answer")

    @model_validator(mode="after")
    def _one_way_to_name_datasets(self) -> ChatRequest:
        """Requires ``dataset_id`` or ``dataset_ids``, not both."""
        if (self.dataset_id is None) == (self.dataset_ids is None):
            raise PydanticCustomError("missing", "either dataset_id or dataset_ids", {"field": "dataset_id"})
        return self

    @property
    def datasets(self) -> list[str]:
        """The datasets asked about, each once, in the order given."""
        return list(dict.fromkeys(self.dataset_ids or ([self.dataset_id] if self.dataset_id else [])))


class TokenUsage(AnswerModel):
    """Tokens of all turns of one answer, as the language model's service counts them; 0 for the offline analyst."""

    input: int = 0
    output: int = 0


class ToolCall(AnswerModel):
    """One tool call of an answer: what was asked, what came out, or why nothing did."""

    name: str
    input: dict[str, Any]
    result: dict[str, Any] | None = None
    chart: ChartSpec | None = None
    duration_ms: float = 0.0
    error: ErrorBody | None = None


class Receipt(AnswerModel):
    """Where a figure of an answer comes from.

    ``verified`` figures stand in a tool result, rounded or in another unit; ``derived`` ones are the sum, difference
    or ratio of two values (``path`` says which); ``unverified`` ones have no source that was found.
    """

    figure: str = Field(description="as it stands in the answer")
    value: float | str | None = Field(
        description="the exact value behind it; what the figure says where none was found"
    )
    status: ReceiptStatus
    tool_call: int | None = Field(None, description="index of the tool call, from 0")
    path: str | None = Field(None, description='where in its result, e.g. "buckets.18.count"')
    start: int = Field(0, description="offset of the figure in the answer, in characters")


class ChatResult(AnswerModel):
    """What was found out, before it belongs to a conversation."""

    response: str
    mode: ChatMode
    tool_calls: list[ToolCall] = Field(default_factory=list)
    receipts: list[Receipt] = Field(default_factory=list)
    token_usage: TokenUsage = Field(default_factory=TokenUsage)
    incomplete: bool = False
    notice: str | None = None


class ChatAnswer(ChatResult):
    """An answer as a message of its conversation."""

    conversation_id: str
    message_id: str
    version: int = Field(description="version of the conversation with this answer in it")
    cache_hit: bool = False


class Message(AnswerModel):
    """One message of a conversation; everything from ``mode`` on is said of answers only."""

    id: str
    role: Role
    content: str
    created_at: Timestamp
    mode: ChatMode | None = None
    tool_calls: list[ToolCall] = Field(default_factory=list)
    receipts: list[Receipt] = Field(default_factory=list)
    token_usage: TokenUsage | None = None
    cache_hit: bool = False
    incomplete: bool = False
    notice: str | None = None


class ConversationSummary(AnswerModel):
    """A conversation as it stands in a list."""

    id: str
    title: str
    dataset_ids: list[str]
    version: int
    message_count: int = 0
    created_at: Timestamp
    updated_at: Timestamp


class Conversation(ConversationSummary):
    """A conversation with its messages, oldest first."""

    messages: list[Message] = Field(default_factory=list)
    notice: str | None = None


class ConversationPatch(RequestModel):
    """A new title."""

    title: Text = Field(min_length=1, max_length=MAX_TITLE)
    expected_version: int | None = Field(None, ge=0)


class StartEvent(AnswerModel):
    """The answer has begun, and these are its conversation and its message."""

    type: Literal["start"] = "start"
    conversation_id: str
    message_id: str


class TextEvent(AnswerModel):
    """More text of the answer; with ``replace`` it takes the place of all text sent so far."""

    type: Literal["text"] = "text"
    text: str
    replace: bool = False


class ToolStartEvent(AnswerModel):
    """A tool begins to run."""

    type: Literal["tool_start"] = "tool_start"
    index: int = Field(description="of the tool call in the answer, from 0")
    name: str
    input: dict[str, Any]


class ToolEndEvent(AnswerModel):
    """A tool has run."""

    type: Literal["tool_end"] = "tool_end"
    index: int
    call: ToolCall


class DoneEvent(AnswerModel):
    """The whole answer."""

    type: Literal["done"] = "done"
    answer: ChatAnswer


class ErrorEvent(AnswerModel):
    """There is no answer, and why."""

    type: Literal["error"] = "error"
    error: ErrorBody


ChatEvent = Annotated[
    StartEvent | TextEvent | ToolStartEvent | ToolEndEvent | DoneEvent | ErrorEvent, Field(discriminator="type")
]
"""One server-sent event; its ``type`` is also the event's name."""
