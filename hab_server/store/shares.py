"""Share links: only the hash of a token is stored, so what is in the database opens nothing."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import Engine, Table, delete, func, insert, or_, select, update

from hab_core.errors import NotFound, ShareLinkExpired
from hab_core.schemas.common import utc_now
from hab_server.store.datasets import DATASETS
from hab_server.store.engine import reading, transaction
from hab_server.store.ids import new_id
from hab_server.store.tables import ShareRow

SHARES: Final[Table] = ShareRow.metadata.tables["shares"]


def create(engine: Engine, dataset_id: str, token: str, expires_at: datetime) -> str:
    """Stores a link to a dataset and returns the link's id.

    Raises:
        NotFound: There is no such dataset.
        DatabaseUnavailable: The database fails.
    """
    values = {
        "id": new_id("share"),
        "dataset_id": dataset_id,
        "token_hash": _hash(token),
        "created_at": utc_now(),
        "expires_at": expires_at,
    }
    with transaction(engine) as connection:
        if connection.execute(select(DATASETS.c.id).where(DATASETS.c.id == dataset_id)).first() is None:
            raise NotFound(f"데이터셋을 찾을 수 없습니다: {dataset_id[:64]}")
        connection.execute(insert(SHARES).values(values))
    return str(values["id"])


def dataset_behind(engine: Engine, token: str) -> str:
    """Returns the id of the dataset that a token opens.

    Raises:
        NotFound: There never was such a link.
        ShareLinkExpired: It has expired or was revoked.
        DatabaseUnavailable: The database fails.
    """
    with reading(engine) as connection:
        found = connection.execute(select(SHARES).where(SHARES.c.token_hash == _hash(token))).one_or_none()
    if found is None:
        raise NotFound("공유 링크를 찾을 수 없습니다. 주소를 확인해주세요.")
    if found.revoked_at is not None or found.expires_at <= utc_now():
        raise ShareLinkExpired
    return str(found.dataset_id)


def revoke(engine: Engine, share_id: str) -> None:
    """Ends a link; nothing more where that was done before.

    Raises:
        NotFound: There is no such link.
        DatabaseUnavailable: The database fails.
    """
    ended = func.coalesce(SHARES.c.revoked_at, utc_now(), type_=SHARES.c.revoked_at.type)
    with transaction(engine) as connection:
        changed = connection.execute(update(SHARES).where(SHARES.c.id == share_id).values(revoked_at=ended))
        if changed.rowcount == 0:
            raise NotFound(f"공유 링크를 찾을 수 없습니다: {share_id[:64]}")


def purge_before(engine: Engine, moment: datetime) -> int:
    """Deletes the links that ended before a moment; who follows one then is told that there is none.

    Returns:
        How many were deleted.

    Raises:
        DatabaseUnavailable: The database fails.
    """
    with transaction(engine) as connection:
        ended = or_(SHARES.c.expires_at < moment, SHARES.c.revoked_at < moment)
        return connection.execute(delete(SHARES).where(ended)).rowcount


def _hash(token: str) -> str:
    """Returns what is stored of a token: it has 256 random bits, so a plain hash gives nothing away."""
    return sha256(token.encode()).hexdigest()
