"""Claude, by Anthropic's SDK: one streamed turn at a time, with HAB's own failures. Nothing else imports the SDK.

The key lives in one object for one answer. It stands in no message, log record or exception.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hab_core.errors import HabError, InvalidApiKey, LlmRateLimited, LlmTimeout, LlmUnavailable, UnknownChatModel

if TYPE_CHECKING:
    import anthropic

MAX_TOKENS = 4_096
CONNECT_SECONDS = 5.0
_TRIES = 3
_LONGEST_WAIT = 3.0
_LOGGERS = ("anthropic", "httpx2", "httpcore2")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaudeAccess:
    """How Claude is reached for one answer.

    Attributes:
        api_key: The caller's key; not shown by ``repr``.
        model: Name of the model.
        base_url: Address of the Messages API; None for Anthropic's own.
    """

    api_key: str = field(repr=False)
    model: str = "claude-sonnet-5-5"
    base_url: str | None = None


@dataclass(frozen=True)
class Turn:
    """What Claude answered in one turn.

    Attributes:
        content: Blocks as the Messages API takes them back: text and tool_use.
        stop_reason: Why it stopped; None where the stream broke off.
        input_tokens: Tokens read, cached ones included.
        output_tokens: Tokens written.
    """

    content: list[dict[str, Any]]
    stop_reason: str | None
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def text(self) -> str:
        """The text of the turn."""
        return "".join(block["text"] for block in self.content if block["type"] == "text").strip()

    @property
    def tool_uses(self) -> list[dict[str, Any]]:
        """The tools asked for; none where the turn is not whole, since their input may be cut."""
        if self.stop_reason != "tool_use":
            return []
        return [block for block in self.content if block["type"] == "tool_use"]

    @property
    def incomplete(self) -> bool:
        """Whether the answer was cut off: by a broken stream or by the limit of its length."""
        return self.stop_reason is None or self.stop_reason == "max_tokens"


class Claude:
    """Claude for one answer; use as a context manager, which closes the connection."""

    def __init__(self, access: ClaudeAccess) -> None:
        """Opens nothing yet.

        Raises:
            InvalidApiKey: The key is empty or holds what no key can hold.
        """
        key = access.api_key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise InvalidApiKey
        self._model = access.model
        self._client = _client(key, access.base_url)

    def __enter__(self) -> Claude:
        """Returns itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Closes the connection."""
        self._client.close()

    def turn(
        self,
        system: Sequence[dict[str, Any]],
        messages: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        *,
        deadline: float,
        on_text: Callable[[str], None],
        stopped: Callable[[], bool],
        use_tools: bool = True,
    ) -> Turn:
        """Returns Claude's next turn, streamed.

        Args:
            system: Blocks of the system prompt.
            messages: The conversation, alternating.
            tools: Definitions of the tools.
            deadline: Moment of ``time.monotonic()`` at which the turn must be over.
            on_text: Takes the text as it arrives.
            stopped: Whether nobody waits for the answer any more; the turn then ends as incomplete.
            use_tools: Whether tools may be asked for.

        Raises:
            InvalidApiKey: 401.
            LlmRateLimited: 429, also after waiting shortly.
            LlmUnavailable: Overloaded, out of reach, or refusing for another reason.
            LlmTimeout: Not done before the deadline.
            UnknownChatModel: 404.
        """
        request = self._request(system, messages, tools, use_tools)
        for attempt in range(1, _TRIES + 1):
            listener = _Listener(on_text, stopped, deadline)
            try:
                with _own_failures():
                    return self._streamed(request, listener)
            except (LlmRateLimited, LlmUnavailable) as failure:
                if listener.begun:
                    return listener.cut_off()
                _wait_or_raise(failure, attempt, deadline)
            except LlmTimeout:
                if listener.begun:
                    return listener.cut_off()
                raise
        raise LlmUnavailable

    def _request(
        self,
        system: Sequence[dict[str, Any]],
        messages: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        use_tools: bool,
    ) -> dict[str, Any]:
        """Returns the body of the request."""
        request: dict[str, Any] = {
            "model": self._model,
            "max_tokens": MAX_TOKENS,
            "system": list(system),
            "messages": list(messages),
        }
        if tools:
            request |= {"tools": list(tools), "tool_choice": {"type": "auto" if use_tools else "none"}}
        return request

    def _streamed(self, request: dict[str, Any], listener: _Listener) -> Turn:
        """Returns the turn of one request."""
        left = listener.deadline - time.monotonic()
        if left <= 0:
            raise LlmTimeout
        import httpx2

        timeout = httpx2.Timeout(left, connect=min(CONNECT_SECONDS, left))
        with self._client.messages.create(**request, stream=True, timeout=timeout) as events:
            for event in events:
                listener.hear(event)
                if listener.over:
                    break
        return listener.turn()


class _Listener:
    """Puts the events of a stream together."""

    def __init__(self, on_text: Callable[[str], None], stopped: Callable[[], bool], deadline: float) -> None:
        """Has heard nothing yet."""
        self.deadline = deadline
        self.begun = False
        self.over = False
        self._on_text = on_text
        self._stopped = stopped
        self._blocks: dict[int, dict[str, Any]] = {}
        self._inputs: dict[int, str] = {}
        self._stop_reason: str | None = None
        self._whole = False
        self._tokens = [0, 0]

    def hear(self, event: Any) -> None:
        """Takes one event.

        Raises:
            LlmTimeout: The deadline is over.
        """
        if time.monotonic() > self.deadline:
            raise LlmTimeout
        if self._stopped():
            self.over = True
        elif event.type == "message_start":
            self.begun = True
            self._count(event.message.usage)
        elif event.type == "content_block_start":
            self._blocks[event.index] = event.content_block.model_dump(mode="json", exclude_none=True)
            self._inputs[event.index] = ""
        elif event.type == "content_block_delta":
            self._grow(event.index, event.delta)
        elif event.type == "message_delta":
            self._stop_reason = event.delta.stop_reason
            self._count(event.usage)
        elif event.type == "message_stop":
            self._whole = True

    def turn(self) -> Turn:
        """Returns what was heard; without an end it broke off.

        Raises:
            LlmUnavailable: Nothing was heard at all.
        """
        if not self.begun:
            raise LlmUnavailable
        return self._turn(self._stop_reason if self._whole and not self.over else None)

    def cut_off(self) -> Turn:
        """Returns what was heard as a turn that broke off."""
        return self._turn(None)

    def _turn(self, stop_reason: str | None) -> Turn:
        """Returns a turn of the blocks that the conversation can go on with."""
        content = [block for i in sorted(self._blocks) if (block := self._block(i)) is not None]
        return Turn(content, stop_reason, *self._tokens)

    def _block(self, index: int) -> dict[str, Any] | None:
        """Returns a block as it is sent back; None for empty text and kinds that HAB does not use."""
        block = self._blocks[index]
        if block["type"] == "text":
            return {"type": "text", "text": block["text"]} if block.get("text") else None
        if block["type"] == "tool_use":
            return {
                "type": "tool_use",
                "id": block["id"],
                "name": block["name"],
                "input": _input(self._inputs[index], block),
            }
        return None

    def _grow(self, index: int, delta: Any) -> None:
        """Adds to a block."""
        if delta.type == "text_delta":
            self._blocks[index]["text"] = self._blocks[index].get("text", "") + delta.text
            self._on_text(delta.text)
        elif delta.type == "input_json_delta":
            self._inputs[index] += delta.partial_json

    def _count(self, usage: Any) -> None:
        """Takes the counts of tokens, which are totals of the turn."""
        cached = [
            getattr(usage, name, None) or 0 for name in ("cache_creation_input_tokens", "cache_read_input_tokens")
        ]
        self._tokens[0] = max(self._tokens[0], (getattr(usage, "input_tokens", None) or 0) + sum(cached))
        self._tokens[1] = max(self._tokens[1], getattr(usage, "output_tokens", None) or 0)


def _input(written: str, block: dict[str, Any]) -> Any:
    """Returns the input of a tool; what is no JSON is passed on under ``invalid_json``, which no tool takes."""
    import json

    if not written:
        return block.get("input") or {}
    try:
        parsed = json.loads(written)
    except ValueError:
        return {"invalid_json": written[:200]}
    return parsed if isinstance(parsed, dict) else {"invalid_json": written[:200]}


def _client(key: str, base_url: str | None) -> anthropic.Anthropic:
    """Returns the SDK's client; its loggers, which would write down whole requests, are kept quiet."""
    import anthropic

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    return anthropic.Anthropic(api_key=key, base_url=base_url, max_retries=0)


