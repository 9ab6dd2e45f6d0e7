"""Repeats come from the cache, and only what may be shared gets there."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis

from hab_core.schemas.chat import CACHE_NOTICE, MOVED_ON_NOTICE
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.accidents import ACCIDENT
from tests.anthropic_service import Reply, StandIn
from tests.running import wait_until
from tests.server.api.chatting import ask, body, conversation, load_claude, send, table
from tests.server.api.conftest import RECOVERS_WITHIN, serving
from tests.server.api.uploading import upload


@pytest.fixture(scope="module")
def api(home: Path, claude: StandIn) -> Iterator[httpx.Client]:
    """A client of a server whose Claude is the stand-in."""
    load_claude()
    settings = Settings(hab_home=home, anthropic_base_url=claude.url)
    with ValkeyProcess(settings), serving(settings) as client:
        yield client


def content() -> str:
    """A table that no test has asked about yet."""
    return table() + f"2022-01-03 01:00,월요일,{uuid.uuid4()},맑음,1\n"


def fresh(api: httpx.Client) -> str:
    """Its id."""
    return str(upload(api, content())["id"])


def test_a_repeat_is_the_stored_answer(api: httpx.Client, claude: StandIn) -> None:
    same = content()
    about, again = (str(upload(api, same)["id"]) for _ in range(2))
    claude.say(Reply("", [("get_value_counts", {"column": "요일"})]), Reply("월요일이 4건입니다."))
    first, asked = ask(api, about, "월요일은 몇 건인가요?", key=True), len(claude.requests)
    for repeat in (
        ask(api, about, "월요일은 몇 건인가요?", key=True),
        ask(api, about, "  월요일은  몇 건인가요 ", key=True),
        ask(api, again, "월요일은 몇 건인가요?", key=True),
        api.post(
            "/api/chat/message", json=body(about, "월요일은 몇 건인가요?"), headers={"X-Anthropic-API-Key": "k"}
        ).json(),
    ):
        assert (repeat["cache_hit"], repeat["notice"], repeat["mode"]) == (True, CACHE_NOTICE, "claude")
        for name in ("response", "tool_calls", "receipts"):
            assert repeat[name] == first[name]
        assert repeat["token_usage"] == {"input": 0, "output": 0}
        assert repeat["conversation_id"] != first["conversation_id"]
        stored = conversation(api, repeat["conversation_id"])["messages"][1]
        assert (stored["cache_hit"], stored["content"]) == (True, first["response"])
    assert len(claude.requests) == asked


def test_another_model_mode_or_content_is_another_answer(api: httpx.Client, claude: StandIn) -> None:
    about = fresh(api)
    claude.say(Reply("하나"), Reply("둘"), Reply("셋"))
    assert ask(api, about, "이건 뭐지?", key=True)["response"] == "하나"
    assert ask(api, about, "이건 뭐지?", key=True, model="claude-opus-5-5")["response"] == "둘"
    assert ask(api, fresh(api), "이건 뭐지?", key=True)["response"] == "셋"
    assert ask(api, about, "이건 뭐지?")["mode"] == "offline"


def test_what_leans_on_earlier_turns_is_not_shared(api: httpx.Client) -> None:
    about = fresh(api)
    one = ask(api, about, "월요일 사고는 몇 건이야?")["conversation_id"]
    other = ask(api, about, "화요일 사고 중 ECLO 평균은?")["conversation_id"]
    first = ask(api, about, "그럼 수요일은?", conversation_id=one)
    second = ask(api, about, "그럼 수요일은?", conversation_id=other)
    assert (first["cache_hit"], second["cache_hit"]) == (False, False)
    assert first["tool_calls"] != second["tool_calls"]
    assert not ask(api, about, "그럼 수요일은?", conversation_id=one)["cache_hit"]
    assert ask(api, about, "월요일 사고는 몇 건이야?", conversation_id=other)["cache_hit"]


def test_what_answers_a_question_back_is_not_shared(api: httpx.Client) -> None:
    about = fresh(api)
    asked_back = ask(api, about, "ECLO 예측해줘")
    assert "더 알려주세요" in asked_back["response"]
    told = ", ".join(ACCIDENT[name] for name in ("weather", "road_surface", "road_type", "accident_type", "district"))
    reply = f"{told}, 2022년 1월 1일 1시"
    alone = ask(api, about, reply)
    predicted = ask(api, about, reply, conversation_id=asked_back["conversation_id"])
    assert not predicted["cache_hit"]
    assert predicted["tool_calls"] != alone["tool_calls"]


def test_a_dead_cache_costs_nothing_but_repeats(api: httpx.Client, claude: StandIn, tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / "home", anthropic_base_url=claude.url)
    with ValkeyProcess(settings) as valkey, serving(settings) as own:
        about = fresh(own)
        assert not ask(own, about)["cache_hit"]
        assert ask(own, about)["cache_hit"]
        valkey.send(signal.SIGKILL)
        wait_until(lambda: not valkey.running())
        assert not ask(own, about)["cache_hit"]
        with own.stream("POST", "/api/chat/stream", json=body(about)) as response:
            assert "event: done" in response.read().decode()
        valkey.start()
        wait_until(lambda: ask(own, about)["cache_hit"], RECOVERS_WITHIN)


def test_answers_run_out(claude: StandIn, tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / "home", cache_ttl=1)
    with ValkeyProcess(settings), serving(settings) as own:
        about = fresh(own)
        ask(own, about)
        with redis.Redis.from_url(settings.redis_dsn) as server:
            wait_until(lambda: not list(server.scan_iter("hab:chat:answer:*")))
        assert not ask(own, about)["cache_hit"]


def test_no_time_to_live_is_no_cache(tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / "home", cache_ttl=0)
    with ValkeyProcess(settings), serving(settings) as own:
        about = fresh(own)
        assert [ask(own, about)["cache_hit"] for _ in range(2)] == [False, False]


@pytest.mark.parametrize("processes", [1, 2])
def test_twenty_at_once_cost_one_run(claude: StandIn, tmp_path: Path, processes: int) -> None:
    settings = Settings(hab_home=tmp_path / "home", anthropic_base_url=claude.url, database_pool_size=20)
    with ValkeyProcess(settings), serving(settings) as one, serving(settings) as other:
        about, asked = fresh(one), len(claude.requests)
        claude.say(Reply("한 번만 답합니다.", wait=1.0))
        servers = [one, other][:processes]
        with ThreadPoolExecutor(20) as threads:
            asking = [threads.submit(send, servers[n % processes], about, "모두의 질문", key=True) for n in range(20)]
            answers = [each.result().json() for each in asking]
        assert len(claude.requests) == asked + 1
        assert {answer["response"] for answer in answers} == {"한 번만 답합니다."}
        assert sorted(answer["cache_hit"] for answer in answers) == [False] + [True] * 19
        assert len({answer["conversation_id"] for answer in answers}) == 20


def test_a_notice_of_the_conversation_is_not_the_cache_s(api: httpx.Client) -> None:
    about = fresh(api)
    first = ask(api, about, "ECLO 평균은?")
    seen = {"conversation_id": first["conversation_id"], "expected_version": first["version"]}
    ask(api, about, "ECLO 합계는?", **seen)
    moved = ask(api, about, "ECLO 평균은?", **seen)
    assert moved["notice"] == f"{CACHE_NOTICE}\n{MOVED_ON_NOTICE}"
    assert ask(api, about, "ECLO 평균은?")["notice"] == CACHE_NOTICE
