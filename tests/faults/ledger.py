"""What was asked of HAB and what it acknowledged, written down while it is disturbed, and compared afterwards."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.accidents import ACCIDENT

PATIENCE = httpx.Timeout(20.0)
EXPECTED = {200, 201, 202, 409, 429, 503}
"""What a caller may hear while parts are killed; anything else is a fault of HAB's."""


@dataclass
class Ask:
    """One thing to be done once: tried under its key until it is acknowledged."""

    kind: str
    number: int
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def mark(self) -> str:
        """What tells this ask from every other in what is stored."""
        return f"{self.kind}-{self.number}"

    @property
    def moment(self) -> datetime:
        """An hour of its own."""
        return datetime(2000, 1, 1) + timedelta(hours=self.number)

    @property
    def rows(self) -> int:
        """Rows of a batch: a number of its own, so that a batch done twice is seen."""
        return 100 + self.number

    def send(self, client: httpx.Client) -> httpx.Response:
        """Sends it."""
        headers = {"Idempotency-Key": self.key}
        if self.kind == "dataset":
            content = "구,건수\n" + "수성구,3\n" * (self.number % 50 + 1)
            form = {"name": self.mark}
            return client.post(
                "/api/datasets/upload", files={"file": ("표.csv", content.encode())}, data=form, headers=headers
            )
        if self.kind == "batch":
            accident = {**ACCIDENT, "occurred_at": "2010-01-01T01:00"}
            body: dict[str, Any] = {"accidents": [accident] * self.rows}
            return client.post("/api/predict/eclo/batch", json=body, headers=headers)
        body = {**ACCIDENT, "occurred_at": self.moment.isoformat()}
        return client.post("/api/predict/eclo?explain=false", json=body, headers=headers)


class Ledger:
    """Users who ask for predictions, datasets and batches at several servers, and remember what they were told."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        """Prepares the users; :meth:`working` lets them work."""
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.unexpected: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.open: list[Ask] = []
        self._urls = list(urls)
        self._chance = random.Random(seed)
        self._numbers = iter(range(1, 1_000_000))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, users: int = 4) -> None:
        """Lets users ask until :meth:`stop`."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._use, daemon=True) for _ in range(users)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the asking; what was not acknowledged stays open."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def count(self) -> int:
        """How much was acknowledged."""
        return len(self.acknowledged)

    def settle(self, release: Callable[[], None]) -> None:
        """Asks for everything that is open again, under its own key, after ``release`` gave back dead claims."""
        for _ in range(3):
            release()
            with self._client() as client:
                self.open = [ask for ask in self.open if not self._try(ask, client)]
            if not self.open:
                return
        raise AssertionError(f"never acknowledged: {[ask.mark for ask in self.open]}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The answers to one kind of ask by mark."""
        return {mark: answer for mark, answer in self.acknowledged.items() if mark.startswith(kind)}

    def _use(self) -> None:
        """One user: a new ask, tried twice at most, then left open."""
        while not self._stop.is_set():
            with self._lock:
                ask = Ask(self._chance.choices(("prediction", "dataset", "batch"), (8, 1, 1))[0], next(self._numbers))
            with self._client() as client:
                if not (self._try(ask, client) or self._try(ask, client)):
                    with self._lock:
                        self.open.append(ask)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._chance.choice(self._urls), timeout=PATIENCE)

    def _try(self, ask: Ask, client: httpx.Client) -> bool:
        """Sends an ask; returns whether it was acknowledged, and notes what nobody may hear."""
        try:
            response = ask.send(client)
        except httpx.TransportError:
            time.sleep(0.05)
            return False
        with self._lock:
            self.statuses[response.status_code] += 1
            if response.status_code not in EXPECTED or "request_id" not in response.json():
                self.unexpected.append(f"{ask.mark}: {response.status_code} {response.text[:300]}")
            if response.is_success:
                self.acknowledged[ask.mark] = response.json()
        if not response.is_success:
            time.sleep(0.05)
        return response.is_success


def pages(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a list."""
    cursor: str | None = None
    while True:
        query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = client.get(path, params=query).json()
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def compare(ledger: Ledger, url: str) -> None:
    """Fails where something acknowledged is lost, something was done twice, or a job did not end.

    Everything must have been settled before, so that each ask has exactly one outcome.
    """
    assert ledger.unexpected == []
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        _compare_predictions(ledger, client)
        _compare_datasets(ledger, client)
        _compare_batches(ledger, client)


def _compare_predictions(ledger: Ledger, client: httpx.Client) -> None:
    stored = list(pages(client, "/api/predictions"))
    singles = [item for item in stored if item["source"] == "single"]
    moments = Counter(item["features"]["occurred_at"] for item in singles)
    assert [moment for moment, count in moments.items() if count > 1] == [], "a prediction was made twice"
    eclo = {item["prediction_id"]: item["eclo"] for item in singles}
    for answer in ledger.of("prediction").values():
        assert eclo[answer["prediction_id"]] == answer["eclo"]
    assert len(singles) == len(ledger.of("prediction"))
    scored = Counter(item["job_id"] for item in stored if item["source"] == "batch")
    told = {answer["job_id"]: answer["total"] for answer in ledger.of("batch").values()}
    surplus, missing = dict(scored.items() - told.items()), dict(told.items() - scored.items())
    assert (surplus, missing) == ({}, {}), f"scored twice: {surplus}, lost: {missing}"


def _compare_datasets(ledger: Ledger, client: httpx.Client) -> None:
    stored = {item["id"]: item for item in pages(client, "/api/datasets")}
    names = Counter(item["name"] for item in stored.values())
    assert [name for name, count in names.items() if count > 1] == [], "a dataset was made twice"
    for mark, answer in ledger.of("dataset").items():
        assert stored[answer["id"]]["name"] == mark
        lines = client.get(f"/api/datasets/{answer['id']}/download").text.splitlines()
        assert len(lines) == answer["rows"] + 1
    assert len(stored) == len(ledger.of("dataset"))


def _compare_batches(ledger: Ledger, client: httpx.Client) -> None:
    for answer in ledger.of("batch").values():
        job = client.get(f"/api/predict/eclo/batch/{answer['job_id']}?limit=1").json()
        assert (job["status"], job["completed"], job["failed"]) == ("completed", job["total"], 0)
