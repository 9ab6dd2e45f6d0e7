"""Uploads to a server that is killed, runs out of disk, or whose client vanishes: no half dataset, nothing left."""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.running import Command, wait_until

MEGABYTE = 1024 * 1024
PATH = "/api/datasets/upload"
LINE = "2022-01-01 01,대구광역시 수성구 상동,맑음,건조,차대차,3\n".encode()
HEAD = "사고일시,시군구,기상상태,노면상태,사고유형,건수\n".encode()

Start = Callable[[], Command]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts servers that are ready; kills at the end what still runs."""
    started: list[Command] = []

    def run() -> Command:
        started.append(Command(home, "serve"))
        wait_until(started[-1].answers)
        return started[-1]

    yield run
    for command in started:
        command.clear()


def table(rows: int) -> bytes:
    """A CSV of accidents."""
    return HEAD + LINE * rows


def begun(server: Command, size: int) -> socket.socket:
    """An upload of which all but the end was sent."""
    content = table(size // len(LINE))
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    address = urlsplit(server.url)
    connection = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)
    request = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    connection.sendall(request.encode() + b"Content-Length: %d\r\n\r\n" % (len(head) + len(content) + 7))
    connection.sendall(head + content)
    return connection


def send(server: Command, content: bytes) -> httpx.Response:
    """Uploads a file."""
    return httpx.post(server.url + PATH, files={"file": ("a.csv", content)}, timeout=60)


def datasets(server: Command) -> dict[str, int]:
    """The rows of each dataset by its id."""
    items = httpx.get(f"{server.url}/api/datasets?limit=200").json()["items"]
    return {item["id"]: item["rows"] for item in items}


def stored(home: Path) -> set[str]:
    """The names of all files of datasets and uploads."""
    return {file.name for folder in ("datasets", "uploads") for file in (home / folder).glob("*")}


def age(home: Path) -> None:
    """Makes every note of a loose file an old one, and every unfinished file too."""
    with closing(sqlite3.connect(home / "hab.db")) as connection, connection:
        connection.execute("UPDATE loose_files SET noted_at = '2020-01-01 00:00:00'")
    for file in (home / "datasets").glob("*.tmp"):
        os.utime(file, (time.time() - 3600,) * 2)


def memory(server: Command) -> int:
    """Bytes of memory that the server holds now."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def received(server: Command) -> int:
    """Bytes of the nameless files that the server writes."""
    sizes = []
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            if "/uploads/" in str(link.readlink()):
                sizes.append(link.stat().st_size)
        except FileNotFoundError:  # closed meanwhile
            continue
    return sum(sizes)


def test_memory_does_not_grow_with_a_file_that_comes_in(start: Start, home: Path) -> None:
    server = start()
    assert send(server, table(10)).status_code == 201
    before = memory(server)
    with begun(server, 49 * MEGABYTE):
        wait_until(lambda: received(server) > 47 * MEGABYTE)
        assert memory(server) - before < 100 * MEGABYTE
    wait_until(lambda: received(server) == 0)
    assert len(datasets(server)) == 1


def test_a_client_that_vanishes_leaves_nothing(start: Start, home: Path) -> None:
    server = start()
    begun(server, 5 * MEGABYTE).close()
    cut = begun(server, 5 * MEGABYTE)
    wait_until(lambda: received(server) > 4 * MEGABYTE)
    cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, as of a cable pulled out
    cut.close()
    wait_until(lambda: received(server) == 0)
    assert (datasets(server), stored(home)) == ({}, set())
    assert send(server, table(10)).status_code == 201


def test_a_server_killed_while_it_receives_leaves_nothing(start: Start, home: Path) -> None:
    server = start()
    with begun(server, 20 * MEGABYTE):
        wait_until(lambda: received(server) > 18 * MEGABYTE)
        server.process.kill()
        server.process.wait()
    assert stored(home) == set()
    server = start()
    assert datasets(server) == {}


def test_a_server_killed_at_any_moment_leaves_no_half_dataset(start: Start, home: Path) -> None:
    moments = random.Random(20_221_101)
    acknowledged: set[str] = set()
    for _ in range(4):
        server = start()
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(send, server, table(20_000 + number)) for number in range(8)]
            time.sleep(moments.uniform(0.1, 0.6))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        answers = [each.result() for each in sent if each.exception() is None]
        acknowledged |= {answer.json()["id"] for answer in answers if answer.status_code == 201}
    age(home)
    server = start()
    found = datasets(server)
    assert acknowledged <= found.keys()
    wait_until(lambda: stored(home) == {f"{dataset_id}.parquet" for dataset_id in found})
    for dataset_id, rows in found.items():
        last = httpx.get(f"{server.url}/api/datasets/{dataset_id}/download?format=csv").text.splitlines()
        assert len(last) == rows + 1


def test_a_full_disk_is_told_and_the_rest_goes_on(start: Start, home: Path) -> None:
    server = start()
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4 * MEGABYTE, before[1]))
    response = send(server, table(200_000))
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "storage_unavailable"
    assert "공간" in response.json()["error"]["message"]
    assert response.headers["retry-after"]
    assert (datasets(server), stored(home)) == ({}, set())
    assert send(server, table(10)).status_code == 201
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
    assert send(server, table(200_000)).status_code == 201
