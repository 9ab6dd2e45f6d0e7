"""What Alembic runs for every command; the connection and its lock come from ``hab_server.store.migrate``."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from hab_server.store.tables import metadata


def _plain_type(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Writes the database's type into a new revision, not HAB's own, which later versions may change."""
    if kind != "type":
        return False
    plain = thing.impl_instance if isinstance(thing, sa.types.TypeDecorator) else thing
    for base, written in ((sa.DateTime, "sa.DateTime(timezone=True)"), (sa.Text, "sa.Text()")):
        if isinstance(plain, base):
            return written
    return f"sa.String({plain.length})" if isinstance(plain, sa.String) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can alter a table only by copying it
    compare_type=True,
    compare_server_default=True,
    render_item=_plain_type,
)
context.run_migrations()
