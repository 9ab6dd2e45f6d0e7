"""Asks a server how it is, with the standard library alone."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_ANSWER_LIMIT = 3.0
"""Seconds to wait for an answer; ``/health`` itself takes one at most."""


@dataclass(frozen=True)
class Answer:
    """Status and JSON body of a server's answer; status 0 where there was none."""

    status: int = 0
    body: dict[str, Any] = field(default_factory=dict)


def ask(base_url: str, path: str) -> Answer:
    """Returns what the server at ``base_url`` answers."""
    url = urlsplit(base_url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(url.hostname or "", url.port, timeout=_ANSWER_LIMIT)) as connection:
            connection.request("GET", url.path.rstrip("/") + path)
            answer = connection.getresponse()
            return Answer(answer.status, _to_object(answer.read()))
    except (OSError, ValueError, http.client.HTTPException):
        return Answer()


def _to_object(content: bytes) -> dict[str, Any]:
    """Returns a JSON object; an empty one where the content is something else."""
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def complaint(body: dict[str, Any]) -> str:
    """Returns what an error answer says, its details included."""
    error = body.get("error") or {}
    return " ".join([error.get("message", ""), *(detail["message"] for detail in error.get("details", []))]).strip()
