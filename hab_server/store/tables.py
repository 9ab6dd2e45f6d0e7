"""The tables. They are storage only: what goes over the wire is in ``hab_core.schemas``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from hab_core.schemas.common import utc_now

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite, which has no time zones, stores it naive and gets its zone back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the moment in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the moment with its zone."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JsonText(TypeDecorator[Any]):
    """JSON as text; None is NULL.

    Not PostgreSQL's own JSONB: rows of a batch are stored as they were sent, and JSONB refuses what JSON allows (NUL,
    lone surrogates, NaN as Python writes it), so one bad row would fail a whole chunk.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the value as JSON; escaped where a lone surrogate could not be written as UTF-8."""
        if value is None:
            return None
        written = _encode(value)
        try:
            written.encode()
        except UnicodeEncodeError:
            return json.dumps(value)
        return written

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Returns the value that was stored."""
        return None if value is None else json.loads(value)


def json_column(*, nullable: bool = False) -> Column[Any]:
    """Returns a column that holds any JSON value."""
    return Column(JsonText, nullable=nullable)


class Table(SQLModel):
    """Base of all tables: shares one metadata with a naming convention, so that migrations can name constraints."""

    metadata = metadata


def _partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Returns an index over the rows that meet a condition: others cost nothing when they are written."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class JobRow(Table, table=True):
    """A job. This row is the truth about it; the queue only carries its id."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_status_created_at", "status", "created_at"),)

    id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=32)
    status: str = Field(max_length=16)
    total: int
    completed: int = 0
    failed: int = 0
    attempts: int = 0
    cancel_requested: bool = False
    columns: list[str] | None = Field(None, sa_column=json_column(nullable=True))
    dataset_id: str | None = Field(None, max_length=64, index=True)
    error: dict[str, Any] | None = Field(None, sa_column=json_column(nullable=True))
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    started_at: datetime | None = Field(None, sa_type=Moment)
    heartbeat_at: datetime | None = Field(None, sa_type=Moment)
    finished_at: datetime | None = Field(None, sa_type=Moment)


class BatchChunkRow(Table, table=True):
    """A slice of a batch's input rows, scored in one transaction: the unit of progress and of resuming."""

    __tablename__ = "batch_chunks"

    job_id: str = Field(sa_column=Column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True))
    position: int = Field(primary_key=True)
    first_index: int
    rows: list[dict[str, Any]] = Field(sa_column=json_column())
    finished_at: datetime | None = Field(None, sa_type=Moment)


class PredictionRow(Table, table=True):
    """One prediction, single or row of a batch; a batch row that could not be scored has ``error`` instead."""

    __tablename__ = "predictions"
    __table_args__ = (
        _partial_index(
            "uq_predictions_job_id_row_index", "job_id", "row_index", where="job_id IS NOT NULL", unique=True
        ),
        _partial_index("ix_predictions_history", "id", where="error IS NULL"),
    )

    id: str = Field(primary_key=True, max_length=64)
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    job_id: str | None = Field(None, sa_column=Column(ForeignKey("jobs.id", ondelete="SET NULL"), nullable=True))
    row_index: int | None = None
    features: dict[str, Any] = Field(sa_column=json_column())
    eclo: float | None = None
    low: float | None = None
    high: float | None = None
    percentile: float | None = None
    interpretation: str | None = Field(None, max_length=16)
    warnings: list[str] = Field(default_factory=list, sa_column=json_column())
    error: dict[str, Any] | None = Field(None, sa_column=json_column(nullable=True))
    model_version: str = Field(max_length=64)


class IdempotencyRow(Table, table=True):
    """The first answer to an idempotency key; ``status`` and ``body`` are null while that answer is being made.

    ``owner`` names who makes it, ``claimed_at`` is when that one last said that it is still at work.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    scope: str = Field(primary_key=True, max_length=100)
    key: str = Field(primary_key=True, max_length=255)
    request_hash: str = Field(max_length=64)
    owner: str = Field(max_length=64)
    claimed_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    status: int | None = None
    body: bytes | None = Field(None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)


class DatasetRow(Table, table=True):
    """A dataset whose file is complete; ``profile`` is a ``TableProfile`` as JSON, computed once."""

    __tablename__ = "datasets"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    description: str = Field(sa_column=Column(Text, nullable=False))
    rows: int
    columns: int
    size_bytes: int
    encoding: str = Field(max_length=16)
    content_hash: str = Field(max_length=80, index=True)
    uploaded_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    warnings: list[str] = Field(default_factory=list, sa_column=json_column())
    profile: dict[str, Any] = Field(sa_column=json_column())


class LooseFileRow(Table, table=True):
    """A file that may be in the dataset store and belongs to no dataset: of an upload under way, or of a deleted one.

    It is written down before the file is, and taken out in the transaction that makes the dataset; deletion does it
    the other way round. So a process killed at any moment leaves a note of what it left, and a file that this database
    knows nothing of, e.g. one of another database on the same store, is never touched.
    """

    __tablename__ = "loose_files"

    dataset_id: str = Field(primary_key=True, max_length=64)
    noted_at: datetime = Field(default_factory=utc_now, sa_type=Moment)


class DemoSampleRow(Table, table=True):
    """A demo table that was offered once, so that one the user deleted does not come back."""

    __tablename__ = "demo_samples"

    name: str = Field(primary_key=True, max_length=64)
    offered_at: datetime = Field(default_factory=utc_now, sa_type=Moment)


class ShareRow(Table, table=True):
    """A link to a dataset. It outlives the dataset, so that its holder learns that the link has expired."""

    __tablename__ = "shares"

    id: str = Field(primary_key=True, max_length=64)
    dataset_id: str = Field(max_length=64, index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = Field(None, sa_type=Moment)


class ConversationRow(Table, table=True):
    """A conversation. It outlives its datasets, so that it can be read for as long as it is kept.

    ``version`` counts every change, ``message_count`` numbers the messages; ``last_message_at`` keeps the datasets of a
    conversation that goes on from being deleted.
    """

    __tablename__ = "conversations"

    id: str = Field(primary_key=True, max_length=64)
    title: str = Field(max_length=200)
    dataset_ids: list[str] = Field(sa_column=json_column())
    version: int
    message_count: int
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    updated_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    last_message_at: datetime = Field(default_factory=utc_now, sa_type=Moment)


class ConversationDatasetRow(Table, table=True):
    """A dataset that a conversation is about; no foreign key, since the dataset may be deleted."""

    __tablename__ = "conversation_datasets"

    conversation_id: str = Field(sa_column=Column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True))
    dataset_id: str = Field(primary_key=True, max_length=64, index=True)


class MessageRow(Table, table=True):
    """A message. An answer's row is stored with its question, and filled when the answer is there.

    An answer whose ``finished_at`` is null is being made, or was when its process died: it is stored as incomplete from
    the start, so a crash leaves nothing to mend.
    """

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("conversation_id", "position"),)

    id: str = Field(primary_key=True, max_length=64)
    conversation_id: str = Field(sa_column=Column(ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False))
    position: int
    role: str = Field(max_length=16)
    content: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=utc_now, sa_type=Moment)
    finished_at: datetime | None = Field(None, sa_type=Moment)
    mode: str | None = Field(None, max_length=16)
    tool_calls: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    receipts: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_hit: bool = False
    incomplete: bool = False
    notice: str | None = Field(None, sa_column=Column(Text, nullable=True))
