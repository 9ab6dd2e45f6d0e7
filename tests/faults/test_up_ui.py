"""``hab up`` with the user interface: its address, its end, its return after a death, its port taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hab_server.preflight import listen
from hab_server.processes import descendants
from tests.running import Command, is_running, kill_part, part, wait_until


@pytest.fixture
def started(home: Path) -> Iterator[list[Command]]:
    """Commands that are killed at the end where they still run."""
    commands: list[Command] = []
    yield commands
    for command in commands:
        command.clear()


def answers(up: Command) -> bool:
    """Whether the user interface answers."""
    try:
        return httpx.get(f"{up.ui_url}/_stcore/health", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def test_it_is_there_comes_back_and_leaves_nothing(home: Path, started: list[Command]) -> None:
    up = Command(home, "up")
    started.append(up)
    up.says(f"화면: {up.ui_url}")
    assert answers(up)
    killed = kill_part(up, "hab_ui")
    up.says("화면: 멈췄습니다")
    wait_until(lambda: answers(up) and part(up, "hab_ui") not in (0, killed))
    children = descendants(up.process.pid)
    up.process.terminate()
    assert up.ends() == 0
    assert not any(is_running(pid) for pid in children)
    assert "Traceback" not in up.output() + (home / "logs" / "ui.log").read_text()


def test_a_taken_port_is_one_line_that_names_the_setting(home: Path, started: list[Command]) -> None:
    with listen("127.0.0.1", 0, "UI_PORT") as taken:
        up = Command(home, "up", UI_PORT=str(taken.getsockname()[1]))
        started.append(up)
        assert up.ends() == 1
    assert "UI_PORT" in up.output()
    assert len(up.output().splitlines()) == 1
    assert not (home / "logs").exists()
