"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}


def upgrade() -> None:
    """Changes the tables."""
    ${upgrades if upgrades else "raise NotImplementedError"}


def downgrade() -> None:
    """Takes the change back."""
    ${downgrades if downgrades else "raise NotImplementedError"}
