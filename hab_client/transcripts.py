"""A conversation as a Markdown document, for a file or a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hab_client import phrases
from hab_core.schemas.chat import Conversation, Message


def to_markdown(conversation: Conversation) -> str:
    """Returns a conversation as Markdown: questions quoted, answers as they are, their tools and notices below."""
    facts = (
        f"대화 {conversation.id} · 데이터셋 {', '.join(conversation.dataset_ids)} · {_moment(conversation.created_at)}"
    )
    head = f"# {phrases.cell(conversation.title)}\n\n{facts}"
    return "\n\n".join([head, *map(_message, conversation.messages)]) + "\n"


def _message(message: Message) -> str:
    """Returns a message under its heading."""
    asked = message.role == "user"
    heading = f"## {'질문' if asked else '답변'} · {_moment(message.created_at)}"
    parts = [_quoted(message.content)] if asked else _answer(message)
    return "\n\n".join([heading, *filter(None, parts)])


def _answer(message: Message) -> Iterator[str]:
    """Gives the parts of an answer."""
    yield phrases.marked(message)
    yield phrases.unverified_facts(message)
    yield "\n\n".join(f"_{line}_" for line in (message.notice or "").splitlines())
    yield "\n".join(_tools(message))
    yield phrases.mode_facts(message)


def _tools(message: Message) -> Iterator[str]:
    """Gives a line for each tool that was used."""
    for name, given, ending in map(phrases.tool_facts, message.tool_calls):
        # a run of three backticks cannot end this span: one in the arguments is taken out
        arguments = f" `{phrases.cell(given).replace('`', chr(39))}`" if given else ""
        yield f"- {name}{arguments} ({ending})"


def _quoted(text: str) -> str:
    """Returns a text as a quotation, so that what it holds cannot become a part of the document."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _moment(moment: datetime) -> str:
    """Returns a moment in local time."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
