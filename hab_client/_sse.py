"""Server-sent events: bytes in, events out, as the HTML standard reads them (9.2.6, "Interpreting an event stream")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One event: the id that a reader goes on after (empty where none was given yet), its name, its data."""

    id: str
    name: str
    data: str


def read_events(chunks: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Gives the events in ``chunks``, each as soon as it is whole; one that is cut off at the end is left out.

    Args:
        chunks: The body, cut anywhere: within a letter, or between the two bytes of a line's end.
    """
    identifier, name = "", ""
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield ServerEvent(identifier, name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            identifier = value


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gives the lines without their ends, each as soon as its end is there; a last one without an end is left out."""
    begun: list[bytes] = []
    previous, first = b"", True
    for chunk in filter(None, chunks):
        # a line's end whose two bytes came apart was taken for one at its first byte already
        rest = chunk[1:] if previous.endswith(b"\r") and chunk.startswith(b"\n") else chunk
        previous = chunk
        head, *others = _LINE_END.split(rest)
        begun.append(head)
        for following in others:
            line = b"".join(begun)
            yield line.removeprefix(_BOM) if first else line
            begun, first = [following], False
