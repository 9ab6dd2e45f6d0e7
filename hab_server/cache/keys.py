"""Keys: what has to be the same for an answer to be the same. The caller's API key is no part of any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from hab_core.chat.followups import normalise_question
from hab_core.schemas.chat import ChatMode
from hab_core.schemas.datasets import Dataset
from hab_core.schemas.version import VERSION

_PREFIX = "hab:chat"


class Answerer(NamedTuple):
    """Who answers: the mode, the language model, and the model that predicts ECLO."""

    mode: ChatMode
    model: str
    eclo: str


def answer_key(question: str, datasets: Sequence[Dataset], by: Answerer) -> str:
    """Returns the key of an answer.

    One dataset counts by its content alone. Of several the ids count too, since the tool calls of the answer name them.
    """
    ids = [each.id for each in datasets] if len(datasets) > 1 else []
    parts = [VERSION, [each.content_hash for each in datasets], ids, normalise_question(question), *by]
    return f"{_PREFIX}:answer:{sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()}"


def flight_key(key: str) -> str:
    """Returns the key under which the answer of another key is claimed."""
    return key.replace(":answer:", ":flight:")


def events_key(message_id: str) -> str:
    """Returns the key of the events of an answer."""
    return f"{_PREFIX}:events:{message_id}"


def making_key(message_id: str) -> str:
    """Returns the key that is there while somebody makes an answer."""
    return f"{_PREFIX}:making:{message_id}"


def reader_key(message_id: str) -> str:
    """Returns the key that is there while somebody reads the events of an answer at another process."""
    return f"{_PREFIX}:reader:{message_id}"
