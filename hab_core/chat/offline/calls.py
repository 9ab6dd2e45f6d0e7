"""A tool call as the rules plan it."""

from __future__ import annotations

from typing import Any, NamedTuple

from hab_core.chat.offline.reading import Condition, Reading


class Call(NamedTuple):
    """A tool with its arguments; where several calls are set against each other, what the question calls this one."""

    tool: str
    arguments: dict[str, Any]
    label: str = ""


def call(reading: Reading, tool: str, conditions: list[Condition] | None = None, **arguments: Any) -> Call:
    """Returns a call under the conditions of the question, or under others."""
    given = reading.conditions if conditions is None else conditions
    kept = {name: value for name, value in arguments.items() if value is not None}
    return Call(tool, kept | ({"conditions": given} if given else {}))
