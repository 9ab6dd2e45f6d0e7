"""Batches as the API sees them, worked on in this process."""

from __future__ import annotations

import csv
import io
import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from hab_core.errors import InvalidInput, NotFound, QueueFull, QueueUnavailable
from hab_core.schemas.jobs import Job
from hab_server.jobs import batches
from hab_server.jobs.context import WorkerContext
from hab_server.jobs.eclo import score_batch
from hab_server.jobs.queue import SCORE_BATCH
from hab_server.jobs.results import RESULT_COLUMNS
from hab_server.settings import Settings
from hab_server.store.predictions import list_predictions
from tests.working import Stage, accident_rows


def table_of(stage: Stage, job_id: str) -> list[list[str]]:
    """The downloaded CSV as cells."""
    content = b"".join(batches.results_csv(stage.engine, job_id))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_batch_with_three_bad_rows_among_a_hundred(stage: Stage, context: WorkerContext) -> None:
    rows = accident_rows(100)
    rows[7]["기상상태"] = "우박"
    rows[50]["사고일시"] = "2026-02-30 03"
    del rows[99]["도로형태"]
    job = stage.submit(rows)
    assert (job.status, job.total, job.completed, job.progress) == ("queued", 100, 0, 0.0)
    assert job.estimated_completion_at is not None
    assert job.estimated_completion_at > job.created_at
    assert job.status_url == f"/api/predict/eclo/batch/{job.job_id}"
    assert stage.queue.waiting() == 1
    assert stage.read(job.job_id).items == []

    score_batch(job.job_id)

    batch = stage.read(job.job_id)
    assert (batch.status, batch.completed, batch.failed, batch.progress) == ("completed", 97, 3, 1.0)
    assert batch.estimated_completion_at is None
    assert [item.index for item in batch.items] == list(range(100))
    errors = {item.index: item.error for item in batch.items if item.error}
    assert list(errors) == [7, 50, 99]
    assert {error.code for error in errors.values()} == {"invalid_input"}
    assert errors[7].details[0]["field"] == "기상상태"
    assert "맑음" in errors[7].details[0]["valid_values"]
    assert "우박" in errors[7].message
    good = batch.items[0]
    assert good.eclo is not None
    assert good.interval is not None
    assert good.interval.low <= good.eclo <= good.interval.high
    history = list_predictions(stage.engine, 200, None).items
    assert len(history) == 97
    assert {(record.source, record.job_id) for record in history} == {("batch", job.job_id)}
    assert {record.features["weather"] for record in history} == {"맑음"}


def test_pages_follow_each_other_in_the_order_of_the_rows(stage: Stage, context: WorkerContext) -> None:
    job = stage.submit(accident_rows(95))
    score_batch(job.job_id)
    seen: list[int] = []
    cursor: str | None = None
    for expected in (40, 40, 15):
        page = stage.read(job.job_id, 40, cursor)
        assert len(page.items) == expected
        seen += [item.index for item in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == list(range(95))


def test_results_are_the_table_that_was_sent_and_what_was_predicted(stage: Stage, context: WorkerContext) -> None:
    rows = accident_rows(3)
    rows[0]["메모"] = "=cmd()"
    rows[1]["메모"] = "-3.5"
    rows[1]["예측 ECLO"] = "an older result"
    rows[2]["사고유형"] = "자전거"
    job = stage.submit(rows)
    score_batch(job.job_id)
    header, first, second, third = table_of(stage, job.job_id)
    assert header == [*accident_rows(1)[0], "메모", *RESULT_COLUMNS]
    assert first[:8] == [*accident_rows(1)[0].values(), "'=cmd()"]
    assert second[7] == "-3.5"
    scored = stage.read(job.job_id).items[0]
    assert scored.interval is not None
    assert [float(cell) for cell in first[8:12]] == [
        scored.eclo, scored.interval.low, scored.interval.high, scored.percentile
    ]  # fmt: skip
    assert first[12] == scored.interpretation
    assert first[14] == ""
    assert third[8:13] == [""] * 5
    assert "자전거" in third[14]


def test_results_keep_the_order_of_columns_they_are_told(stage: Stage, context: WorkerContext) -> None:
    columns = ["사고유형", "ID"]
    job = batches.submit_batch(stage.engine, stage.queue, stage.settings, accident_rows(1), columns)
    score_batch(job.job_id)
    assert table_of(stage, job.job_id)[0] == [*columns, *RESULT_COLUMNS]


def test_results_of_an_unfinished_job_are_the_header(stage: Stage) -> None:
    job = stage.submit(accident_rows(2))
    assert len(table_of(stage, job.job_id)) == 1


def test_values_that_a_database_could_refuse_are_a_row_s_error(stage: Stage, context: WorkerContext) -> None:
    rows = accident_rows(4)
    rows[0]["도로형태"] = "a\x00b"
    rows[1]["도로형태"] = "\ud800"
    rows[2]["기상상태"] = {"nested": [1, 2]}
    job = stage.submit(rows)
    score_batch(job.job_id)
    batch = stage.read(job.job_id)
    assert batch.status == "completed"
    assert [item.index for item in batch.items if item.error] == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 100_001])
