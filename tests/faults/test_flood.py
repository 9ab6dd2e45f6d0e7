"""More comes than can be done: it is refused in good order, ``live`` answers throughout, and nothing is lost."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.accidents import ACCIDENT
from tests.faults.ledger import pages
from tests.running import Command, wait_until
from tests.server.api.uploading import accidents_csv, upload

RATE, SECONDS = 200, 3
SLOW_CALLERS = 300
QUESTIONS = 150
"""More analyses than run and wait at once: the rest must be told to come back."""


@pytest.fixture
def server(home: Path) -> Iterator[Command]:
    """A server, as production runs it."""
    command = Command(home, "serve", QUEUE_LIMIT="5")
    try:
        wait_until(command.answers)
        yield command
    finally:
        command.clear()


def memory(command: Command) -> int:
    """Megabytes that a process holds now."""
    status = Path(f"/proc/{command.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


class Flood:
    """Callers who do not wait for each other, and what they were told."""

    def __init__(self, url: str) -> None:
        self.told: Counter[tuple[str, int]] = Counter()
        self.made: set[str] = set()
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(base_url=url, timeout=120, limits=limits)

    async def ask(self, kind: str, method: str, path: str, **body: object) -> None:
        """Asks once and notes the answer."""
        response = await self._client.request(method, path, **body)  # type: ignore[arg-type]
        self.told[kind, response.status_code] += 1
        if response.status_code in (429, 503):
            assert int(response.headers["retry-after"]) > 0
            assert response.json()["error"]["code"]
        if kind == "predict" and response.is_success:
            self.made.add(response.json()["prediction_id"])

    async def pour(self, dataset_id: str) -> None:
        """Sends everything, at its rate, and waits for the answers."""
        tool = f"/api/datasets/{dataset_id}/tools/get_column_correlation_with_target"
        question = {"arguments": {"target_column": "사고일시.시"}}
        rows = [ACCIDENT] * 50
        async with self._client, asyncio.TaskGroup() as group:
            for number in range(QUESTIONS):
                group.create_task(self.ask("tool", "POST", tool, json=question))
                if number < 10:
                    group.create_task(self.ask("batch", "POST", "/api/predict/eclo/batch", json={"accidents": rows}))
            for number in range(RATE * SECONDS):
                accident = {**ACCIDENT, "occurred_at": "2022-01-01T01:00"}
                group.create_task(self.ask("predict", "POST", "/api/predict/eclo?explain=false", json=accident))
                if number % 20 == 0:
                    group.create_task(self.ask("live", "GET", "/health/live"))
                await asyncio.sleep(1 / RATE)


def test_a_flood_with_slow_callers(server: Command) -> None:
    with ExitStack() as stack, httpx.Client(base_url=server.url, timeout=60) as client:
        dataset = upload(client, accidents_csv(20_000))
        before = memory(server)
        for _ in range(SLOW_CALLERS):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            slow.sendall(b"POST /api/predict/eclo HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        flood = Flood(server.url)
        asyncio.run(flood.pour(dataset["id"]))
        statuses = {kind: {status for one, status in flood.told if one == kind} for kind, _ in flood.told}
        assert statuses["live"] == {200}
        assert statuses["predict"] == {200}
        assert statuses["tool"] <= {200, 429, 503, 504}
        assert statuses["batch"] == {202, 429}
        assert flood.told["batch", 202] == 5
        assert memory(server) - before < 300
        made = {item["prediction_id"] for item in pages(client, "/api/predictions")}
        assert made == flood.made
        assert len(made) == RATE * SECONDS
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert client.get("/health/ready").status_code == 200
    assert "unhandled failure" not in server.output()
