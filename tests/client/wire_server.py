"""A small HTTP server on a real socket that does what a good server never does, and keeps what it was sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Reply = Callable[[socket.socket], None]
DATASET: dict[str, Any] = {
    "id": "ds_1",
    "name": "표",
    "rows": 2,
    "columns": 2,
    "size_bytes": 12,
    "encoding": "utf-8",
    "content_hash": "sha256:00",
    "uploaded_at": "2026-01-01T00:00:00Z",
}
"""A dataset as HAB answers it."""


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WireServer:
    """Answers the n-th request with the n-th reply, the last one again and again."""

    url: str
    asked: list[Asked] = field(default_factory=list)


def answer(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Reply:
    """Replies with a whole answer; header names are written with underscores."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def success(**fields: Any) -> Reply:
    """Replies with a successful answer of HAB."""
    envelope = {"success": True, "timestamp": "2026-01-01T00:00:00Z", "request_id": "req_1"}
    return answer(200, json.dumps(envelope | fields).encode())


def failure(status: int, code: str, message: str = "문제", details: Sequence[Any] = (), **headers: str) -> Reply:
    """Replies with a failure of HAB."""
    error = {"code": code, "message": message, "details": list(details)}
    envelope = {"success": False, "timestamp": "2026-01-01T00:00:00Z", "request_id": "req_1", "error": error}
    return answer(status, json.dumps(envelope).encode(), **headers)


def raw(*chunks: bytes, pause: float = 0.0) -> Reply:
    """Replies with bytes and closes; between the chunks it sleeps."""

    def reply(connection: socket.socket) -> None:
        for number, chunk in enumerate(chunks):
            if number and pause:
                threading.Event().wait(pause)
            connection.sendall(chunk)

    return reply


def silent(seconds: float) -> Reply:
    """Replies nothing for a while, then closes."""
    return lambda _: threading.Event().wait(seconds) and None


@contextmanager
def serving(*replies: Reply) -> Iterator[WireServer]:
    """Runs a server for the time of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = WireServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, server, replies), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(listener: socket.socket, server: WireServer, replies: Sequence[Reply]) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:  # the block has ended
            return
        with connection, suppress(ConnectionError, BrokenPipeError):
            server.asked.append(_read(connection))
            replies[min(len(server.asked), len(replies)) - 1](connection)


def _read(connection: socket.socket) -> Asked:
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode().split()
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Asked(method, target, headers, stream.read(int(headers.get("content-length", 0))))