def test_no_row_and_too_many_rows_are_refused(stage: Stage, count: int) -> None:
    with pytest.raises(InvalidInput, match="행") as caught:
        stage.submit([{}] * count)
    assert caught.value.details[0]["field"] == "accidents"
    assert stage.jobs() == 0


def test_an_unknown_job_is_not_found(stage: Stage) -> None:
    for call in (
        lambda: stage.read("job_unknown"),
        lambda: batches.cancel_batch(stage.engine, "job_unknown"),
        lambda: batches.results_csv(stage.engine, "job_unknown"),
    ):
        with pytest.raises(NotFound, match="job_unknown"):
            call()


def test_cancel_while_it_waits(stage: Stage, context: WorkerContext) -> None:
    job = stage.submit(accident_rows(10))
    cancelled = batches.cancel_batch(stage.engine, job.job_id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None
    score_batch(job.job_id)
    again = batches.cancel_batch(stage.engine, job.job_id)
    assert (again.status, again.completed, again.finished_at) == ("cancelled", 0, cancelled.finished_at)
    assert stage.stored_rows(job.job_id) == []


def test_cancel_after_the_end_changes_nothing(stage: Stage, context: WorkerContext) -> None:
    job = stage.submit(accident_rows(10))
    score_batch(job.job_id)
    assert batches.cancel_batch(stage.engine, job.job_id).status == "completed"
    assert stage.read(job.job_id).status == "completed"


def test_the_limit_of_waiting_jobs_holds_for_callers_who_come_together(stage: Stage, context: WorkerContext) -> None:
    limited = Settings(**{**stage.settings.model_dump(), "queue_limit": 3})
    stage.settings = limited

    def submit(_: int) -> Job | QueueFull:
        try:
            return stage.submit(accident_rows(2))
        except QueueFull as full:
            return full

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(submit, range(12)))
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Job)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, QueueFull)]
    assert (len(accepted), len(refused), stage.jobs()) == (3, 9, 3)
    assert {full.retry_after for full in refused} == {5}
    score_batch(accepted[0].job_id)
    assert isinstance(submit(0), Job)


def test_without_a_queue_nothing_is_accepted(own_stage: Stage) -> None:
    own_stage.kill_valkey()
    with pytest.raises(QueueUnavailable):
        own_stage.submit(accident_rows(2))
    assert own_stage.jobs() == 0


def test_a_queue_that_refuses_to_write_leaves_no_job_behind(own_stage: Stage) -> None:
    with redis.Redis.from_url(own_stage.settings.redis_dsn) as connection:
        connection.config_set("maxmemory", 1)
    own_stage.queue.ping()
    with pytest.raises(QueueUnavailable):
        own_stage.submit(accident_rows(2))
    assert own_stage.jobs() == 0


def test_the_queue_holds_an_id_as_json_and_no_data(own_stage: Stage) -> None:
    job = own_stage.submit(accident_rows(5))
    with redis.Redis.from_url(own_stage.settings.redis_dsn) as connection:
        keys = list(connection.scan_iter("rq:job:*"))
        assert len(keys) == 1
        entry = connection.hgetall(keys[0])
    assert json.loads(zlib.decompress(entry.pop(b"data"))) == [SCORE_BATCH, None, [job.job_id], {}]
    assert "수성구".encode() not in b"|".join(entry.values())
