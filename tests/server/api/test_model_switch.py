"""The model is switched, damaged and rolled back under a server that goes on answering."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hab_core.eclo.registry import ModelRegistry
from hab_server.settings import Settings
from tests.accidents import ACCIDENT
from tests.core.eclo.small_model import write_small_model
from tests.running import wait_until
from tests.server.api.conftest import serving

URL = "/api/predict/eclo?explain=false"
FOLLOWS_WITHIN = 5.0


@contextmanager
def callers(client: httpx.Client) -> Iterator[list[httpx.Response]]:
    """Predicts again and again beside the test; yields the answers so far."""
    answers: list[httpx.Response] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            answers.append(client.post(URL, json=ACCIDENT))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def version_of(client: httpx.Client) -> str:
    """The version that answers now."""
    return str(client.post(URL, json=ACCIDENT).json()["model_version"])


def test_activation_and_roll_back_fail_no_request(settings: Settings, tmp_path: Path) -> None:
    registry = ModelRegistry(settings.models_folder)
    with serving(settings) as client:
        released = version_of(client)
        with callers(client) as answers:
            assert registry.activate(write_small_model(tmp_path / "second", "small-2")) == "small-2"
            wait_until(lambda: version_of(client) == "small-2", FOLLOWS_WITHIN)
            assert registry.activate_previous() == released
            wait_until(lambda: version_of(client) == released, FOLLOWS_WITHIN)
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.json()["model_version"] for answer in answers} == {released, "small-2"}
        assert client.get("/api/model").json()["versions"] == ["small-2", released]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.txt").write_bytes((folder / "model.txt").read_bytes()[:1000]),
        lambda folder: (folder / "model.txt").unlink(),
        lambda folder: shutil.rmtree(folder),
    ],
    ids=["truncated", "missing", "folder gone"],
)
def test_a_damaged_model_keeps_the_old_one_serving(settings: Settings, tmp_path: Path, damage: object) -> None:
    registry = ModelRegistry(settings.models_folder)
    with serving(settings) as client:
        registry.activate(write_small_model(tmp_path / "second", "small-2"))
        wait_until(lambda: version_of(client) == "small-2", FOLLOWS_WITHIN)
        damage(settings.models_folder / "small-2")  # type: ignore[operator]
        wait_until(lambda: client.get("/health/ready").json()["components"]["model"]["status"] == "degraded")
        health = client.get("/health/ready")
        assert health.status_code == 200
        assert "small-2" in health.json()["components"]["model"]["detail"]
        assert version_of(client) == "small-2"


def test_without_any_model_the_server_says_so_and_lives(settings: Settings, tmp_path: Path) -> None:
    settings.models_folder.mkdir(parents=True)
    (settings.models_folder / "active.json").write_text('{"active": "gone-1", "previous": null}')
    with serving(settings) as client:
        model = client.get("/health").json()["components"]["model"]
        assert model["status"] == "degraded"
        assert "gone-1" in model["detail"]
        assert client.post(URL, json=ACCIDENT).status_code == 200
