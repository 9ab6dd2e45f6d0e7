"""First answers by idempotency key: who may do the work, and what the others are told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hab_core.errors import InvalidInput
from hab_core.schemas.common import utc_now
from hab_server.store.engine import reading, transaction
from hab_server.store.tables import IdempotencyRow

STALE_AFTER: Final = timedelta(seconds=60)
"""A claim this old without an answer belongs to a process that died: work that takes long is renewed before."""
KEPT_FOR: Final = timedelta(hours=24)
"""How long an answer is kept at least."""
KEYS: Final[Table] = IdempotencyRow.metadata.tables["idempotency_keys"]


@dataclass(frozen=True)
class First:
    """The caller does the work, then calls :func:`finish` or :func:`abandon` with this."""

    scope: str
    key: str
    owner: str


@dataclass(frozen=True)
class Replay:
    """The work is done; this was its answer."""

    status: int
    body: bytes


@dataclass(frozen=True)
class InProgress:
    """Another request does the work just now."""


def claim(engine: Engine, scope: str, key: str, request_hash: str) -> First | Replay | InProgress:
    """Asks whether the caller is the first with this key, and makes it the first where there is none.

    Args:
        engine: The database.
        scope: The operation; the same key means nothing in another one.
        key: What the caller sent, at most 255 characters.
        request_hash: Hash of the request, at most 64 characters.

    Raises:
        InvalidInput: the key was used with another request.
        DatabaseUnavailable: the database fails.
    """
    with reading(engine) as connection:  # those who wait ask often: they must not queue for the write lock
        known = _find(connection, scope, key)
    if known is not None and not _is_stale(known):
        return _told(known, request_hash)
    mine = First(scope, key, secrets.token_hex(16))
    with transaction(engine) as connection:
        if _insert(connection, mine, request_hash):
            return mine
        known = _find(connection, scope, key)
        if known is None:  # given back between the two statements: free at the next try
            return InProgress()
        told = _told(known, request_hash)
        if _is_stale(known) and _take_over(connection, mine, known.owner):
            return mine
        return told


def finish(engine: Engine, first: First, status: int, body: bytes) -> None:
    """Keeps the answer for those who ask again; does nothing where the claim was taken over meanwhile.

    Raises:
        DatabaseUnavailable: the database fails.
    """
    with transaction(engine) as connection:
        connection.execute(update(KEYS).where(*_owned(first)).values(status=status, body=body))


def renew(engine: Engine, first: First) -> None:
    """Says that the work goes on, so that nobody takes it over; raises as :func:`finish` does."""
    with transaction(engine) as connection:
        connection.execute(update(KEYS).where(*_owned(first)).values(claimed_at=utc_now()))


def abandon(engine: Engine, first: First) -> None:
    """Gives the key back after the work failed, so that another try may do it.

    Raises:
        DatabaseUnavailable: the database fails.
    """
    with transaction(engine) as connection:
        connection.execute(delete(KEYS).where(*_owned(first)))


def purge_before(engine: Engine, moment: datetime) -> int:
    """Deletes the keys first used before a moment, at least ``KEPT_FOR`` ago; returns how many.

    Raises:
        DatabaseUnavailable: the database fails.
    """
    limit = min(moment, utc_now() - KEPT_FOR)
    with transaction(engine) as connection:
        return connection.execute(delete(KEYS).where(KEYS.c.created_at < limit)).rowcount


def _find(connection: Connection, scope: str, key: str) -> Row[Any] | None:
    return connection.execute(select(KEYS).where(KEYS.c.scope == scope, KEYS.c.key == key)).one_or_none()


def _told(known: Row[Any], request_hash: str) -> Replay | InProgress:
    """Returns what one who is not the first is told."""
    if known.request_hash != request_hash:
        raise InvalidInput.of("Idempotency-Key", "이 Idempotency-Key는 다른 내용의 요청에 이미 사용되었습니다.")
    return InProgress() if known.status is None else Replay(known.status, known.body)


def _is_stale(known: Row[Any]) -> bool:
    return known.status is None and bool(known.claimed_at < utc_now() - STALE_AFTER)


def _insert(connection: Connection, mine: First, request_hash: str) -> bool:
    """Inserts the claim; returns whether there was none."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    now = utc_now()
    values = {**vars(mine), "request_hash": request_hash, "claimed_at": now, "created_at": now}
    claimed = insert(KEYS).values(values).on_conflict_do_nothing().returning(KEYS.c.owner)
    return connection.execute(claimed).one_or_none() is not None


def _take_over(connection: Connection, mine: First, owner: str) -> bool:
    """Puts the caller in the place of an owner that died; returns whether nobody else was faster."""
    dead = _owned(First(mine.scope, mine.key, owner))
    taken = update(KEYS).where(*dead).values(owner=mine.owner, claimed_at=utc_now())
    return connection.execute(taken).rowcount == 1


def _owned(first: First) -> tuple[Any, ...]:
    """Returns the condition that a claim is still its owner's and unanswered."""
    return (KEYS.c.scope == first.scope, KEYS.c.key == first.key, KEYS.c.owner == first.owner, KEYS.c.status.is_(None))
