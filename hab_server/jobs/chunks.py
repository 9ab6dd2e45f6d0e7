"""Where the rows of a batch come from: they lie with the job, or in a dataset that stays while the job needs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from hab_server.datasets.opening import AccidentRows, open_accidents
from hab_server.jobs.context import WorkerContext
from hab_server.store import batches, jobs
from hab_server.store.batches import Chunk
from hab_server.store.jobs import Lease

CHUNK_ROWS: Final = 1000
"""Rows scored in one transaction: some 0.1 s of work, which is what a kill can cost and a cancel has to wait for."""
NextChunk = Callable[[int], Chunk | None]
"""Takes the position of the last finished chunk, -1 at the start of an attempt; None where the lease is lost."""


def chunks_of(context: WorkerContext, lease: Lease) -> NextChunk:
    """Returns what gives the chunks of a claimed job that are not finished, one after the other.

    Raises:
        NotFound: The dataset is gone.
        StorageUnavailable, DatabaseUnavailable: It cannot be read now.
    """
    job = jobs.get(context.engine, lease.job_id)
    if job is None or job.dataset_id is None or batches.next_chunk(context.engine, lease) is not None:
        return partial(batches.next_chunk, context.engine, lease)
    rows = AccidentRows(open_accidents(context.engine, context.datasets, job.dataset_id))
    finished = batches.count_finished(context.engine, lease.job_id)
    return _DatasetChunks(rows, first=finished, offset=job.completed + job.failed)


class _DatasetChunks:
    """The chunks of a dataset from the first unfinished one on. Who has lost the lease learns it at the next write."""

    def __init__(self, rows: AccidentRows, *, first: int, offset: int) -> None:
        """Begins with the chunk at position ``first``, whose first row is row ``offset`` of the table."""
        self._rows = rows
        self._first = first
        self._offset = offset

    def __call__(self, after: int) -> Chunk:
        """Returns the chunk beyond position ``after``."""
        position = max(after + 1, self._first)
        start = self._offset + (position - self._first) * CHUNK_ROWS
        return Chunk(position, start, self._rows.read(start, CHUNK_ROWS), stored=False)
