"""What the tests that ask the real application share: its Claude is the stand-in, its table has known counts."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hab_client import Dataset, HabClient
from tests.anthropic_service import StandIn
from tests.client.wire_server import Reply, WireServer
from tests.server.api.chatting import load_claude, table

QUESTION = "요일별 사고 건수는?"
COUNTS = ("get_value_counts", {"column": "요일"})


@contextmanager
def asked_for_real(home: Path, claude: StandIn) -> Iterator[HabClient]:
    """A client of a server of its own, whose Claude is the stand-in."""
    load_claude()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", claude.url)
        with HabClient.embedded(home) as client:
            yield client


def fresh(client: HabClient) -> Dataset:
    """A dataset whose answers nobody has asked for yet: three accidents on Mondays, two on Tuesdays, two else."""
    line = f"2022-01-05 01:00,수요일,{uuid.uuid4()},맑음,1\n"
    return client.datasets.upload(f"{table()}{line}".encode(), name="사고")


def relay(server: list[WireServer], real: str, cut_after: int | None = None) -> Reply:
    """Replies what the server at ``real`` replies, the connection cut after so many bytes."""

    def reply(connection: socket.socket) -> None:
        asked = server[0].asked[-1]
        headers = {**asked.headers, "connection": "close"}
        head = [f"{asked.method} {asked.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        place = urlsplit(real)
        left = cut_after
        with socket.create_connection((place.hostname or "", place.port or 0), 30) as there:
            there.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + asked.body)
            while (left is None or left > 0) and (piece := there.recv(left or 65_536)):
                connection.sendall(piece)
                left = None if left is None else left - len(piece)

    return reply
