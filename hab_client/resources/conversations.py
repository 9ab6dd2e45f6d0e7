"""Conversations on the server: finding, reading, renaming, deleting them."""

from __future__ import annotations

from typing import Any

from hab_client._resource import Listing, Resource, segment
from hab_client._transport import Call
from hab_client.answers import ConversationAnswer
from hab_client.conversation import Conversation
from hab_client.dataset import Dataset, id_of
from hab_client.rows import to_json
from hab_core.schemas import chat
from hab_core.schemas.common import Page
from hab_core.schemas.datasets import Removed


class Conversations(Resource):
    """``client.conversations``: what was asked about datasets, and what was answered."""

    def list(self, dataset: str | Dataset | None = None) -> Listing[Conversation]:
        """Returns the conversations, the newest first; pages are read as needed.

        Args:
            dataset: A dataset or its id, for those that are about it; all where None.
        """
        chosen = {} if dataset is None else {"dataset_id": id_of(dataset)}

        def page(params: dict[str, str]) -> Page[Conversation]:
            call = Call("GET", "/api/conversations", {**params, **chosen})
            found = self._ask(Page[chat.ConversationSummary], call)
            return Page[Any](items=[Conversation(self, info) for info in found.items], next_cursor=found.next_cursor)

        return Listing(page)

    def get(self, conversation_id: str) -> Conversation:
        """Returns a conversation with its messages.

        Raises:
            NotFound: There is no such conversation.
        """
        return Conversation(self, self.detail(conversation_id))

    def rename(self, conversation_id: str, title: str, expected_version: int | None = None) -> Conversation:
        """Gives a conversation another title.

        Args:
            conversation_id: The conversation.
            title: Its new title.
            expected_version: The version that the caller last saw; where it has moved on since, the title is changed
                all the same, and ``notice`` says so.
        """
        return Conversation(self, self.change(conversation_id, title, expected_version))

    def delete(self, conversation_id: str) -> None:
        """Deletes a conversation for good; its datasets stay.

        Raises:
            NotFound: There is no such conversation.
        """
        self._ask(Removed, Call("DELETE", _address(conversation_id)))

    def detail(self, conversation_id: str) -> ConversationAnswer:
        """Returns what is known of a conversation, its messages included."""
        return self._ask(ConversationAnswer, Call("GET", _address(conversation_id)))

    def change(self, conversation_id: str, title: str, expected_version: int | None) -> ConversationAnswer:
        """Renames a conversation and returns what is then known of it."""
        told = {"title": title, "expected_version": expected_version}
        body = to_json({name: value for name, value in told.items() if value is not None})
        return self._ask(ConversationAnswer, Call("PATCH", _address(conversation_id), body=body))


def _address(conversation_id: str) -> str:
    """Returns the address of a conversation."""
    return f"/api/conversations/{segment('conversation_id', conversation_id)}"
