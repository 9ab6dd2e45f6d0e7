"""Hypothesis thinks of sequences of calls; after each, the real application must stand where a simple model stands."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.faults.conversation_machine import ConversationMachine
from tests.faults.ledger import pages
from tests.running import give_model, wait_until
from tests.server.api.chatting import table
from tests.server.api.conftest import serving
from tests.server.api.uploading import upload
from tests.working import StartWorker, WorkerProcess, accident_rows, worker_starter

ORDER = {"queued": 0, "running": 1, "completed": 2, "failed": 2, "cancelled": 2}
ENDED = 2
NAMES = st.text("가나다라마 abc=+-@<&\"'", min_size=1, max_size=12).filter(str.strip)


@dataclass
class Known:
    """What the model knows of a dataset."""

    id: str
    name: str
    description: str
    rows: int
    alive: bool = True


@dataclass
class Link:
    """What the model knows of a share link."""

    share_id: str
    token: str
    to: Known
    revoked: bool = False


class DatasetMachine(RuleBasedStateMachine):
    """Datasets are uploaded, changed, shared, read and deleted in any order."""

    datasets = Bundle("datasets")
    links = Bundle("links")

    def __init__(self, api: httpx.Client) -> None:
        super().__init__()
        self.api = api
        self.before = {item["id"] for item in pages(api, "/api/datasets")}
        self.known: list[Known] = []

    @rule(target=datasets, rows=st.integers(1, 30), name=NAMES)
    def upload(self, rows: int, name: str) -> Known:
        told = upload(self.api, "구,건수\n" + "수성구,3\n" * rows, name=name)
        known = Known(told["id"], told["name"], told["description"], rows)
        assert (told["rows"], told["name"]) == (rows, name.strip())
        self.known.append(known)
        return known

    @rule(dataset=datasets, name=NAMES | st.none(), description=NAMES | st.none())
    def change(self, dataset: Known, name: str | None, description: str | None) -> None:
        patch = {key: value for key, value in (("name", name), ("description", description)) if value is not None}
        response = self.api.patch(f"/api/datasets/{dataset.id}", json=patch)
        if not patch:
            assert response.status_code == 422
            return
        assert response.status_code == (200 if dataset.alive else 404)
        if dataset.alive:
            dataset.name = dataset.name if name is None else name.strip()
            dataset.description = dataset.description if description is None else description.strip()

    @rule(dataset=datasets)
    def delete(self, dataset: Known) -> None:
        response = self.api.delete(f"/api/datasets/{dataset.id}")
        assert response.status_code == (200 if dataset.alive else 404)
        dataset.alive = False

    @rule(target=links, dataset=datasets)
    def share(self, dataset: Known) -> Link | None:
        response = self.api.post(f"/api/datasets/{dataset.id}/share")
        assert response.status_code == (201 if dataset.alive else 404)
        told = response.json()
        return Link(told["share_id"], told["token"], dataset) if dataset.alive else None

    @rule(link=links)
    def revoke(self, link: Link | None) -> None:
        if link is not None:
            assert self.api.delete(f"/api/shares/{link.share_id}").status_code == 200
            link.revoked = True

    @rule(link=links)
    def follow(self, link: Link | None) -> None:
        if link is None:
            return
        response = self.api.get(f"/api/shared/{link.token}")
        assert response.status_code == (410 if link.revoked or not link.to.alive else 200)
        if response.is_success:
            assert (response.json()["id"], response.json()["name"]) == (link.to.id, link.to.name)

    @rule(dataset=datasets)
    def read(self, dataset: Known) -> None:
        found = self.api.get(f"/api/datasets/{dataset.id}")
        rows = self.api.get(f"/api/datasets/{dataset.id}/rows?limit=200")
        file = self.api.get(f"/api/datasets/{dataset.id}/download")
        if not dataset.alive:
            assert {found.status_code, rows.status_code, file.status_code} == {404}
            return
        assert (found.json()["name"], found.json()["description"]) == (dataset.name, dataset.description)
        assert rows.json()["items"] == [["수성구", 3]] * dataset.rows
        assert len(file.text.splitlines()) == dataset.rows + 1

    @invariant()
    def the_list_shows_what_is_there(self) -> None:
        listed = {item["id"]: item["name"] for item in pages(self.api, "/api/datasets")}
        mine = {one: name for one, name in listed.items() if one not in self.before}
        assert mine == {known.id: known.name for known in self.known if known.alive}


class JobMachine(RuleBasedStateMachine):
    """Batches are submitted, cancelled and looked at, while workers are killed."""

    jobs = Bundle("jobs")

    def __init__(self, api: httpx.Client, start_worker: StartWorker) -> None:
        super().__init__()
        self.api, self.start_worker = api, start_worker
        self.worker: WorkerProcess = start_worker()
        self.seen: dict[str, dict[str, Any]] = {}

    @rule(target=jobs, rows=st.sampled_from((1, 5, 1000, 1001, 3000)))
    def submit(self, rows: int) -> str:
        response = self.api.post("/api/predict/eclo/batch", json={"accidents": accident_rows(rows)})
        assert response.status_code == 202
        self.seen[response.json()["job_id"]] = response.json()
        return str(response.json()["job_id"])

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        told = self.api.delete(f"/api/predict/eclo/batch/{job}").json()
        assert told["status"] != "queued"  # a waiting job ends at once, a running one after its chunk
        self._compare(job, told)

    @rule(job=jobs)
    def look(self, job: str) -> None:
        self._compare(job, self.api.get(f"/api/predict/eclo/batch/{job}").json())

    @rule(number=st.sampled_from((signal.SIGKILL, signal.SIGTERM)))
    def lose_the_worker(self, number: signal.Signals) -> None:
        self.worker.end(number)
        self.worker = self.start_worker()

    def teardown(self) -> None:
        """Every job ends, with each of its rows once."""
        for job in self.seen:
            wait_until(lambda job=job: self._state(job)["finished_at"], 90)
            told = self._state(job)
            self._compare(job, told)
            assert told["status"] in ("completed", "cancelled")
            found = [item["index"] for item in pages(self.api, f"/api/predict/eclo/batch/{job}")]
            assert found == list(range(told["completed"]))
            assert told["status"] == "cancelled" or told["completed"] == told["total"]
        self.worker.end(signal.SIGKILL)

    def _state(self, job: str) -> dict[str, Any]:
        return dict(self.api.get(f"/api/predict/eclo/batch/{job}?limit=1").json())

    def _compare(self, job: str, told: dict[str, Any]) -> None:
        """What has ended stays as it is, and what is done is never undone."""
        before = self.seen[job]
        assert told["completed"] >= before["completed"]
        assert told["failed"] == 0
        assert told["progress"] == pytest.approx(told["completed"] / told["total"])
        if ORDER[before["status"]] == ENDED:
            assert (told["status"], told["completed"]) == (before["status"], before["completed"])
        self.seen[job] = told


def bounded(examples: int, steps: int) -> settings:
    """Returns settings of a machine: the same sequences every time, however slow the computer is."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, model_folder: Any) -> Iterator[tuple[httpx.Client, Settings]]:
    """A running server with its own queue and no worker."""
    home = tmp_path_factory.mktemp("machines") / "home"
    home.mkdir()
    give_model(home, model_folder)
    own = Settings(hab_home=home)
    with ValkeyProcess(own), serving(own) as client:
        yield client, own


def test_datasets(served: tuple[httpx.Client, Settings]) -> None:
    run_state_machine_as_test(lambda: DatasetMachine(served[0]), settings=bounded(12, 20))


def test_jobs(served: tuple[httpx.Client, Settings]) -> None:
    with worker_starter(served[1]) as start:
        run_state_machine_as_test(lambda: JobMachine(served[0], start), settings=bounded(3, 10))


def test_conversations(served: tuple[httpx.Client, Settings]) -> None:
    api = served[0]
    datasets = upload(api, table(), name="사고")["id"], upload(api, table("토일"), name="다른 사고")["id"]
    run_state_machine_as_test(lambda: ConversationMachine(api, datasets), settings=bounded(8, 15))
