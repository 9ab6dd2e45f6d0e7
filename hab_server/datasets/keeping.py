"""From the bytes of an upload to a dataset, and back to nothing, so that no moment leaves half of one.

The order is: note of a loose file, Parquet file, then in one transaction the dataset's row in and the note out.
Deletion goes the other way. What a process that was killed, a vanished caller or a full disk leaves is a note, and the
sweeping takes away what the note speaks of.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine

from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.datasets.storage import DatasetStore
from hab_core.errors import HabError
from hab_core.schemas.common import utc_now
from hab_core.schemas.datasets import Dataset, ReadReport, TableProfile
from hab_server.store import datasets
from hab_server.store.ids import new_id
from hab_server.uploads import disk_errors

SETTLED_AFTER: Final = timedelta(minutes=5)
"""Between the note of a loose file and the row of its dataset lie seconds: one file is written and one row."""
log = logging.getLogger(__name__)


def keep(
    engine: Engine,
    store: DatasetStore,
    content: bytes,
    content_hash: str,
    *,
    name: str,
    description: str = "",
    sample: str | None = None,
    dataset_id: str | None = None,
) -> Dataset:
    """Reads, profiles and stores a CSV; returns the dataset once it is durable.

    Args:
        engine: The database.
        store: Where the tables are kept.
        content: The bytes of the file.
        content_hash: Their hash, ``sha256:…``.
        name: What the dataset is called.
        description: What it is.
        sample: The demo table that it is, where it is one.
        dataset_id: Its id, a new one where None; a dataset that is kept already is returned as it stands.

    Raises:
        UnsupportedFileType, InvalidInput: The content is no CSV, or cannot be read without guessing.
        StorageUnavailable: The store is full or cannot be written.
        DatabaseUnavailable: The database does not answer.
        sqlalchemy.exc.IntegrityError: The demo table was offered before.
    """
    kept = None if dataset_id is None else datasets.known(engine, dataset_id)
    if kept is not None:
        return kept
    frame, report = read_csv(content)
    profile = profile_table(frame)
    dataset_id = _usable(engine, dataset_id)
    datasets.note_loose_file(engine, dataset_id)
    with disk_errors():
        stored = store.put(dataset_id, frame)
    told = {"id": dataset_id, "name": name, "description": description, "content_hash": content_hash}
    values = {**told, "size_bytes": len(content), "uploaded_at": utc_now(), **_findings(profile, report)}
    dataset = datasets.publish(engine, values, sample=sample)
    log.info("dataset kept", extra={"dataset_id": dataset_id, "rows": profile.rows, "stored_bytes": stored})
    return dataset


def _findings(profile: TableProfile, report: ReadReport) -> dict[str, Any]:
    """Returns what reading a file has found out, as columns of ``datasets``."""
    return {
        "rows": profile.rows,
        "columns": profile.columns,
        "encoding": report.encoding,
        "warnings": report.warnings,
        "profile": profile.model_dump(mode="json"),
    }


def _usable(engine: Engine, dataset_id: str | None) -> str:
    """Returns the id of a new dataset: the one that is asked for, unless a try that died has left a file under it.

    Such a file may be swept away at any moment, so that another one must not take its place.
    """
    if dataset_id is None or datasets.is_noted(engine, dataset_id):
        return new_id("ds")
    return dataset_id


def remove(engine: Engine, store: DatasetStore, dataset_id: str) -> None:
    """Deletes a dataset; where its file cannot be removed now, the sweeping does it later.

    Raises:
        NotFound: There is none of that id.
        DatasetInUse: Something uses it.
        DatabaseUnavailable: The database does not answer.
    """
    datasets.remove(engine, dataset_id)
    log.info("dataset deleted", extra={"dataset_id": dataset_id})
    try:
        _clear(engine, store, [dataset_id])
    except HabError as error:
        log.warning("file of a deleted dataset stays for now", extra={"dataset_id": dataset_id, "code": error.code})


def sweep(engine: Engine, store: DatasetStore, settled_after: timedelta = SETTLED_AFTER) -> list[str]:
    """Removes the files that uploads and deletions left when they were cut off; any number of processes may do so.

    Returns:
        The ids whose notes were old enough.

    Raises:
        StorageUnavailable: The store does not answer.
        DatabaseUnavailable: The database does not answer.
    """
    loose = datasets.loose_files(engine, utc_now() - settled_after)
    if loose:
        _clear(engine, store, loose)
        log.warning("files without a dataset removed", extra={"dataset_ids": loose})
    with disk_errors():
        _clear_unfinished(store, settled_after)
    return loose


def _clear(engine: Engine, store: DatasetStore, dataset_ids: list[str]) -> None:
    """Removes files, then the notes of them."""
    with disk_errors():
        for dataset_id in dataset_ids:
            store.delete(dataset_id)
    datasets.forget_loose_files(engine, dataset_ids)


def _clear_unfinished(store: DatasetStore, settled_after: timedelta) -> None:
    """Removes files that never got their name; finished ones stay, whether this database knows them or not."""
    age = settled_after.total_seconds()
    finished = [name.partition(".")[0] for name in store.leftovers((), older_than=age) if name.endswith(".parquet")]
    removed = store.remove_leftovers(finished, older_than=age)
    if removed:
        log.warning("unfinished files removed", extra={"files": removed})
