"""A batch of predictions that the server works on, as an object that can be followed."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hab_client import views
from hab_client._extras import library
from hab_client._files import pass_on_whole, written_whole
from hab_core.errors import ConnectionFailed, JobFailed, RequestTimeout, Unavailable
from hab_core.schemas.jobs import FINISHED, EcloBatchItem, Job, JobStatus

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

    from hab_client._resource import Listing
    from hab_client.resources.jobs import Jobs

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PATIENCE = 15.0
"""Seconds for which a server may be away while a job is waited for: it may be restarting."""


class BatchJob:
    """A batch job: what was last heard of it, and the calls that concern it. Make one with ``predict_batch``."""

    def __init__(self, jobs: Jobs, job: Job) -> None:
        """Keeps the state ``job`` and the resource to ask."""
        self._jobs = jobs
        self._job = job

    @property
    def id(self) -> str:
        """The job's id, e.g. for ``client.jobs.get`` on another day."""
        return self._job.job_id

    @property
    def state(self) -> Job:
        """Everything that was last heard of the job."""
        return self._job

    @property
    def status(self) -> JobStatus:
        """One of queued, running, completed, failed, cancelled, as last heard."""
        return self._job.status

    @property
    def progress(self) -> float:
        """The finished share of the rows, 0 to 1, as last heard."""
        return self._job.progress

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self._job.status in FINISHED

    def refresh(self) -> BatchJob:
        """Asks the server how the job stands and returns this object."""
        self._job = self._jobs.state(self.id)
        return self

    def wait(self, timeout: float | None = None, on_progress: Callable[[BatchJob], object] | None = None) -> BatchJob:
        """Returns this object once the job is completed.

        Args:
            timeout: Seconds to wait at most; without end where None.
            on_progress: Called with this object each time the server was asked.

        Raises:
            JobFailed: The job failed or was cancelled.
            RequestTimeout: It is still going on after ``timeout`` seconds; it goes on, wait again.
            HabError: The server cannot be asked any more.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_PAUSE
        while True:
            self._refresh_patiently()
            if on_progress is not None:
                on_progress(self)
            if self.finished:
                return self._completed()
            if deadline is not None and time.monotonic() + pause > deadline:
                raise RequestTimeout(f"작업 {self.id}이(가) {timeout:g}초 안에 끝나지 않았습니다. 계속 진행 중입니다.")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def cancel(self) -> BatchJob:
        """Cancels the job and returns this object; rows that were scored stay."""
        self._job = self._jobs.cancel(self.id)
        return self

    def items(self) -> Listing[EcloBatchItem]:
        """Returns the rows in their own order, each with a score or an error; pages are read as needed."""
        return self._jobs.items(self.id)

    def results_csv(self, path: str | Path) -> Path:
        """Writes the scored table to ``path`` and returns it; the file appears whole or not at all.

        Raises:
            InvalidInput: The file cannot be written.
            HabError: The download failed.
        """
        target = Path(path)
        with written_whole(target) as sink:
            self._jobs.download(self.id, sink)
        return target

    def write_csv(self, sink: IO[bytes]) -> None:
        """Writes the scored table into an open file, stdout for instance, once all of it has arrived."""
        pass_on_whole(partial(self._jobs.download, self.id), sink)

    def to_pandas(self) -> DataFrame:
        """Returns the scored table as a pandas DataFrame: the columns that were sent and what was predicted.

        Raises:
            MissingExtra: pandas is not installed.
        """
        with library("pandas"):
            import pandas as pd
        table = io.BytesIO()
        self._jobs.download(self.id, table)
        table.seek(0)
        return pd.read_csv(table, encoding="utf-8-sig")

    def __repr__(self) -> str:
        job = self._job
        return f"<BatchJob {job.job_id} {job.status} {job.completed + job.failed}/{job.total}>"

    def _repr_html_(self) -> str:
        """Shows the job as last heard of in a notebook."""
        return views.job_html(self._job)

    def _completed(self) -> BatchJob:
        """Returns this object; raises where the job ended without a result."""
        if self.status == "completed":
            return self
        told = self._job.error.message if self._job.error else None
        if self.status == "cancelled":
            told = told or "작업이 취소되었습니다."
        raise JobFailed(told and f"{told} (작업 {self.id})")

    def _refresh_patiently(self) -> None:
        """Asks how the job stands; a server that is away for a moment does not end the wait."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                self.refresh()
            except (ConnectionFailed, Unavailable):
                if time.monotonic() > give_up:
                    raise
                time.sleep(_LONGEST_PAUSE)
            else:
                return
