"""Questions of a page to the server, asked at once: a page waits for the slowest, not for the sum.

Answers are kept for the browser session: the content of a dataset never changes, so a chart that is drawn again asks
nothing.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hab_client import HabClient
from hab_core.errors import ConnectionFailed, HabError
from hab_ui import backend

SAMPLE = "sample"
"""The question for rows; every other name is a tool's."""
_KEY = "hab_answers"
_AT_ONCE = 6
_MOST_KEPT = 200
_MOST_SAMPLES = 8


@dataclass(frozen=True)
class Question:
    """What is asked of one dataset: a tool or a sample, its arguments as JSON."""

    dataset_id: str
    name: str
    arguments: str


def tool(name: str, dataset_id: str, **arguments: Any) -> Question:
    """Returns the question for what a tool finds; arguments that are None or empty are left out."""
    return _question(dataset_id, name, arguments)


def sample(dataset_id: str, columns: Sequence[str], n: int, where: Sequence[Any]) -> Question:
    """Returns the question for rows drawn at random."""
    return _question(dataset_id, SAMPLE, {"columns": list(columns), "n": n, "where": list(where)})


def answers(questions: Sequence[Question]) -> list[Any]:
    """Returns the answers in their order: a tool run, a sample, or the error of the one that failed.

    Raises:
        ConnectionFailed: The server cannot be reached: then none has an answer.
    """
    kept: OrderedDict[Question, Any] = st.session_state.setdefault(_KEY, OrderedDict())
    missing = [each for each in dict.fromkeys(questions) if each not in kept]
    if missing:
        client = backend.client()
        with ThreadPoolExecutor(min(_AT_ONCE, len(missing)), thread_name_prefix="hab-ui") as pool:
            found = dict(zip(missing, pool.map(lambda each: _answer(client, each), missing), strict=True))
    else:
        found = {}
    kept.update((each, answer) for each, answer in found.items() if not isinstance(answer, HabError))
    result = [kept[each] if each in kept else found[each] for each in questions]
    for each in questions:
        if each in kept:
            kept.move_to_end(each)
    _forget_oldest(kept)
    return result


def answer(question: Question) -> Any:
    """Returns one answer.

    Raises:
        HabError: What failed.
    """
    found = answers([question])[0]
    if isinstance(found, HabError):
        raise found
    return found


def _question(dataset_id: str, name: str, arguments: dict[str, Any]) -> Question:
    """Returns a question that equals every other that asks the same."""
    given = {key: value for key, value in arguments.items() if value is not None and value != []}
    return Question(dataset_id, name, json.dumps(given, ensure_ascii=False, sort_keys=True))


def _answer(client: HabClient, question: Question) -> Any:
    """Returns what the server answers, or the error that it answers with."""
    arguments = json.loads(question.arguments)
    try:
        if question.name == SAMPLE:
            return client.datasets.sample(question.dataset_id, **arguments)
        return client.tools.run(question.name, dataset=question.dataset_id, **arguments)
    except ConnectionFailed:
        raise
    except HabError as error:
        return error


def _forget_oldest(kept: OrderedDict[Question, Any]) -> None:
    """Drops what was not asked for longest; samples, which are large, sooner."""
    samples = [each for each in kept if each.name == SAMPLE]
    for each in samples[:-_MOST_SAMPLES]:
        del kept[each]
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
