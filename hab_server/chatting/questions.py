"""A question before it is answered: what it is about, what was said before, and who may share its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from hab_core.chat.followups import leans_on_context
from hab_core.chat.offline.analyst import Turn
from hab_core.chat.offline.prediction import ASKING_BACK
from hab_core.chat.sources import Source
from hab_core.datasets.storage import DatasetStore
from hab_core.errors import NotFound
from hab_core.schemas.chat import ChatRequest
from hab_core.schemas.datasets import Dataset
from hab_server.cache.keys import Answerer, answer_key
from hab_server.datasets.opening import open_table
from hab_server.store import conversations, datasets
from hab_server.store.conversations import Question, Said
from hab_server.store.ids import is_id

_HISTORY = 40
"""Messages of a conversation that may bear on the next answer; the core looks at fewer."""


@dataclass(frozen=True)
class Inquest:
    """A question with all that its answer depends on.

    Attributes:
        question: The question as it is stored.
        datasets: What it is about.
        history: The turns before it.
        key: Under which its answer is shared; None where that depends on what was said before.
    """

    question: Question
    datasets: Sequence[Dataset]
    history: Sequence[Turn]
    key: str | None


def look_into(engine: Engine, request: ChatRequest, by: Answerer) -> Inquest:
    """Returns a question with what is known of it; no table is opened yet.

    Raises:
        NotFound: A dataset or the conversation is not there.
        InvalidInput: The conversation is about other datasets.
        DatabaseUnavailable: The database fails.
    """
    question = Question(request.message, request.datasets, request.conversation_id, request.expected_version)
    if question.conversation_id is not None and not is_id(question.conversation_id, "conv"):
        raise NotFound(f"대화를 찾을 수 없습니다: {question.conversation_id!r}")
    conversations.check(engine, question)
    about = [datasets.find(engine, each) for each in question.datasets]
    said: Sequence[Said] = ()
    if question.conversation_id is not None:
        said = conversations.said_before(engine, question.conversation_id, _HISTORY)
    key = answer_key(question.text, about, by) if stands_alone(question.text, said) else None
    return Inquest(question, about, turns(said), key)


def open_sources(engine: Engine, store: DatasetStore, about: Sequence[Dataset]) -> list[Source]:
    """Returns the tables of a question.

    Raises:
        NotFound: One is not there.
        StorageUnavailable: The store does not answer.
        DatabaseUnavailable: The database fails.
    """
    return [Source(each.id, each.name, open_table(engine, store, each.id)) for each in about]


def stands_alone(question: str, said: Sequence[Said]) -> bool:
    """Whether a question means the same whatever was said before.

    It does not where it leans on earlier turns by its words, nor where the last answer asked something back.
    """
    if not said:
        return True
    return not leans_on_context(question) and not _asked_back(said[-1])


def turns(said: Sequence[Said]) -> list[Turn]:
    """Returns what was said as turns, without the questions that never got an answer."""
    kept: list[Turn] = []
    for each in said:
        if each.role == "assistant" and each.incomplete and not each.content.strip():
            if kept and kept[-1].role == "user":
                kept.pop()
        else:
            kept.append(Turn(each.role, each.content))
    return kept


def _asked_back(last: Said) -> bool:
    """Whether an answer ends in a question of its own; the offline analyst's offers of questions are none."""
    if last.role != "assistant":
        return False
    if last.mode == "offline":
        return last.content.startswith(ASKING_BACK)
    end = last.content.strip().rpartition("\n")[2]
    return any(sign in end for sign in ("?", "？", "주세요", "알려"))