@contextmanager
def _own_failures() -> Iterator[None]:
    """Turns the failures of the SDK and its transport into HAB's own, which hold neither key nor question."""
    import anthropic
    import httpx2

    try:
        yield
    except (anthropic.APITimeoutError, httpx2.TimeoutException):
        raise LlmTimeout from None
    except anthropic.APIStatusError as error:
        raise _of_status(error) from None
    except (anthropic.APIError, httpx2.HTTPError):
        raise LlmUnavailable from None


def _of_status(error: anthropic.APIStatusError) -> HabError:
    """Returns the failure that a status, or the type of an error in a stream, stands for."""
    status, kind = error.status_code, str(error.type or "")
    if status == 401 or kind == "authentication_error":
        return InvalidApiKey()
    if status == 404 or kind == "not_found_error":
        return UnknownChatModel()
    if status == 429 or kind == "rate_limit_error":
        return LlmRateLimited(retry_after=_retry_after(error))
    _log.warning("the language model's service answered %s %s, request %s", status, kind, error.request_id)
    return LlmTimeout() if status in (408, 504) else LlmUnavailable()


def _retry_after(error: anthropic.APIStatusError) -> int | None:
    """Returns the seconds after which the service wants to be asked again."""
    given = error.response.headers.get("retry-after", "")
    return int(float(given)) if given.replace(".", "", 1).isdigit() else None


def _wait_or_raise(failure: LlmRateLimited | LlmUnavailable, attempt: int, deadline: float) -> None:
    """Waits before another try; raises the failure where tries or time do not allow one."""
    asked = failure.retry_after if isinstance(failure, LlmRateLimited) else None
    pause = 0.3 * 2.0 ** (attempt - 1) if asked is None else float(asked)
    if attempt >= _TRIES or pause > _LONGEST_WAIT or time.monotonic() + pause > deadline:
        raise failure
    time.sleep(pause)
