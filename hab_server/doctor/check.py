"""What one check of ``hab doctor`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: Stable English name of what was checked.
        status: ``ok``; ``warn``: HAB works, but not all of it; ``fail``: it has to be mended.
        message: Korean sentence about what was found.
        remedy: The command or the setting that mends it; empty where nothing is to be done.
    """

    name: str
    status: Status
    message: str
    remedy: str = ""
