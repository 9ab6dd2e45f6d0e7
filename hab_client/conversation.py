"""A conversation on the server as an object: its messages, its title, its transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hab_client import transcripts, views
from hab_core.schemas import chat

if TYPE_CHECKING:
    from hab_client.resources.conversations import Conversations


class Conversation:
    """A conversation: what was last heard of it, and the calls that concern it.

    ``client.conversations`` gives it; ``client.chat.ask(…, conversation=…)`` goes on with it.
    """

    def __init__(self, conversations: Conversations, info: chat.ConversationSummary) -> None:
        """Keeps what is known and the resource to ask."""
        self._conversations = conversations
        self._info = info

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self._info.id

    @property
    def title(self) -> str:
        """The conversation's title."""
        return self._info.title

    @property
    def version(self) -> int:
        """What was last heard of how often it has changed, for ``expected_version``."""
        return self._info.version

    @property
    def dataset_ids(self) -> list[str]:
        """The datasets it is about."""
        return self._info.dataset_ids

    @property
    def info(self) -> chat.ConversationSummary:
        """What was last heard; nothing is asked."""
        return self._info

    @property
    def notice(self) -> str | None:
        """What the server had to say of the last change, in Korean: that the conversation had moved on elsewhere."""
        return self._info.notice if isinstance(self._info, chat.Conversation) else None

    @property
    def detail(self) -> chat.Conversation:
        """The conversation with its messages as last heard of; asked for where they are not known yet."""
        if not isinstance(self._info, chat.Conversation):
            self._info = self._conversations.detail(self.id)
        return self._info

    @property
    def messages(self) -> list[chat.Message]:
        """The messages, oldest first, as last heard of."""
        return self.detail.messages

    def refresh(self) -> Conversation:
        """Asks the server for everything that is known of the conversation and returns this object."""
        self._info = self._conversations.detail(self.id)
        return self

    def rename(self, title: str, expected_version: int | None = None) -> Conversation:
        """Gives the conversation another title and returns this object."""
        self._info = self._conversations.change(self.id, title, expected_version)
        return self

    def delete(self) -> None:
        """Deletes the conversation for good; its datasets stay."""
        self._conversations.delete(self.id)

    def to_markdown(self) -> str:
        """Returns the whole conversation as Markdown: questions, answers, tools used, figures without a source."""
        return transcripts.to_markdown(self.detail)

    def __len__(self) -> int:
        return len(self._info.messages) if isinstance(self._info, chat.Conversation) else self._info.message_count

    def __bool__(self) -> bool:
        return True  # a conversation without messages is one, too

    def __repr__(self) -> str:
        return f"<Conversation {self.id} {self.title!r} {len(self)} messages>"

    def _repr_html_(self) -> str:
        """Shows the conversation as last heard of in a notebook."""
        return views.conversation_html(self._info)


def id_of(conversation: str | Conversation) -> str:
    """Returns the id of a conversation that is given as such or by its id."""
    return conversation.id if isinstance(conversation, Conversation) else conversation
