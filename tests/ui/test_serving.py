"""The user interface as a process: its settings, its assets, its manners towards other sites, its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hab_core.errors import CannotStart
from hab_ui import assets
from hab_ui.doorkeeper import Doorkeeper
from hab_ui.settings import UiSettings
from tests.running import free_port, wait_until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """``python -m hab_ui`` and its log; it has to end by itself when told to."""
    port = free_port()
    log = tmp_path_factory.mktemp("ui") / "ui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hab_ui"],
            env={**os.environ, "UI_PORT": str(port), "BACKEND_URL": f"http://127.0.0.1:{free_port()}"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url))
        yield url, log
        process.terminate()
        assert process.wait(20) in (0, -15)
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (assets.LEAFLET_JS, "javascript"),
        (assets.LEAFLET_CSS, "css"),
        ("/assets/leaflet/images/marker-icon.png", "image/png"),
        (assets.JQUERY_JS, "javascript"),
        (assets.HEAT_JS, "javascript"),
        (assets.FONT, "font/otf"),
    ],
)
def test_assets_come_from_the_packages(served: tuple[str, Path], path: str, kind: str) -> None:
    answer = httpx.get(served[0] + path, timeout=30)
    assert answer.status_code == 200
    assert kind in answer.headers["content-type"]


def test_nothing_else_of_a_package_is_served(served: tuple[str, Path]) -> None:
    for path in ("/assets/leaflet/../__init__.py", "/assets/folium/%2e%2e/map.py", "/assets/fonts/__init__.py"):
        answer = httpx.get(served[0] + path, timeout=30)
        assert "import" not in answer.text.partition("<")[0]


def test_addresses_of_pages_stay_here(served: tuple[str, Path]) -> None:
    url, log = served
    answer = httpx.get(f"{url}/", params={"share": "token-of-a-link"}, timeout=30)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "token-of-a-link" not in log.read_text()


@pytest.mark.parametrize(
    ("origin", "host", "answered"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("http://192.168.0.7:8501", "192.168.0.7:8501", True),
        ("https://hab.example", "127.0.0.1:8501", True),
        (None, "localhost:8501", True),
        ("http://evil.example", "localhost:8501", False),
        ("null", "localhost:8501", False),
    ],
)
def test_sockets_of_other_sites_are_refused(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, host: str, answered: bool
) -> None:
    import anyio

    monkeypatch.setenv("UI_URL", "https://hab.example")
    reached: list[list[tuple[bytes, bytes]]] = []
    sent: list[str] = []

    async def app(scope, receive, send) -> None:
        reached.append(scope["headers"])

    async def send(message) -> None:
        sent.append(message["type"])

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    anyio.run(Doorkeeper(app), scope, receive, send)
    assert bool(reached) is answered
    assert sent == ([] if answered else ["websocket.close"])


def test_a_taken_port_is_one_line(served: tuple[str, Path]) -> None:
    port = served[0].rpartition(":")[2]
    command = [sys.executable, "-P", "-m", "hab_ui"]
    done = subprocess.run(
        command, env={**os.environ, "UI_PORT": port}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "UI_PORT" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_settings_name_the_wrong_variable_and_not_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UI_PORT", "many")
    with pytest.raises(CannotStart, match="UI_PORT") as caught:
        UiSettings.from_environment()
    assert "many" not in caught.value.message


def test_open_pages_do_not_keep_it_from_ending(tmp_path: Path) -> None:
    from websockets.sync.client import connect

    port = free_port()
    with (tmp_path / "ui.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hab_ui"],
            env={**os.environ, "UI_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}"))
        with connect(f"ws://127.0.0.1:{port}/_stcore/stream", origin=f"http://127.0.0.1:{port}"):  # type: ignore[arg-type]
            process.terminate()
            assert process.wait(20) in (0, -15)
    finally:
        process.kill()
        process.wait()
