"""``hab up`` with everything it starts: coming up, ending, parts killed, itself killed, things in its way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hab_server.preflight import HomeLock, check_port, listen
from hab_server.processes import descendants
from hab_server.settings import Settings
from tests.running import Command, ask, component, is_running, kill_part, part, wait_until

Start = Callable[..., Command]
API, WORKER, VALKEY = "hab_server serve", "hab_server worker", "valkey-server"


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts ``hab`` commands; kills at the end what still runs."""
    started: list[Command] = []

    def run(*arguments: str, **environment: str) -> Command:
        started.append(Command(home, *arguments, **environment))
        return started[-1]

    yield run
    for command in started:
        command.clear()


@pytest.fixture
def up(start: Start) -> Command:
    """A ``hab up`` that is ready."""
    command = start("up", "--no-ui")
    command.says("HAB가 실행 중입니다")
    return command


def only(command: Command, *words: str) -> list[int]:
    """Waits until these parts and nothing else run below it: a model is checked in a process that is soon gone."""
    found: list[int] = []

    def alone() -> bool:
        found[:] = [part(command, each) for each in words]
        return sorted(found) == sorted(descendants(command.process.pid))

    wait_until(alone)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_comes_up_ready_and_leaves_nothing(up: Command, number: signal.Signals) -> None:
    assert f"API: {up.url}" in up.output()
    assert up.answers()
    wait_until(lambda: component(up.url, "workers").get("status") == "ok")
    children = only(up, API, WORKER, VALKEY)
    up.process.send_signal(number)
    assert up.ends() == 0
    assert not any(is_running(pid) for pid in children)
    assert HomeLock(Settings(hab_home=up.home)).holder() is None
    assert check_port("127.0.0.1", up.port, "BACKEND_PORT") == up.port
    assert "Traceback" not in up.output()
    for name in ("api", "worker", "valkey"):
        assert (up.home / "logs" / f"{name}.log").exists()


@pytest.mark.parametrize("words", [API, WORKER, VALKEY])
def test_killed_part_comes_back(up: Command, words: str) -> None:
    killed = kill_part(up, words)
    up.says("SIGKILL")
    wait_until(lambda: part(up, words) not in (0, killed))
    wait_until(up.answers)
    wait_until(lambda: ask(f"{up.url}/health")[1].get("status") == "ok")


def test_its_own_death_leaves_nothing(up: Command) -> None:
    children = descendants(up.process.pid)
    up.process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in children))


def test_next_one_starts_after_a_death(up: Command, start: Start) -> None:
    up.process.kill()
    up.process.wait()
    again = start("up", "--no-ui", BACKEND_PORT=str(up.port))
    again.says("HAB가 실행 중입니다")
    assert again.answers()


def test_second_one_says_who_holds_the_home(up: Command, start: Start) -> None:
    second = start("up", "--no-ui")
    assert second.ends() == 1
    assert f"PID {up.process.pid}" in second.output()
    assert len(second.output().splitlines()) == 1
    assert up.answers()


@pytest.mark.parametrize("arguments", [("up", "--no-ui"), ("serve",)])
def test_taken_port_is_one_line_that_names_the_setting(start: Start, arguments: tuple[str, ...]) -> None:
    with listen("127.0.0.1", 0, "BACKEND_PORT") as taken:
        command = start(*arguments, BACKEND_PORT=str(taken.getsockname()[1]))
        assert command.ends() == 1
    assert "BACKEND_PORT" in command.output()
    assert len(command.output().splitlines()) == 1


def test_home_that_cannot_be_written_is_one_line(tmp_path: Path, start: Start) -> None:
    (tmp_path / "file").write_text("")
    command = start("up", HAB_HOME=str(tmp_path / "file" / "home"))
    assert command.ends() == 1
    assert "HAB_HOME" in command.output()
    assert len(command.output().splitlines()) == 1


def test_wrong_setting_is_one_line(start: Start) -> None:
    command = start("up", UI_PORT="many")
    assert command.ends() == 1
    assert "UI_PORT" in command.output()
    assert len(command.output().splitlines()) == 1


def test_missing_database_is_said_and_waited_for(start: Start) -> None:
    command = start("up", "--no-ui", DATABASE_URL="postgresql+psycopg://nobody:geheim@127.0.0.1:1/none")
    command.says("데이터베이스를 기다립니다")
    wait_until(lambda: ask(f"{command.url}/health/live")[0] == 200)
    assert ask(f"{command.url}/health/ready")[0] == 503
    command.process.terminate()
    assert command.ends() == 0
    written = command.output() + "".join(log.read_text() for log in (command.home / "logs").iterdir())
    assert "geheim" not in written


@pytest.mark.parametrize("waited_for", ["up.lock", "valkey.lock", "logs/migrate.log", "logs/api.log"])
def test_told_to_end_while_it_starts(start: Start, waited_for: str) -> None:
    command = start("up", "--no-ui")
    wait_until((command.home / waited_for).exists)
    children = descendants(command.process.pid)
    command.process.terminate()
    command.ends()
    assert not any(is_running(pid) for pid in children)
    assert HomeLock(Settings(hab_home=command.home)).holder() is None


def test_serve_alone_runs_its_own_valkey(start: Start) -> None:
    serving = start("serve")
    wait_until(serving.answers)
    (first,) = only(serving, VALKEY)

    def seen_down() -> bool:
        """Kills each Valkey that comes back, until one was away for long enough to be missed."""
        if valkey := part(serving, VALKEY):
            with suppress(ProcessLookupError):
                os.kill(valkey, signal.SIGKILL)
        return component(serving.url, "queue").get("status") == "down"

    wait_until(seen_down)
    assert serving.answers()
    wait_until(lambda: component(serving.url, "queue").get("status") == "ok")
    children = only(serving, VALKEY)
    assert first not in children
    serving.process.terminate()
    assert serving.ends() == 0
    assert not any(is_running(pid) for pid in children)


def test_worker_alone_serves_beside_a_server_and_keeps_the_queue(start: Start) -> None:
    serving, working = start("serve"), start("worker")
    wait_until(serving.answers)
    wait_until(lambda: component(serving.url, "workers").get("status") == "ok")
    wait_until(lambda: sorted(len(descendants(command.process.pid)) for command in (serving, working)) == [0, 1])
    assert part(serving, VALKEY) or part(working, VALKEY)
    working.process.terminate()
    assert working.ends() == 0
    wait_until(lambda: component(serving.url, "queue").get("status") == "ok")
