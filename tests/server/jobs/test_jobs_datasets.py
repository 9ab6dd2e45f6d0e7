"""Batches on the rows of a dataset: the worker reads them, and the job outlives the dataset."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from hab_core.datasets.reading import content_hash
from hab_core.errors import DatasetInUse, HabError, InvalidInput, NotFound
from hab_core.schemas.jobs import Job
from hab_server.datasets.keeping import keep, remove
from hab_server.datasets.opening import open_accidents, open_store
from hab_server.jobs import batches
from hab_server.jobs.chunks import CHUNK_ROWS
from hab_server.jobs.context import WorkerContext
from hab_server.jobs.eclo import score_batch
from hab_server.jobs.results import RESULT_COLUMNS
from hab_server.store.batches import CHUNKS
from hab_server.store.engine import reading
from tests.working import SLOW_WORKER, Stage, StartWorker, accident_rows

ROWS = 2 * CHUNK_ROWS + 345
MANY = 20_000


def kept(stage: Stage, count: int, wrong: int | None = None) -> str:
    """Keeps a dataset of accidents, one of them with an unknown weather; returns its id."""
    rows = accident_rows(count)
    if wrong is not None:
        rows[wrong]["기상상태"] = "우박"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    return keep(stage.engine, open_store(stage.settings), content, content_hash(content), name="사고").id


def submit(stage: Stage, dataset_id: str) -> Job:
    """Submits a dataset as the API does."""
    table = open_accidents(stage.engine, open_store(stage.settings), dataset_id)
    return batches.submit_dataset(stage.engine, stage.queue, stage.settings, dataset_id, table)


def stored_chunks(stage: Stage, job_id: str) -> int:
    with reading(stage.engine) as connection:
        query = select(func.count()).select_from(CHUNKS).where(CHUNKS.c.job_id == job_id)
        return int(connection.execute(query).scalar_one())


def test_the_worker_reads_the_rows_and_the_results_outlive_the_dataset(stage: Stage, context: WorkerContext) -> None:
    dataset_id = kept(stage, ROWS, wrong=CHUNK_ROWS + 1)
    job = submit(stage, dataset_id)
    assert (job.status, job.total, stored_chunks(stage, job.job_id)) == ("queued", ROWS, 0)
    with pytest.raises(DatasetInUse):
        remove(stage.engine, context.datasets, dataset_id)

    score_batch(job.job_id)

    batch = stage.read(job.job_id)
    assert (batch.status, batch.completed, batch.failed) == ("completed", ROWS - 1, 1)
    assert stage.stored_rows(job.job_id) == list(range(ROWS))
    remove(stage.engine, context.datasets, dataset_id)
    content = b"".join(batches.results_csv(stage.engine, job.job_id)).decode("utf-8-sig")
    header, *lines = csv.reader(io.StringIO(content, newline=""))
    assert header == [*accident_rows(1)[0], *RESULT_COLUMNS]
    assert [line[0] for line in lines] == [f"A{index}" for index in range(ROWS)]
    assert "우박" in lines[CHUNK_ROWS + 1][-1]


def test_rows_of_a_dataset_are_scored_as_rows_that_were_sent(stage: Stage, context: WorkerContext) -> None:
    jobs = [stage.submit(accident_rows(50)).job_id, submit(stage, kept(stage, 50)).job_id]
    for job_id in jobs:
        score_batch(job_id)
    sent, read = ([item.model_dump() for item in stage.read(job_id).items] for job_id in jobs)
    assert sent == read


def test_a_worker_told_to_stop_hands_the_rest_to_the_next(stage: Stage, start_worker: StartWorker) -> None:
    first = start_worker(SLOW_WORKER)
    job = submit(stage, kept(stage, MANY))
    stage.under_way(job.job_id)
    assert first.end() == 0
    stopped = stage.read(job.job_id, 1)
    assert stopped.status == "queued"
    assert 0 < stopped.completed < MANY
    assert stored_chunks(stage, job.job_id) * CHUNK_ROWS == stopped.completed
    start_worker()
    assert stage.ended(job.job_id).completed == MANY
    assert stage.stored_rows(job.job_id) == list(range(MANY))


def test_a_job_whose_rows_are_gone_fails_and_says_so(stage: Stage, context: WorkerContext) -> None:
    dataset_id = kept(stage, 3)
    job = submit(stage, dataset_id)
    context.datasets.delete(dataset_id)
    score_batch(job.job_id)
    batch = stage.read(job.job_id)
    assert (batch.status, batch.completed) == ("failed", 0)
    assert batch.error is not None
    assert batch.error.code == "not_found"


def test_no_job_begins_on_a_dataset_that_was_deleted(stage: Stage) -> None:
    dataset_id = kept(stage, 3)
    store = open_store(stage.settings)
    table = open_accidents(stage.engine, store, dataset_id)
    remove(stage.engine, store, dataset_id)
    with pytest.raises(NotFound):
        batches.submit_dataset(stage.engine, stage.queue, stage.settings, dataset_id, table)
    assert stage.jobs() == 0


def test_of_a_deletion_and_a_job_that_come_together_one_is_refused(stage: Stage) -> None:
    store = open_store(stage.settings)

    def outcome_of(work: object, *arguments: object) -> bool:
        try:
            work(*arguments)  # type: ignore[operator]
        except HabError:
            return False
        return True

    for _ in range(10):
        dataset_id = kept(stage, 2)
        with ThreadPoolExecutor(2) as pool:
            submitted = pool.submit(outcome_of, submit, stage, dataset_id)
            removed = pool.submit(outcome_of, remove, stage.engine, store, dataset_id)
        assert submitted.result() != removed.result()


def test_a_table_without_the_columns_of_an_accident_is_refused(stage: Stage) -> None:
    content = "구,건수\n수성구,3\n".encode()
    store = open_store(stage.settings)
    dataset = keep(stage.engine, store, content, content_hash(content), name="구별")
    with pytest.raises(InvalidInput, match="기상상태"):
        open_accidents(stage.engine, store, dataset.id)
