"""Batches from the request to the last row, with one worker and with two; and a dataset of a million accidents.

Rows that are sent come as several jobs at once. The job on the dataset is read by the worker in blocks; memory is
sampled twice a second while it runs, and the peak is that of the samples beside what the process held before.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx

from benchmarks.accidents import csv, requests
from benchmarks.figures import MB, Aim, elapsed_ms, options, print_aims, print_table, progress, say
from benchmarks.machine import sampled
from benchmarks.stack import Hab, running_hab, service_kinds, upload, wait_until

JOBS = 4
SMALL = (1, 100)
SMALL_ROUNDS = 10
LIMIT_SECONDS = 1500.0
ENDED = ("completed", "failed", "cancelled")


def main() -> None:
    """Prints the rates of sent rows, then the job on a long dataset, on each kind of services."""
    parser = options("batch", __doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the dataset")
    parser.add_argument("--sent", type=int, default=20_000, help=f"rows of each of {JOBS} jobs that are sent")
    given = parser.parse_args()
    rates: list[tuple[object, ...]] = []
    alone_ms: list[tuple[object, ...]] = []
    for kind in service_kinds():
        alone = 0.0
        for workers in (1, 2):
            progress(f"{kind}, {workers} workers: {JOBS} jobs of {given.sent:,} rows")
            with running_hab(kind, workers=workers) as hab:
                rate = sent_rows(hab, given.sent)
                if workers == 1:
                    alone_ms.append((kind, *(small_job(hab, rows) for rows in SMALL)))
            alone = alone or rate
            rates.append((kind, workers, rate, rate / alone))
    print_table([f"{JOBS} jobs of {given.sent:,} rows that are sent", "workers", "rows/s", "×"], rates)
    print_table(["a job alone, from request to end, ms", *(f"{rows} rows" for rows in SMALL)], alone_ms)
    progress(f"making a file of {given.rows:,} rows")
    content = csv(given.rows, narrow=True)
    for kind in service_kinds():
        with running_hab(kind, environment={"MAX_UPLOAD_MB": "1024"}) as hab:
            long_dataset(hab, kind, content)


def sent_rows(hab: Hab, rows: int) -> float:
    """Returns the rows per second of jobs that are sent one after the other, to the end of the last."""
    bodies = [{"accidents": requests(rows, seed=number)} for number in range(JOBS)]
    with hab.client() as client:
        submit(client, {"accidents": requests(100, seed=9)}, wait=True)  # the worker has loaded its model then
        began = time.perf_counter()
        waiting = [submit(client, body) for body in bodies]
        for job_id in waiting:
            ended(client, job_id)
        return JOBS * rows / (time.perf_counter() - began)


def small_job(hab: Hab, rows: int) -> float:
    """Returns the median ms of a small job that an idle worker takes up."""
    body = {"accidents": requests(rows, seed=9)}
    with hab.client() as client:
        return statistics.median(elapsed_ms(lambda: submit(client, body, wait=True)) for _ in range(SMALL_ROUNDS))


def long_dataset(hab: Hab, kind: str, content: bytes) -> None:
    """Uploads a long file and scores it; prints times, memory and whether every row is counted."""
    with hab.client(timeout=LIMIT_SECONDS) as client:
        progress(f"{kind}: uploading {len(content) / MB:.0f} MB")
        dataset_id = upload(client, content)
        submit(client, {"accidents": requests(100, seed=9)}, wait=True)
        before = hab.memory()
        progress(f"{kind}: scoring")
        with sampled(hab.memory, every=0.5) as samples:
            began = time.perf_counter()
            job_id = submit(client, {"dataset_id": dataset_id})
            accepted = time.perf_counter() - began
            job = ended(client, job_id)
            seconds = time.perf_counter() - began
    done = job["completed"] + job["failed"]
    say(f"{kind}: a dataset of {job['total']:,} rows ({len(content) / MB:.0f} MB) was accepted in {accepted:.2f} s and "
        f"{job['status']} after {seconds:.0f} s, {job['total'] / seconds:,.0f} rows/s: "
        f"{job['completed']:,} completed, {job['failed']:,} failed.")  # fmt: skip
    peaks = {role: max([before[role], *(found.get(role, 0.0) for _, found in samples)]) for role in before}
    print_table(["memory", "before, MB", "at most, MB"], [(role, before[role], peak) for role, peak in peaks.items()])
    print_aims(Aim("rows that are not counted", abs(job["total"] - done), 0))


def submit(client: httpx.Client, body: dict[str, Any], *, wait: bool = False) -> str:
    """Submits a batch and returns the id of its job, at once or when it has ended."""
    job_id = str(client.post("/api/predict/eclo/batch", json=body).raise_for_status().json()["job_id"])
    if wait:
        ended(client, job_id)
    return job_id


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Waits until a job has ended and returns it."""
    job: dict[str, Any] = {}

    def look() -> bool:
        job.update(client.get(f"/api/predict/eclo/batch/{job_id}", params={"limit": 1}).raise_for_status().json())
        return job["status"] in ENDED

    wait_until(look, f"job {job_id}", LIMIT_SECONDS, every=0.01)
    return job


if __name__ == "__main__":
    main()
