"""How many questions the offline analyst plans right: the right tool with the right columns, function and rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hab_core.chat.offline.analyst import OfflineAnalyst
from hab_core.chat.sources import Source
from tests.core.chat.questions import DEVELOPMENT, HELD_OUT, Expected, load, right

ENOUGH = 0.85


def table_of(asked: list[Expected], wrong: list[Expected]) -> str:
    """Returns the accuracy by intent, and what went wrong."""
    every, failed = Counter(each.intent for each in asked), Counter(each.intent for each in wrong)
    lines = [f"{intent:18} {every[intent] - failed[intent]:3}/{every[intent]:3}" for intent in sorted(every)]
    return "\n".join([*lines, *(f"✗ {each.dataset}: {each.question}" for each in wrong)])


@pytest.mark.parametrize("path", [DEVELOPMENT, HELD_OUT], ids=["development", "held_out"])
def test_questions_are_planned_right(path: Path, real_sources: dict[str, Source]) -> None:
    analysts = {name: OfflineAnalyst([source]) for name, source in real_sources.items()}
    asked = load(path)
    wrong = [
        each for each in asked if not right(each, [step.call for step in analysts[each.dataset].plan(each.question)])
    ]
    summary = table_of(asked, wrong)
    print(summary)  # noqa: T201 - shown with -s: the accuracy table
    assert len(asked) - len(wrong) >= ENOUGH * len(asked), summary


def test_at_least_two_hundred_questions_over_five_datasets() -> None:
    asked = [*load(DEVELOPMENT), *load(HELD_OUT)]
    assert len(asked) >= 200
    assert len({each.question for each in asked}) == len(asked)
    assert {each.dataset for each in asked} == {"taas", "comp", "cctv", "school", "parking"}


def test_every_planned_call_runs_and_every_figure_has_a_source(real_sources: dict[str, Source]) -> None:
    analysts = {name: OfflineAnalyst([source]) for name, source in real_sources.items()}
    for each in [*load(DEVELOPMENT), *load(HELD_OUT)]:
        answer = analysts[each.dataset].answer(each.question)
        assert answer.mode == "offline"
        assert all(call.error is None for call in answer.tool_calls), (each.question, answer.tool_calls)
        assert [r.figure for r in answer.receipts if r.status == "unverified"] == [], (each.question, answer.response)
