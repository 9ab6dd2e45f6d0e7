"""A server that is killed, or told to stop, while it answers: what was asked and answered is all there afterwards."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from hab_core.schemas.chat import INCOMPLETE_NOTICE
from tests.anthropic_service import Reply, StandIn, stand_in
from tests.running import Command, wait_until
from tests.server.api.chatting import QUESTION, ask, body, conversation, stream, streaming, table
from tests.server.api.uploading import upload

Start = Callable[[], httpx.Client]


@pytest.fixture
def claude() -> Iterator[StandIn]:
    """A stand-in for Anthropic's service that no other test has asked."""
    with stand_in() as running:
        yield running


class Server:
    """``hab serve`` on one home, started again and again."""

    def __init__(self, home: Path, claude: StandIn) -> None:
        self._home, self._claude = home, claude
        self.commands: list[Command] = []
        self._clients: list[httpx.Client] = []

    def start(self) -> httpx.Client:
        """Starts it and returns a client of it."""
        self.commands.append(Command(self._home, "serve", ANTHROPIC_BASE_URL=self._claude.url))
        wait_until(self.commands[-1].answers)
        self._clients.append(httpx.Client(base_url=self.commands[-1].url, timeout=60))
        return self._clients[-1]

    def end(self, number: signal.Signals) -> None:
        """Signals it and waits for its end."""
        self.commands[-1].process.send_signal(number)
        self.commands[-1].ends()

    def clear(self) -> None:
        """Kills it where a test left it running."""
        for client in self._clients:
            client.close()
        for command in self.commands:
            command.clear()


@pytest.fixture
def server(home: Path, claude: StandIn) -> Iterator[Server]:
    """A server that the test may kill."""
    running = Server(home, claude)
    yield running
    running.clear()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_ended_server_leaves_the_question_and_says_so(
    server: Server, claude: StandIn, number: signal.Signals
) -> None:
    api = server.start()
    about = str(upload(api, table())["id"])
    whole = ask(api, about)
    before = conversation(api, whole["conversation_id"])
    claude.say(Reply("", wait=60))
    with streaming(api, body(about, "오래 걸리는 질문"), key=True) as events:
        start = next(events)
        wait_until(lambda: claude.requests)
        server.end(number)
    api = server.start()
    assert conversation(api, whole["conversation_id"]) | {"timestamp": 0, "request_id": 0} == before | {
        "timestamp": 0,
        "request_id": 0,
    }
    made = start.data["conversation_id"]
    wait_until(lambda: len(conversation(api, made)["messages"]) == 2)
    question, lost = conversation(api, made)["messages"]
    assert question["content"] == "오래 걸리는 질문"
    assert (lost["id"], lost["incomplete"], lost["notice"]) == (start.data["message_id"], True, INCOMPLETE_NOTICE)
    [done] = stream(api, body(about, "오래 걸리는 질문"), after=start.id)[-1:]
    assert done.data["answer"]["incomplete"]
    claude.say(Reply("이번에는 답합니다."))
    again = ask(api, about, "오래 걸리는 질문", key=True, conversation_id=made)
    assert (again["response"], again["cache_hit"]) == ("이번에는 답합니다.", False)
    assert len(conversation(api, made)["messages"]) == 4


def test_the_cache_outlives_the_server(server: Server) -> None:
    api = server.start()
    about = str(upload(api, table())["id"])
    first = ask(api, about, QUESTION)
    server.end(signal.SIGTERM)
    again = ask(server.start(), about, QUESTION)
    assert (again["cache_hit"], again["response"]) == (True, first["response"])
