"""A conversation as a Markdown file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from hab_core.schemas.chat import Conversation, Message
from hab_core.schemas.eclo import KOREA
from hab_ui.chat import receipts


def to_markdown(conversation: Conversation, names: Mapping[str, str]) -> str:
    """Returns a conversation with everything that its answers rest on; ``names`` are those of the datasets by id."""
    about = ", ".join(names.get(dataset, dataset) for dataset in conversation.dataset_ids)
    head = f"# {conversation.title}\n\n- 데이터셋: {about}\n- 마지막 대화: {_when(conversation)}\n"
    return "\n".join([head, *map(_of_message, conversation.messages)])


def _of_message(message: Message) -> str:
    """Returns one message."""
    if message.role == "user":
        return f"## 질문\n\n{message.content}\n"
    return "\n".join(["## 답변\n", f"{message.content}\n", *_below(message)])


def _below(message: Message) -> Iterator[str]:
    """Yields what stands below an answer: notices, tools, figures, tokens."""
    if message.notice:
        yield from (f"> {line}" for line in message.notice.splitlines())
        yield ""
    for call in message.tool_calls:
        given = json.dumps(call.input, ensure_ascii=False)
        yield f"- 도구 `{call.name}` {given} ({call.duration_ms:,.0f} ms)"
    if message.receipts:
        yield f"- 수치 근거: {receipts.counts(message.receipts)}"
    missing = receipts.unverified(message.receipts)
    if missing:
        yield f"- 근거를 찾지 못한 수치: {', '.join(missing)}"
    if message.token_usage and (message.token_usage.input or message.token_usage.output):
        yield f"- 토큰: 입력 {message.token_usage.input:,} · 출력 {message.token_usage.output:,}"
    yield ""


def _when(conversation: Conversation) -> str:
    """Returns when something was last said, in Korea."""
    return f"{conversation.updated_at.astimezone(KOREA):%Y-%m-%d %H:%M}"
