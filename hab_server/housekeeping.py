"""What is cleared away as time goes by, whoever does it and however often."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from hab_core.datasets.storage import DatasetStore
from hab_core.errors import HabError
from hab_core.schemas.common import utc_now
from hab_server.datasets.keeping import sweep
from hab_server.settings import Settings
from hab_server.store import batches, idempotency, jobs, shares

ENDED_SHARES_KEPT: Final = timedelta(days=90)
"""How long a link that has ended is remembered, so that who follows it learns that it has expired."""
log = logging.getLogger(__name__)


def keep_house(
    engine: Engine, store: DatasetStore, settings: Settings, stopping: threading.Event | None = None
) -> dict[str, int]:
    """Clears away what has had its time; a part that fails is logged and does not keep the others from being done.

    Any number of processes may do so at once, and it may be cut off at any moment: the next round goes on.

    Args:
        engine: The database.
        store: Where the tables are kept.
        settings: How long results are kept.
        stopping: Set where the round is to end early.

    Returns:
        How many of each kind were removed.
    """
    now, ending = utc_now(), stopping or threading.Event()
    errands: Mapping[str, Callable[[], int]] = {
        "loose_files": lambda: len(sweep(engine, store)),
        "share_links": lambda: shares.purge_before(engine, now - ENDED_SHARES_KEPT),
        "idempotency_keys": lambda: idempotency.purge_before(engine, now - idempotency.KEPT_FOR),
        "job_rows": lambda: _forget_jobs(engine, now - timedelta(days=settings.result_keep_days), ending),
    }
    removed = {name: _done(name, errand) for name, errand in errands.items()}
    log.info("house kept", extra={"removed": removed})
    return removed


def _forget_jobs(engine: Engine, ended_before: datetime, stopping: threading.Event) -> int:
    """Removes old jobs with their results, step by step; returns how many rows that were."""
    rows = 0
    for job_id in jobs.ended_before(engine, ended_before):
        for removed in batches.forget(engine, job_id):
            rows += removed
            if stopping.is_set():
                return rows
        log.info("job forgotten", extra={"job_id": job_id})
    return rows


def _done(name: str, errand: Callable[[], int]) -> int:
    """Returns what an errand removed; 0 where it failed."""
    try:
        return errand()
    except HabError as error:
        log.warning("housekeeping waits", extra={"task": name, "code": error.code})
    except Exception:
        log.exception("housekeeping failed", extra={"task": name})
    return 0
