"""Datasets: their rows, what uses them, and the files that belong to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Select, Table, delete, func, insert, select, update

from hab_core.errors import DatasetInUse, NotFound
from hab_core.schemas.common import Page, utc_now
from hab_core.schemas.datasets import Dataset, DatasetDetail, DatasetPatch, TableProfile
from hab_server.store.conversations import going_on_about
from hab_server.store.cursors import encode_cursor, id_after
from hab_server.store.engine import reading, transaction
from hab_server.store.jobs import JOBS
from hab_server.store.tables import DatasetRow, DemoSampleRow, LooseFileRow

DATASETS: Final[Table] = DatasetRow.metadata.tables["datasets"]
LOOSE_FILES: Final[Table] = LooseFileRow.metadata.tables["loose_files"]
DEMO_SAMPLES: Final[Table] = DemoSampleRow.metadata.tables["demo_samples"]
_LISTED: Final = tuple(column for column in DATASETS.c if column.name != "profile")


def note_loose_file(engine: Engine, dataset_id: str) -> None:
    """Writes down that a file of this id is about to be stored."""
    with transaction(engine) as connection:
        connection.execute(insert(LOOSE_FILES).values(dataset_id=dataset_id, noted_at=utc_now()))


def publish(engine: Engine, values: Mapping[str, Any], *, sample: str | None = None) -> Dataset:
    """Makes a dataset visible whose file is complete; the same content under another id is a warning.

    Args:
        engine: The database.
        values: The columns of ``datasets``.
        sample: The demo table that this is.

    Raises:
        sqlalchemy.exc.IntegrityError: The demo table was offered before; nothing is stored.
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        if sample is not None:
            connection.execute(insert(DEMO_SAMPLES).values(name=sample, offered_at=utc_now()))
        row = {**values, "warnings": [*values["warnings"], *_about_twin(connection, values["content_hash"])]}
        connection.execute(insert(DATASETS).values(row))
        connection.execute(delete(LOOSE_FILES).where(LOOSE_FILES.c.dataset_id == values["id"]))
    return Dataset.model_validate(row)


def list_datasets(engine: Engine, limit: int, cursor: str | None) -> Page[Dataset]:
    """Returns a page of the datasets, newest first.

    Raises:
        InvalidInput: The cursor is not one of this list.
        DatabaseUnavailable: The database fails.
    """
    query = select(*_LISTED).order_by(DATASETS.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(DATASETS.c.id < id_after(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    more = encode_cursor(page[-1].id) if len(rows) > limit else None
    return Page(items=[Dataset.model_validate(row._asdict()) for row in page], next_cursor=more)


def get(engine: Engine, dataset_id: str) -> DatasetDetail:
    """Returns a dataset with its profile.

    Raises:
        NotFound: There is none of that id.
        DatabaseUnavailable: The database fails.
    """
    with reading(engine) as connection:
        return _detail(connection, dataset_id)


def find(engine: Engine, dataset_id: str) -> Dataset:
    """Returns a dataset without its profile; raises as :func:`get` does."""
    with reading(engine) as connection:
        row = connection.execute(select(*_LISTED).where(DATASETS.c.id == dataset_id)).one_or_none()
    return Dataset.model_validate(_known(row, dataset_id)._asdict())


def profile_of(engine: Engine, dataset_id: str) -> TableProfile:
    """Returns the profile of a dataset; raises as :func:`get` does."""
    with reading(engine) as connection:
        row = connection.execute(select(DATASETS.c.profile).where(DATASETS.c.id == dataset_id)).one_or_none()
    return TableProfile.model_validate(_known(row, dataset_id).profile)


def change(engine: Engine, dataset_id: str, patch: DatasetPatch) -> DatasetDetail:
    """Renames or describes a dataset and returns it as it then stands; raises as :func:`get` does."""
    changes = patch.model_dump(exclude_none=True)
    with transaction(engine) as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(changes))
        return _detail(connection, dataset_id)


def remove(engine: Engine, dataset_id: str) -> None:
    """Removes a dataset and leaves a note of its file, which belongs to none from now on.

    Jobs and predictions made from it stay.

    Raises:
        NotFound: There is none of that id.
        DatasetInUse: Something uses it.
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        for use in _uses(dataset_id):
            if connection.execute(use.limit(1)).first() is not None:
                raise DatasetInUse
        if connection.execute(delete(DATASETS).where(DATASETS.c.id == dataset_id)).rowcount == 0:
            raise _unknown(dataset_id)
        connection.execute(insert(LOOSE_FILES).values(dataset_id=dataset_id, noted_at=utc_now()))


def loose_files(engine: Engine, noted_before: datetime) -> list[str]:
    """Returns the ids of files that belong to no dataset and were noted before a moment."""
    with reading(engine) as connection:
        old = select(LOOSE_FILES.c.dataset_id).where(LOOSE_FILES.c.noted_at < noted_before)
        return list(connection.execute(old).scalars())


def forget_loose_files(engine: Engine, dataset_ids: Iterable[str]) -> None:
    """Takes out the notes of files that are gone."""
    with transaction(engine) as connection:
        connection.execute(delete(LOOSE_FILES).where(LOOSE_FILES.c.dataset_id.in_(list(dataset_ids))))


def offered_samples(engine: Engine) -> set[str]:
    """Returns the demo tables that were offered before."""
    with reading(engine) as connection:
        return set(connection.execute(select(DEMO_SAMPLES.c.name)).scalars())


def _uses(dataset_id: str) -> tuple[Select[Any], ...]:
    """Returns what may use a dataset, one query each: a row that one of them finds keeps it from being deleted."""
    working = select(JOBS.c.id).where(JOBS.c.dataset_id == dataset_id, JOBS.c.status.in_(("queued", "running")))
    return (working, going_on_about(dataset_id, utc_now()))


def _about_twin(connection: Connection, content_hash: str) -> list[str]:
    """Returns the warning about the newest dataset of the same content, where there is one."""
    if connection.dialect.name == "postgresql":  # two uploads of one file wait for each other; SQLite has one writer
        key = int(content_hash.rpartition(":")[2][:15], 16)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
    same = select(DATASETS.c.id, DATASETS.c.name).where(DATASETS.c.content_hash == content_hash)
    twin = connection.execute(same.order_by(DATASETS.c.id.desc()).limit(1)).one_or_none()
    return [] if twin is None else [f"같은 내용의 데이터셋이 이미 있습니다: {twin.name} ({twin.id})"]


def _detail(connection: Connection, dataset_id: str) -> DatasetDetail:
    """Returns a dataset with its profile within a transaction."""
    row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).one_or_none()
    values = _known(row, dataset_id)._asdict()
    return DatasetDetail.model_validate({**values.pop("profile"), **values})


def _known(row: Row[Any] | None, dataset_id: str) -> Row[Any]:
    """Returns a row that is there."""
    if row is None:
        raise _unknown(dataset_id)
    return row


def _unknown(dataset_id: str) -> NotFound:
    return NotFound(f"데이터셋을 찾을 수 없습니다: {dataset_id[:64]}")
