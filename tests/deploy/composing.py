"""Reads ``compose.yaml`` as Docker Compose would: variables filled in, anchors resolved."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "HAB_API_TOKEN", "MONITORING_PASSWORD")
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Z_0-9]+)(?::([-?])([^}]*))?\})")


class Missing(Exception):
    """A variable that has to be set is not."""


def text() -> str:
    return (ROOT / "compose.yaml").read_text(encoding="utf-8")


def variables() -> dict[str, set[str]]:
    """The variables of the file, with the ways in which each is used: ``-`` a default, ``?`` required."""
    found: dict[str, set[str]] = {}
    for match in _VARIABLE.finditer(text()):
        if match[1]:
            found.setdefault(match[1], set()).add(match[2] or "")
    return found


@cache
def example() -> dict[str, str]:
    """What ``.env.example`` sets."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def filled() -> dict[str, str]:
    """The variables of someone who copied the example and filled in what is empty and required."""
    secrets = {name: f"{name.lower().replace('_', '-')}-0123456789abcdef" for name in SECRETS}
    return {**example(), **secrets, "UI_URL": "http://hab.example"}


def compose(values: Mapping[str, str]) -> dict[str, Any]:
    """The file as it is with the variables ``values``; raises Missing."""

    def fill(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$"
        given = values.get(match[1], "")
        if given or match[2] is None:
            return given
        if match[2] == "?":
            raise Missing(match[1])
        return match[3]

    document: dict[str, Any] = _each_text(yaml.safe_load(text()), lambda value: _VARIABLE.sub(fill, value))
    return document


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Changes every text of a document, but no key: variables are filled in after the file is read."""
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def services() -> dict[str, dict[str, Any]]:
    """The services with the example's variables."""
    found: dict[str, dict[str, Any]] = compose(filled())["services"]
    return found
