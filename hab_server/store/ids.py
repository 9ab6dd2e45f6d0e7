"""Opaque ids with a prefix, ordered by the time they were made."""

from __future__ import annotations

import random
import re
import time


def new_id(prefix: str) -> str:
    """Returns ``prefix_`` and 32 hexadecimal digits: 48 bits of milliseconds, then 80 random bits.

    Ids made later sort later (to the millisecond), so an index on the id serves "newest first" and inserts stay local.
    """
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{random.getrandbits(80):020x}"  # ids are no secrets


def is_id(text: str, prefix: str) -> bool:
    """Whether a text from outside can be an id of this kind."""
    return re.fullmatch(rf"{prefix}_[0-9a-zA-Z]{{1,58}}", text) is not None
