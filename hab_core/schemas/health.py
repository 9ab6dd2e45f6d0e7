"""The state of a server and of its parts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hab_core.schemas.common import AnswerModel


class Component(AnswerModel):
    """One part: ``ok``, ``degraded`` (works, but something needs a hand) or ``down``, with a Korean note."""

    status: Literal["ok", "degraded", "down"]
    detail: str = ""


class Health(AnswerModel):
    """The whole server; ``status`` is ok only where every part is."""

    status: Literal["ok", "degraded"]
    version: str
    components: dict[str, Component] = Field(default_factory=dict)
