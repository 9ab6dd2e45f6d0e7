"""The configuration of nginx: accepted by nginx itself, and events pass as they come."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from tests.deploy.stack import Process, render_nginx
from tests.running import free_port, wait_until


@pytest.mark.parametrize("megabytes", [1, 50, 1024])
def test_nginx_accepts_it(nginx: str, tmp_path: Path, megabytes: int) -> None:
    environment = {
        "LISTEN": "8080",
        "API_ADDRESS": "api:8000",
        "UI_ADDRESS": "ui:8501",
        "MAX_UPLOAD_MB": str(megabytes),
        "NGINX_LOCAL_RESOLVERS": "127.0.0.11",
        "PATH": "/usr/bin:/bin",
    }
    render_nginx(tmp_path, environment)
    rendered = (tmp_path / "default.conf").read_text(encoding="utf-8")
    assert f"client_max_body_size {max(megabytes, 20) * 1024 + 1024}k;" in rendered
    assert "${" not in rendered
    done = subprocess.run(
        [nginx, "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.fixture
def behind(nginx: str, tmp_path: Path) -> Iterator[tuple[str, threading.Event]]:
    """A stream of events behind nginx; each event after the first is sent when the test asks for it."""
    asked = threading.Event()

    async def stream(_: Request) -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            yield b"event: start\ndata: {}\n\n"
            for number in range(3):
                while not asked.is_set():
                    await asyncio.sleep(0.01)
                asked.clear()
                yield f"event: text\ndata: {number}\n\n".encode()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def live(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    upstream, port = free_port(), free_port()
    routes = [Route("/api/chat/stream", stream, methods=["POST"]), Route("/health/live", live)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=upstream, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    environment = {
        "LISTEN": f"127.0.0.1:{port}",
        "API_ADDRESS": f"127.0.0.1:{upstream}",
        "UI_ADDRESS": f"127.0.0.1:{upstream}",
        "MAX_UPLOAD_MB": "50",
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
        "PATH": "/usr/bin:/bin",
    }
    render_nginx(tmp_path, environment)
    process = Process([nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)], environment, tmp_path / "out")
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: server.started and answers(url))
        yield url, asked
    finally:
        process.stop()
        server.should_exit = True
        thread.join(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_events_come_as_they_are_sent(behind: tuple[str, threading.Event]) -> None:
    url, asked = behind
    with httpx.stream("POST", f"{url}/api/chat/stream", json={}, timeout=20) as response:
        lines = (line for line in response.iter_lines() if line.startswith("data"))
        assert next(lines) == "data: {}"  # the next one is not even made yet
        for number in range(3):
            asked.set()
            assert next(lines) == f"data: {number}"
