"""The users of the load: one asyncio process that prints what they met, ``python -m benchmarks.load.users JSON``."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from benchmarks.accidents import csv, requests

SHARES = {
    "prediction": 70,
    "tool": 12,
    "cached question": 10,
    "page of the history": 4,
    "upload of 200 rows": 3,
    "batch of 100 rows, to its end": 1,
}
"""Of a hundred requests, how many are of each kind."""
TOOLS_ROWS = 15_000
THINK_SECONDS = 1.0
LIMIT_SECONDS = 30.0
POLL_SECONDS = 0.2
TOOLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_value_counts", {"column": "시군구"}),
    ("get_temporal_pattern", {"by": "hour"}),
    ("group_by_aggregate", {"group_by": ["시군구.구"], "value_column": "ECLO", "aggregate": ["mean", "count"]}),
    ("cross_tabulation", {"columns": ["기상상태", "노면상태"]}),
    ("get_dataframe_info", {}),
)
QUESTIONS = ("요일별 사고 건수는?", "사고가 가장 많은 시간대는?", "구별 평균 ECLO는?")
_BODIES = 5_000
_FILES = 20


class Users:
    """What all users share: where they ask, what they ask, and what they met."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Prepares all bodies, so that the users do little but wait."""
        self.address: str = given["address"]
        self.dataset_id: str = given["dataset_id"]
        self.bodies = [json.dumps(body).encode() for body in requests(_BODIES, seed=21)]
        self.batch = {"accidents": requests(100, seed=22)}
        self.files = [csv(200 + number) for number in range(_FILES)]
        self.times: dict[str, list[float]] = {kind: [] for kind in SHARES}
        self.failures: dict[str, list[str]] = {}
        self.work: dict[str, Callable[[httpx.AsyncClient, random.Random], Awaitable[None]]] = dict(
            zip(
                SHARES,
                (self._predict, self._tool, self._question, self._history, self._upload, self._batch),
                strict=True,
            )
        )

    async def user(self, number: int, end: float) -> None:
        """Asks and thinks until the time is over."""
        chance = random.Random(number)
        async with httpx.AsyncClient(base_url=self.address, timeout=LIMIT_SECONDS, verify=False) as client:
            await asyncio.sleep(chance.random() * THINK_SECONDS)
            while time.monotonic() < end:
                (kind,) = chance.choices(list(SHARES), list(SHARES.values()))
                began = time.perf_counter()
                try:
                    await self.work[kind](client, chance)
                except (httpx.HTTPError, RuntimeError) as error:
                    self.failures.setdefault(kind, []).append(f"{type(error).__name__}: {error}"[:200])
                self.times[kind].append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(chance.expovariate(1 / THINK_SECONDS))

    async def warm_up(self) -> None:
        """Asks for everything that HAB remembers once: answers of the chat and explanations, as after hours of use."""
        async with httpx.AsyncClient(base_url=self.address, timeout=LIMIT_SECONDS, verify=False) as client:
            for question in QUESTIONS:
                await self._ask(client, question)
            for body in self.bodies:
                await self._explained(client, body)

    async def _predict(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        await self._explained(client, chance.choice(self.bodies))

    async def _explained(self, client: httpx.AsyncClient, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        (await client.post("/api/predict/eclo", content=body, headers=headers)).raise_for_status()

    async def _tool(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        name, arguments = chance.choice(TOOLS)
        answer = await client.post(f"/api/datasets/{self.dataset_id}/tools/{name}", json={"arguments": arguments})
        answer.raise_for_status()

    async def _question(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        await self._ask(client, chance.choice(QUESTIONS))

    async def _ask(self, client: httpx.AsyncClient, question: str) -> None:
        body = {"dataset_id": self.dataset_id, "message": question}
        (await client.post("/api/chat/message", json=body)).raise_for_status()

    async def _history(self, client: httpx.AsyncClient, _chance: random.Random) -> None:
        (await client.get("/api/predictions")).raise_for_status()

    async def _upload(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        answer = await client.post("/api/datasets/upload", files={"file": ("사고.csv", chance.choice(self.files))})
        answer.raise_for_status()

    async def _batch(self, client: httpx.AsyncClient, _chance: random.Random) -> None:
        """Submits a batch and waits for its end."""
        submitted = await client.post("/api/predict/eclo/batch", json=self.batch)
        address = submitted.raise_for_status().json()["status_url"]
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            job = (await client.get(address, params={"limit": 1})).raise_for_status().json()
            if job["status"] == "completed" and job["completed"] == job["total"]:
                return
        raise RuntimeError(f"a batch is {job['status']} after {LIMIT_SECONDS:.0f} s")


async def main(given: dict[str, Any]) -> None:
    """Runs the users and prints their times in ms, failures, and the share of a core that they took."""
    users = Users(given)
    await users.warm_up()
    began, cpu = time.monotonic(), time.process_time()
    end = began + given["seconds"]
    await asyncio.gather(*(users.user(number, end) for number in range(given["users"])))
    cpu = (time.process_time() - cpu) / (time.monotonic() - began)
    print(json.dumps({"times": users.times, "failures": users.failures, "cpu": cpu}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
