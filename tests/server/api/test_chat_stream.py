"""Answers as server-sent events: told as they come, gone on with after a cut, ended when nobody reads."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hab_core.schemas.chat import CACHE_NOTICE, INCOMPLETE_NOTICE
from hab_server.chatting import desk, live, register
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.anthropic_service import Reply, StandIn
from tests.running import wait_until
from tests.server.api.chatting import (
    COUNTS,
    QUESTION,
    STREAM,
    Event,
    ask,
    body,
    conversation,
    load_claude,
    send,
    stream,
    streaming,
    table,
    text_of,
)
from tests.server.api.conftest import serving
from tests.server.api.uploading import upload

LONG = "월요일 사고가 가장 많습니다. " * 12


@pytest.fixture
def chat_settings(tmp_path: Path, claude: StandIn) -> Settings:
    """Settings of a test that runs servers of its own."""
    load_claude()
    return Settings(hab_home=tmp_path / "home", anthropic_base_url=claude.url, chat_timeout=20)


@pytest.fixture(scope="module")
def api(home: Path, claude: StandIn) -> Iterator[httpx.Client]:
    """A client of a server whose Claude is the stand-in."""
    load_claude()
    settings = Settings(hab_home=home, anthropic_base_url=claude.url, chat_timeout=20)
    with ValkeyProcess(settings), serving(settings) as client:
        yield client


def fresh(api: httpx.Client) -> str:
    """A dataset whose answers nobody has asked for yet."""
    return str(upload(api, table() + f"2022-01-03 01:00,월요일,{uuid.uuid4()},맑음,1\n")["id"])


def answer_of(api: httpx.Client, start: Event) -> dict[str, object]:
    """The answer that a conversation holds now; empty while it is being made."""
    messages = conversation(api, start.data["conversation_id"])["messages"]
    return dict(messages[1]) if len(messages) > 1 else {}


def test_what_is_told_is_what_is_stored(api: httpx.Client, claude: StandIn) -> None:
    claude.say(Reply("확인합니다.", [COUNTS]), Reply("월요일이 4건으로 가장 많습니다."))
    events = stream(api, body(fresh(api)), key=True)
    names = [name for name, _ in itertools.groupby(event.name for event in events)]
    assert names == ["start", "text", "tool_start", "tool_end", "text", "done"]
    assert len({event.id for event in events}) == len(events)
    assert all(event.data["type"] == event.name for event in events)
    answer = events[-1].data["answer"]
    assert text_of(events) == answer["response"] == "월요일이 4건으로 가장 많습니다."
    assert events[0].data["message_id"] == answer["message_id"]
    assert events[0].data["conversation_id"] == answer["conversation_id"]
    ended = next(event for event in events if event.name == "tool_end")
    assert ended.data["call"] == answer["tool_calls"][0]
    stored = answer_of(api, events[0])
    assert stored["content"] == answer["response"]
    assert stored["tool_calls"] == answer["tool_calls"]


def test_the_offline_analyst_is_told_alike(api: httpx.Client) -> None:
    events = stream(api, body(fresh(api)))
    assert [event.name for event in events] == ["start", "tool_start", "tool_end", "text", "done"]
    assert text_of(events) == events[-1].data["answer"]["response"]


def test_a_repeat_comes_from_the_cache(api: httpx.Client) -> None:
    about = fresh(api)
    first = ask(api, about)
    events = stream(api, body(about))
    assert [event.name for event in events] == ["start", "text", "done"]
    answer = events[-1].data["answer"]
    assert (answer["cache_hit"], answer["notice"]) == (True, CACHE_NOTICE)
    assert text_of(events) == answer["response"] == first["response"]
    assert answer["tool_calls"] == first["tool_calls"]


def test_what_is_wrong_with_the_question_is_no_stream(api: httpx.Client) -> None:
    for request, status in ((body("ds_0"), 404), (body(fresh(api), ""), 422), ({}, 422)):
        response = api.post(STREAM, json=request)
        assert (response.status_code, response.json()["success"]) == (status, False)


def test_what_goes_wrong_later_is_an_event(api: httpx.Client, claude: StandIn) -> None:
    claude.say(Reply(status=401))
    events = stream(api, body(fresh(api)), key=True)
    assert [event.name for event in events] == ["start", "error"]
    assert events[-1].data["error"]["code"] == "invalid_api_key"
    assert answer_of(api, events[0])["notice"] == INCOMPLETE_NOTICE


def test_a_silent_stream_stays_open(api: httpx.Client, claude: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.1)
    claude.say(Reply("답입니다.", wait=1.0))
    with streaming(api, body(fresh(api)), key=True) as events:
        seen = list(events)
    assert any(event.comment for event in seen)
    assert seen[-1].name == "done"


def test_a_cut_reader_goes_on_where_it_was(api: httpx.Client, claude: StandIn) -> None:
    about, before = fresh(api), len(claude.requests)
    claude.say(Reply("", [COUNTS]), Reply(LONG, pause=0.02))
    with streaming(api, body(about), key=True) as events:
        first = list(itertools.islice(events, 8))
    rest = stream(api, body(about), key=True, after=first[-1].id)
    numbers = [int(event.id.rpartition("-")[2]) for event in first + rest]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text_of(first + rest) == rest[-1].data["answer"]["response"] == LONG.strip()
    assert len(claude.requests) == before + 2
    again = stream(api, body(about), after=first[0].id)
    assert [event.id for event in again] == [event.id for event in (first + rest)[1:]]
    assert stream(api, body(about), after=rest[-1].id) == []


def test_another_process_goes_on(chat_settings: Settings, claude: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "READER_SECONDS", 2.0)
    claude.say(Reply(LONG, pause=0.15))
    with ValkeyProcess(chat_settings), serving(chat_settings) as one, serving(chat_settings) as other:
        about = fresh(one)
        with streaming(one, body(about), key=True) as events:
            first = list(itertools.islice(events, 4))
        assert answer_of(other, first[0]) == {}
        rest = stream(other, body(about), after=first[-1].id)
        answer = rest[-1].data["answer"]
        assert text_of(first + rest) == answer["response"] == LONG.strip()
        assert not answer["incomplete"]
        ids = [event.id for event in first + rest]
        assert len(set(ids)) == len(ids)


def test_an_answer_that_nobody_holds_any_more_comes_from_the_store(chat_settings: Settings, claude: StandIn) -> None:
    claude.say(Reply("답입니다."))
    with ValkeyProcess(chat_settings) as valkey:
        with serving(chat_settings) as api:
            about = fresh(api)
            events = stream(api, body(about), key=True)
        valkey.stop()
    with serving(chat_settings) as api:
        [done] = stream(api, body(about), after=events[1].id)
        assert done.data == events[-1].data
        assert api.post(STREAM, json=body(about, "다른 질문"), headers={"Last-Event-ID": done.id}).status_code == 422


@pytest.mark.parametrize("last", ["x", "msg_1", "conv_1-1", "msg_1-9999999999", "msg_1-1' OR 1=1"])
def test_what_is_no_event_is_refused(api: httpx.Client, last: str) -> None:
    response = api.post(STREAM, json=body(fresh(api)), headers={"Last-Event-ID": last})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == "Last-Event-ID"


def test_events_of_other_questions_are_refused(api: httpx.Client) -> None:
    about = fresh(api)
    events = stream(api, body(about))
    response = api.post(STREAM, json=body(about, "다른 질문"), headers={"Last-Event-ID": events[0].id})
    assert response.status_code == 422
    missing = api.post(STREAM, json=body(about), headers={"Last-Event-ID": "msg_0-1"})
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "reply", [Reply(LONG, pause=0.2), Reply(LONG, hang_after=6), Reply("", wait=30)], ids=["slow", "hanging", "silent"]
)
def test_an_answer_without_a_reader_stops(
    api: httpx.Client, claude: StandIn, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(register, "READER_SECONDS", 0.5)
    claude.say(reply)
    with streaming(api, body(fresh(api)), key=True) as events:
        start = next(events)
        if reply.text:
            next(events)
    wait_until(lambda: answer_of(api, start))
    stored = answer_of(api, start)
    assert (stored["incomplete"], stored["notice"]) == (True, INCOMPLETE_NOTICE)
    assert len(str(stored["content"])) < len(LONG.strip())
    if reply.text:
        assert LONG.startswith(str(stored["content"]))
        assert stored["content"]
    claude.say(Reply("다시 물으셨네요."))
    whole = ask(api, conversation(api, start.data["conversation_id"])["dataset_ids"][0], key=True)
    assert (whole["response"], whole["cache_hit"]) == ("다시 물으셨네요.", False)


def test_an_answer_in_one_piece_needs_no_reader(
    api: httpx.Client, claude: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "READER_SECONDS", 0.2)
    claude.say(Reply("천천히 답합니다.", wait=3))
    assert ask(api, fresh(api), key=True)["response"] == "천천히 답합니다."


def test_the_server_answers_others_while_claude_is_silent(api: httpx.Client, claude: StandIn) -> None:
    claude.say(Reply("", wait=30))
    about = fresh(api)
    with streaming(api, body(about), key=True) as events:
        next(events)
        assert api.get("/health/live").status_code == 200
        assert send(api, about).json()["mode"] == "offline"


def test_more_than_the_desk_takes_is_refused(
    chat_settings: Settings, claude: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "CLAUDE_AT_ONCE", 1)
    monkeypatch.setattr(desk, "WAITING", 0)
    with ValkeyProcess(chat_settings), serving(chat_settings) as api:
        one_is_taken(api, claude)


def one_is_taken(api: httpx.Client, claude: StandIn) -> None:
    about, before = fresh(api), len(claude.requests)
    claude.say(Reply("", wait=30))
    with streaming(api, body(about), key=True) as events:
        next(events)
        wait_until(lambda: len(claude.requests) > before)
        for path in (STREAM, "/api/chat/message"):
            refused = api.post(path, json=body(about, "또 하나"), headers={"X-Anthropic-API-Key": "sk-ant-any"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
            assert int(refused.headers["retry-after"]) > 0
    assert len(api.get("/api/conversations").json()["items"]) == 1


def test_streams_reached_after_a_restart_are_whole(chat_settings: Settings, claude: StandIn) -> None:
    with ValkeyProcess(chat_settings):
        with serving(chat_settings) as api:
            about = fresh(api)
            events = stream(api, body(about, QUESTION))
        with serving(chat_settings) as api:
            again = stream(api, body(about, QUESTION), after=events[0].id)
    assert [event.id for event in again] == [event.id for event in events[1:]]
