"""Job functions of what is done on a schedule."""

from __future__ import annotations

from hab_server.datasets.opening import open_store
from hab_server.housekeeping import keep_house
from hab_server.jobs.context import worker_context


def do_housekeeping() -> None:
    """Clears away what has had its time; called by the worker with an entry of the queue of errands."""
    context = worker_context.get()
    keep_house(context.engine, open_store(context.settings), context.settings, context.stopping)
