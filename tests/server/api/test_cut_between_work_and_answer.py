"""The server dies after it did the work and before it kept the answer: the next try finds the work and repeats none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from hab_server.settings import Settings
from hab_server.store.datasets import DATASETS, LOOSE_FILES, note_loose_file
from hab_server.store.engine import create_store_engine, reading, transaction
from hab_server.store.idempotency import KEYS
from hab_server.store.jobs import JOBS
from hab_server.store.predictions import PREDICTIONS
from tests.accidents import ACCIDENT
from tests.server.api.uploading import CSV, UPLOAD
from tests.working import LONG_AGO, accident_rows

Send = Callable[[httpx.Client, dict[str, str]], httpx.Response]


def _upload(api: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    return api.post(UPLOAD, files={"file": ("구별.csv", CSV.encode())}, headers=headers)


def _tool(api: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    accidents = [{**ACCIDENT, "weather": weather} for weather in ("맑음", "비")]
    return api.post("/api/tools/predict_eclo_batch", json={"arguments": {"accidents": accidents}}, headers=headers)


WORK: dict[str, Send] = {
    "prediction": lambda api, headers: api.post("/api/predict/eclo", json=ACCIDENT, headers=headers),
    "tool": _tool,
    "dataset": _upload,
    "batch": lambda api, headers: api.post(
        "/api/predict/eclo/batch", json={"accidents": accident_rows(3)}, headers=headers
    ),
}


def _ids(settings: Settings) -> list[str]:
    """The ids of everything that is stored."""
    engine = create_store_engine(settings)
    with reading(engine) as connection:
        found = [str(one) for table in (PREDICTIONS, DATASETS, JOBS) for one in connection.scalars(select(table.c.id))]
    engine.dispose()
    return sorted(found)


def _forget_answers(settings: Settings) -> None:
    """Puts every key in the state in which a process that was killed before it kept the answer leaves it."""
    engine = create_store_engine(settings)
    with transaction(engine) as connection:
        connection.execute(update(KEYS).values(status=None, body=None, claimed_at=LONG_AGO))
    engine.dispose()


def _told(response: httpx.Response) -> dict[str, Any]:
    """An answer without what differs from one try to the next."""
    assert response.is_success, response.text
    passing = ("timestamp", "request_id", "duration_ms", "estimated_completion_at")
    return {name: value for name, value in response.json().items() if name not in passing}


@pytest.mark.parametrize("kind", WORK)
def test_the_second_try_repeats_nothing(api: httpx.Client, home: Path, kind: str) -> None:
    settings, headers = Settings(hab_home=home), {"Idempotency-Key": f"cut-{kind}"}
    first = _told(WORK[kind](api, headers))
    stored = _ids(settings)
    _forget_answers(settings)
    response = WORK[kind](api, headers)
    assert _told(response) == first
    assert "idempotent-replayed" not in response.headers
    assert _ids(settings) == stored
    assert WORK[kind](api, headers).headers["idempotent-replayed"] == "true"


def test_a_file_that_was_noted_and_never_published_is_left_to_the_sweeping(api: httpx.Client, home: Path) -> None:
    settings, headers = Settings(hab_home=home), {"Idempotency-Key": "cut-file"}
    dataset_id = _told(_upload(api, headers))["id"]
    _forget_answers(settings)
    engine = create_store_engine(settings)
    with transaction(engine) as connection:
        connection.execute(DATASETS.delete().where(DATASETS.c.id == dataset_id))
    note_loose_file(engine, dataset_id)
    again = _told(_upload(api, headers))["id"]
    assert again != dataset_id
    with reading(engine) as connection:
        assert connection.execute(select(LOOSE_FILES.c.dataset_id)).scalars().all() == [dataset_id]
    engine.dispose()
    assert len(api.get(f"/api/datasets/{again}/rows").json()["items"]) == 3
