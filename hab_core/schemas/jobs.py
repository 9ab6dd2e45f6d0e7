"""Jobs: work that goes on after the answer, and what is known of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hab_core.schemas.common import AnswerModel, ErrorBody, Timestamp
from hab_core.schemas.eclo import EcloInterval

JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
FINISHED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})


class Job(AnswerModel):
    """A job as it stands; ``completed`` counts rows with a result, ``failed`` rows with an error."""

    job_id: str
    status: JobStatus
    total: int
    completed: int = 0
    failed: int = 0
    progress: float = Field(0.0, description="(completed + failed) / total, 0 to 1")
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    estimated_completion_at: Timestamp | None = None
    status_url: str
    error: ErrorBody | None = Field(None, description="why the whole job failed")


class EcloBatchItem(AnswerModel):
    """One row of a batch: a score or an error."""

    index: int = Field(description="position in the batch, from 0")
    eclo: float | None = None
    interval: EcloInterval | None = None
    percentile: float | None = None
    interpretation: str | None = None
    warnings: list[str] = Field(default_factory=list)
    error: ErrorBody | None = None


class EcloBatch(Job):
    """A batch job with a page of its rows, in their own order."""

    items: list[EcloBatchItem] = Field(default_factory=list)
    next_cursor: str | None = None
