"""Opaque ids with a prefix, ordered by the time they were made."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

IdMaker = Callable[[str], str]
"""Gives the next id for a prefix."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(prefix: str) -> str:
    """Returns ``prefix_`` and 32 hexadecimal digits: 48 bits of milliseconds, then 80 random bits.

    Ids made later sort later (to the millisecond), so an index on the id serves "newest first" and inserts stay local.
    """
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{random.getrandbits(80):020x}"  # ids are no secrets


def repeatable_ids(moment: datetime, seed: str) -> IdMaker:
    """Returns a maker of ids in the form and order of :func:`new_id` that gives the same ones to every try.

    Args:
        moment: When the first try was made.
        seed: What belongs to this piece of work and no other.
    """
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    numbers = itertools.count()

    def make(prefix: str) -> str:
        digits = sha256(f"{seed}\n{moment.isoformat()}\n{next(numbers)}".encode()).hexdigest()[:20]
        return f"{prefix}_{milliseconds:012x}{digits}"

    return make


def is_id(text: str, prefix: str) -> bool:
    """Whether a text from outside can be an id of this kind."""
    return re.fullmatch(rf"{prefix}_[0-9a-zA-Z]{{1,58}}", text) is not None
