"""Asking about datasets: a question, and its answer whole or as it is written."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from hab_client._events import Events
from hab_client._resource import Resource
from hab_client._transport import Call
from hab_client.answers import ChatAnswer
from hab_client.conversation import Conversation
from hab_client.conversation import id_of as conversation_id_of
from hab_client.dataset import Dataset, id_of
from hab_client.resources.conversations import Conversations
from hab_client.rows import to_json
from hab_client.streams import FINAL, ChatStream
from hab_core.errors import InvalidApiKey, InvalidInput

_SERVER_SECONDS = 60.0
_MARGIN_SECONDS = 15.0
_KEY_HEADER = "X-Anthropic-API-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,400}")


class Chat(Resource):
    """``client.chat``: questions in Korean about one dataset or several.

    With an Anthropic key Claude answers, without one the server's own analyst. Every figure of an answer has a receipt.
    """

    def ask(
        self,
        message: str,
        *,
        dataset: str | Dataset | None = None,
        datasets: Sequence[str | Dataset] | None = None,
        conversation: str | Conversation | None = None,
        api_key: str | None = None,
        model: str | None = None,
        expected_version: int | None = None,
    ) -> ChatAnswer:
        """Asks a question and returns the whole answer; waits ``CHAT_TIMEOUT`` + 15 s for it.

        Args:
            message: The question.
            dataset: What it is about: a dataset or its id.
            datasets: Several of them in place of ``dataset``. With neither, those that ``conversation`` is about.
            conversation: The conversation to go on with, or its id; a new one where None.
            api_key: The caller's Anthropic key, sent with this question only.
            model: Another Claude model than the server's.
            expected_version: The version of the conversation that the caller last saw; where it has moved on since,
                the ``notice`` of the answer says so.

        Returns:
            The answer: ``response``, ``mode`` (claude or offline), ``tool_calls``, ``receipts``, ``notice``,
            ``conversation_id`` and more.

        Raises:
            InvalidInput: No dataset, or more than the server takes, or an empty question.
            InvalidApiKey: Anthropic does not know the key.
            NotFound: There is no such dataset or conversation.
            HabError: Any other failure of the tree.
        """
        body = self._body(message, dataset, datasets, conversation, expected_version, model)
        once = uuid.uuid4().hex  # where the request has to be repeated, the question is still asked once
        headers, seconds = _key(api_key), _patience()
        call = Call("POST", "/api/chat/message", body=body, idempotency_key=once, headers=headers, seconds=seconds)
        return self._ask(ChatAnswer, call)

    def stream(
        self,
        message: str,
        *,
        dataset: str | Dataset | None = None,
        datasets: Sequence[str | Dataset] | None = None,
        conversation: str | Conversation | None = None,
        api_key: str | None = None,
        model: str | None = None,
        expected_version: int | None = None,
    ) -> ChatStream:
        """Asks as :meth:`ask` does and returns the answer as it is written; it is asked when the first event is read.

        Example:
            >>> with client.chat.stream("요일별 평균 ECLO는?", dataset=dataset) as stream:
            ...     for event in stream:
            ...         if event.type == "text":
            ...             print(event.text, end="")
            ...     stream.answer.receipts
        """
        body = self._body(message, dataset, datasets, conversation, expected_version, model)
        headers = {"Accept": "text/event-stream", **_key(api_key)}
        call = Call("POST", "/api/chat/stream", body=body, headers=headers)
        return ChatStream(Events(self._transport, call, FINAL, _patience()))

    def _body(
        self,
        message: str,
        dataset: str | Dataset | None,
        datasets: Sequence[str | Dataset] | None,
        conversation: str | Conversation | None,
        expected_version: int | None,
        model: str | None,
    ) -> bytes:
        """Returns a question as the wire has it."""
        asked: dict[str, Any] = {
            "message": message,
            "conversation_id": None if conversation is None else conversation_id_of(conversation),
            "expected_version": expected_version,
            "model": model,
            **self._about(dataset, datasets, conversation),
        }
        return to_json({name: value for name, value in asked.items() if value is not None})

    def _about(
        self,
        dataset: str | Dataset | None,
        datasets: Sequence[str | Dataset] | None,
        conversation: str | Conversation | None,
    ) -> Mapping[str, Any]:
        """Returns the datasets of a question as the wire names them."""
        if dataset is not None and datasets is not None:
            raise InvalidInput.of("datasets", "dataset과 datasets 가운데 하나만 지정해주세요.")
        if dataset is not None:
            return {"dataset_id": id_of(dataset)}
        if datasets is not None:
            return {"dataset_ids": [id_of(each) for each in ([datasets] if isinstance(datasets, str) else datasets)]}
        if conversation is None:
            raise InvalidInput.of("dataset", "어느 데이터셋에 대한 질문인지 dataset으로 지정해주세요.")
        known = conversation if isinstance(conversation, Conversation) else self._conversation(conversation)
        return {"dataset_ids": known.dataset_ids}

    def _conversation(self, conversation_id: str) -> Conversation:
        """Returns a conversation that is known by its id only."""
        return Conversations(self._transport).get(conversation_id)


def _key(api_key: str | None) -> dict[str, str]:
    """Returns the header that carries the caller's key; none without a key.

    Raises:
        InvalidApiKey: No header can carry it, so it is none.
    """
    key = (api_key or "").strip()
    if key and not _KEY.fullmatch(key):
        raise InvalidApiKey
    return {_KEY_HEADER: key} if key else {}


def _patience() -> float:
    """Returns how many seconds an answer is waited for: what the server takes at most, and 15 s more."""
    text = os.environ.get("CHAT_TIMEOUT", "").strip()
    try:
        seconds = float(text) if text else _SERVER_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidInput.of("CHAT_TIMEOUT", f"변수 CHAT_TIMEOUT에는 초를 양수로 써주세요: {text}")
    return seconds + _MARGIN_SECONDS
