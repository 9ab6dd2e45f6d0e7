"""``hab up --demo`` shows demo data at once, and keeps to what the user made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hab_core.datasets.samples import samples
from tests.running import Command, home_with_model


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return home_with_model(tmp_path)


@pytest.fixture
def commands(home: Path) -> Iterator[list[Command]]:
    """Commands that are killed at the end where they still run."""
    started: list[Command] = []
    yield started
    for command in started:
        command.clear()


def up(home: Path, commands: list[Command], *options: str) -> Command:
    """A ``hab up`` that is ready."""
    commands.append(Command(home, "up", "--no-ui", *options))
    commands[-1].says("HAB가 실행 중입니다")
    return commands[-1]


def test_demo_data_are_there_once_and_for_all(home: Path, commands: list[Command]) -> None:
    first = up(home, commands, "--demo")
    shown = httpx.get(f"{first.url}/api/datasets").json()["items"]
    assert [item["name"] for item in shown] == [sample.name for sample in samples().values()]
    assert all("합성" in item["name"] for item in shown)
    assert httpx.delete(f"{first.url}/api/datasets/{shown[1]['id']}").status_code == 200
    first.process.terminate()
    assert first.ends() == 0
    again = up(home, commands, "--demo")
    left = httpx.get(f"{again.url}/api/datasets").json()["items"]
    assert [item["id"] for item in left] == [item["id"] for item in shown if item != shown[1]]


def test_without_being_asked_there_are_none(home: Path, commands: list[Command]) -> None:
    plain = up(home, commands)
    assert httpx.get(f"{plain.url}/api/datasets").json()["items"] == []
