"""Following a batch: progress, waiting, results that appear whole or not at all."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hab_client import BatchJob, ConnectionFailed, HabClient, InvalidInput, JobFailed, RequestTimeout, UnexpectedAnswer
from tests.client.wire_server import Reply, answer, failure, raw, serving, success

TABLE = "\ufeff기상상태,eclo\n맑음,4.5\n".encode()
CUT = raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 500\r\n\r\nhalf a ta")


def state(status: str, completed: int = 0, failed: int = 0, **more: Any) -> Reply:
    fields = {"job_id": "job_1", "total": 4, "created_at": "2026-01-01T00:00:00Z", "status_url": "/x", "items": []}
    progress = (completed + failed) / 4
    return success(**fields, status=status, completed=completed, failed=failed, progress=progress, **more)


def started(client: HabClient) -> BatchJob:
    return client.eclo.predict_batch([{}])


def test_waiting_follows_the_job_to_its_end() -> None:
    seen: list[tuple[str, float]] = []
    replies = (state("queued"), state("queued"), state("running", 2), state("completed", 3, 1))
    with serving(*replies) as server, HabClient(server.url) as client:
        job = started(client).wait(on_progress=lambda job: seen.append((job.status, job.progress)))
        assert seen == [("queued", 0.0), ("running", 0.5), ("completed", 1.0)]
        assert (job.state.completed, job.state.failed, job.finished) == (3, 1, True)
        assert {a.target for a in server.asked[1:]} == {"/api/predict/eclo/batch/job_1?limit=1"}


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (
            state("failed", error={"code": "internal_error", "message": "모델이 없습니다"}),
            "모델이 없습니다 (작업 job_1)",
        ),
        (state("failed"), JobFailed.default_message),
        (state("cancelled"), "작업이 취소되었습니다. (작업 job_1)"),
    ],
)
def test_a_job_without_result_raises(end: Reply, message: str) -> None:
    with serving(state("queued"), end) as server, HabClient(server.url) as client:
        job = started(client)
        with pytest.raises(JobFailed) as caught:
            job.wait()
    assert caught.value.message == message


def test_waiting_has_an_end_but_the_job_goes_on() -> None:
    with serving(state("running")) as server, HabClient(server.url) as client:
        job = started(client)
        with pytest.raises(RequestTimeout, match="계속 진행 중"):
            job.wait(timeout=0.2)
        assert job.status == "running"


def test_a_server_that_is_away_for_a_moment_does_not_end_the_wait() -> None:
    away = failure(503, "database_unavailable", Retry_After="0")
    with serving(state("queued"), away, away, away, state("completed", 4)) as server, HabClient(server.url) as client:
        assert started(client).wait().status == "completed"
        assert len(server.asked) == 5


def test_cancelling_answers_with_the_job_as_it_stands() -> None:
    with serving(state("queued"), state("cancelled", 1)) as server, HabClient(server.url) as client:
        job = started(client).cancel()
        assert (job.status, job.state.completed) == ("cancelled", 1)
        assert server.asked[1].method == "DELETE"


def test_results_are_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    table = answer(200, TABLE, "text/csv; charset=utf-8")
    with serving(state("completed"), table) as server, HabClient(server.url) as client:
        assert started(client).results_csv(target) == target
    assert target.read_bytes() == TABLE
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_breaks_off_begins_anew(tmp_path: Path) -> None:
    with serving(state("completed"), CUT, answer(200, TABLE, "text/csv")) as server, HabClient(server.url) as client:
        assert started(client).results_csv(tmp_path / "out.csv").read_bytes() == TABLE


@pytest.mark.parametrize(
    ("reply", "error"), [(CUT, ConnectionFailed), (answer(200, b"<html>", "text/html"), UnexpectedAnswer)]
)
def test_a_failed_download_leaves_what_was_there(tmp_path: Path, reply: Reply, error: type[Exception]) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with serving(state("completed"), reply) as server, HabClient(server.url) as client, pytest.raises(error):
        started(client).results_csv(target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("place", ["missing/out.csv", "folder"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with serving(state("completed"), answer(200, TABLE, "text/csv")) as server, HabClient(server.url) as client:
        job = started(client)
        with pytest.raises(InvalidInput) as caught:
            job.results_csv(tmp_path / place)
    assert place in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_results_become_a_table_or_go_to_an_open_file() -> None:
    with serving(state("completed"), answer(200, TABLE, "text/csv")) as server, HabClient(server.url) as client:
        job = started(client)
        table = job.to_pandas()
        sink = io.BytesIO()
        job.write_csv(sink)
    assert table.to_dict("records") == [{"기상상태": "맑음", "eclo": 4.5}]
    assert sink.getvalue() == TABLE


def test_without_pandas_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from hab_client.batch import BatchJob\n"
        "from hab_client import MissingExtra\n"
        "try: BatchJob(None, None).to_pandas()\n"
        "except MissingExtra as error: print(error.message)"
    )
    result = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    assert "pip install pandas" in result.stdout
