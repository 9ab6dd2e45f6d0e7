"""What the tests of chat over HTTP share: a table with known counts, questions, events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx

from tests.anthropic_service import KEY

MESSAGE, STREAM, CONVERSATIONS = "/api/chat/message", "/api/chat/stream", "/api/conversations"
QUESTION = "요일별 사고 건수는?"
DAYS = "월화수목금토일"
WITH_KEY = {"X-Anthropic-API-Key": KEY}
COUNTS = ("get_value_counts", {"column": "요일"})


def load_claude() -> None:
    """Loads what the first answer of Claude would load in its own time, which these tests make short."""
    for name in ("anthropic", "hab_core.chat.graph"):
        import_module(name)


def table(days: str = "월월월화화수") -> str:
    """A CSV of accidents, one for each letter; its content is that of no other letters."""
    head = "사고일시,요일,시군구,기상상태,ECLO\n"
    line = "2022-01-0{day} 0{hour}:00,{name}요일,대구광역시 수성구 상동,맑음,{eclo}\n"
    return head + "".join(
        line.format(day=DAYS.index(name) + 3, hour=place % 10, name=name, eclo=place % 7)
        for place, name in enumerate(days)
    )


def ask(
    api: httpx.Client, dataset: str | list[str], message: str = QUESTION, *, key: bool = False, **more: Any
) -> dict[str, Any]:
    """Asks a question that gets an answer."""
    response = send(api, dataset, message, key=key, **more)
    assert response.status_code == 200, response.text
    return dict(response.json())


def send(
    api: httpx.Client, dataset: str | list[str], message: str = QUESTION, *, key: bool = False, **more: Any
) -> httpx.Response:
    """Asks a question."""
    return api.post(MESSAGE, json=body(dataset, message, **more), headers=WITH_KEY if key else {})


def body(dataset: str | list[str], message: str = QUESTION, **more: Any) -> dict[str, Any]:
    """The body of a question."""
    return {"dataset_id" if isinstance(dataset, str) else "dataset_ids": dataset, "message": message, **more}


def conversation(api: httpx.Client, conversation_id: str) -> dict[str, Any]:
    """A conversation as it is read."""
    response = api.get(f"{CONVERSATIONS}/{conversation_id}")
    assert response.status_code == 200, response.text
    return dict(response.json())


class Event:
    """One server-sent event, or a comment."""

    def __init__(self, block: str) -> None:
        fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
        self.comment = block.startswith(":")
        self.id, self.name = fields.get("id", ""), fields.get("event", "")
        self.data: dict[str, Any] = json.loads(fields["data"]) if "data" in fields else {}


@contextmanager
def streaming(
    api: httpx.Client, request: dict[str, Any], *, key: bool = False, after: str | None = None
) -> Iterator[Iterator[Event]]:
    """Opens a stream and yields its events as they come."""
    headers = (WITH_KEY if key else {}) | ({"Last-Event-ID": after} if after else {})
    with api.stream("POST", STREAM, json=request, headers=headers) as response:
        if response.status_code != 200:
            response.read()
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield _events(response)


def stream(api: httpx.Client, request: dict[str, Any], *, key: bool = False, after: str | None = None) -> list[Event]:
    """All events of a stream."""
    with streaming(api, request, key=key, after=after) as events:
        return [event for event in events if not event.comment]


def text_of(events: list[Event]) -> str:
    """The text that a reader of the events has before him."""
    text = ""
    for event in events:
        if event.name == "text":
            text = event.data["text"] if event.data["replace"] else text + event.data["text"]
    return text.strip()


def _events(response: httpx.Response) -> Iterator[Event]:
    waiting = ""
    for part in response.iter_text():
        waiting += part
        *blocks, waiting = waiting.split("\n\n")
        yield from map(Event, blocks)
