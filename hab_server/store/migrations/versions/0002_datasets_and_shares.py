"""Datasets, the files that belong to none, demo tables and share links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables of datasets."""
    _create_datasets()
    op.create_table(
        "loose_files",
        sa.Column("dataset_id", sa.String(64), nullable=False),
        sa.Column("noted_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_loose_files"),
    )
    op.create_table(
        "demo_samples",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("offered_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_demo_samples"),
    )
    _create_shares()


def downgrade() -> None:
    """Removes them; the files stay where they are."""
    for table in ("shares", "demo_samples", "loose_files", "datasets"):
        op.drop_table(table)


def _create_datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("content_hash", sa.String(80), nullable=False),
        sa.Column("uploaded_at", _MOMENT, nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
    )
    op.create_index("ix_datasets_content_hash", "datasets", ["content_hash"])


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("dataset_id", sa.String(64), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.UniqueConstraint("token_hash", name="uq_shares_token_hash"),
    )
    op.create_index("ix_shares_dataset_id", "shares", ["dataset_id"])
