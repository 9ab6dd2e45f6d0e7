"""What a worker process lends to the job functions that run in it."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine

from hab_core.datasets.storage import DatasetStore
from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.model import EcloModel
from hab_server.jobs.queue import JobQueue
from hab_server.settings import Settings

_MODEL_POLL_SECONDS: Final = 1.0


@dataclass
class WorkerContext:
    """The store, the queue, the models, the datasets and the settings of one worker, and whether it is to stop."""

    engine: Engine
    queue: JobQueue
    models: ModelHolder
    datasets: DatasetStore
    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)
    _refreshed: float = float("-inf")

    def model(self) -> EcloModel:
        """Returns the active model; looks for another one at most once a second.

        Raises:
            ModelUnavailable: There is none.
        """
        now = time.monotonic()
        if now - self._refreshed >= _MODEL_POLL_SECONDS:
            self.models.refresh()
            self._refreshed = now
        return self.models.current


worker_context: ContextVar[WorkerContext] = ContextVar("worker_context")
"""Set by the worker before it takes jobs: RQ calls job functions by name, with a job's id and nothing else."""
