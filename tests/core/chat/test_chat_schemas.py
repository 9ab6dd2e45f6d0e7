from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from hab_core.schemas.chat import MAX_MESSAGE, ChatEvent, ChatRequest, TextEvent, join_notices


@pytest.mark.parametrize(
    "body",
    [
        {"message": "질문"},
        {"dataset_id": "ds_1", "dataset_ids": ["ds_2"], "message": "질문"},
        {"dataset_id": "ds_1", "message": ""},
        {"dataset_id": "ds_1", "message": "   "},
        {"dataset_id": "ds_1", "message": "가" * 20_000},
        {"dataset_id": "ds_1", "message": "널\x00문자"},
        {"dataset_id": "ds_1", "message": "질문", "unknown": 1},
        {"dataset_id": "ds_1", "message": "질문", "expected_version": True},
        {"dataset_ids": [], "message": "질문"},
        {"dataset_ids": [f"ds_{i}" for i in range(6)], "message": "질문"},
    ],
)
def test_requests_that_break_a_rule_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChatRequest.model_validate(body)


def test_datasets_are_named_one_way_or_the_other() -> None:
    assert ChatRequest(dataset_id="ds_1", message="가" * MAX_MESSAGE).datasets == ["ds_1"]
    assert ChatRequest(dataset_ids=["ds_1", "ds_2", "ds_1"], message="?").datasets == ["ds_1", "ds_2"]


def test_events_are_told_apart_by_their_type() -> None:
    event = TypeAdapter(ChatEvent).validate_json('{"type": "text", "text": "답", "later": 1}')
    assert event == TextEvent(text="답")


def test_notices_are_joined_by_a_line_break() -> None:
    assert join_notices(None, "하나", None, "둘", "하나") == "하나\n둘"
    assert join_notices(None, None) is None


def test_the_sdk_and_the_graph_are_loaded_only_for_an_answer_by_claude() -> None:
    code = (
        "import sys, hab_core.chat.answering, hab_core.chat.claude, hab_core.chat.offline.analyst; "
        "print([m for m in ('anthropic', 'langgraph', 'langsmith', 'httpx2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
