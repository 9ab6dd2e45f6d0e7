"""Several processes of the API on one port: shared work, deaths that refuse nobody, figures that add up."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from prometheus_client.mmap_dict import MmapedDict

from hab_server.api_processes import LISTENER, inherited_listener
from hab_server.preflight import BACKLOG, listen
from hab_server.processes import descendants
from tests.accidents import ACCIDENT
from tests.running import Command, ask, command_line, give_model, is_running, train_small_model, wait_until

Start = Callable[..., Command]
PROCESSES = 2
PREDICT = "/api/predict/eclo?explain=false"


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def start(tmp_path: Path, model_folder: Path) -> Iterator[Start]:
    """Starts servers of two processes that are ready; kills at the end what still runs."""
    (tmp_path / "home").mkdir()
    give_model(tmp_path / "home", model_folder)
    started: list[Command] = []

    def run(**environment: str) -> Command:
        started.append(Command(tmp_path / "home", "serve", BACKEND_WORKERS=str(PROCESSES), **environment))
        wait_until(lambda: all_take_part(started[-1]) and started[-1].answers())
        return started[-1]

    yield run
    for command in started:
        command.clear()


def all_take_part(command: Command) -> bool:
    """Whether each process listens."""
    begun = command.output().count("Application startup complete")
    return len(serving(command)) == begun == PROCESSES


def serving(command: Command) -> list[int]:
    """The processes that serve the API."""
    found = []
    for pid in descendants(command.process.pid):
        line = command_line(pid)
        if "hab_server api" in line and "tether" not in line:
            found.append(pid)
    return found


def predict(url: str) -> int:
    """Makes one prediction over a connection of its own; returns the status."""
    return httpx.post(url + PREDICT, json=ACCIDENT, timeout=30).status_code


def many(url: str, count: int) -> list[int]:
    """The statuses of predictions, several at a time."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: predict(url), range(count)))


def counted(url: str) -> int:
    """The predictions that the metrics count."""
    text = httpx.get(f"{url}/metrics", timeout=30).text
    return sum(int(float(found)) for found in re.findall(r"^hab_predictions_total\{.*\} (\S+)$", text, re.MULTILINE))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, start: Start) -> Command:
    """A server of two processes on each kind of database."""
    if request.param == "sqlite":
        return start()
    return start(DATABASE_URL=request.getfixturevalue("postgres_dsn"))


def test_processes_share_the_work_and_the_figures(server: Command) -> None:
    assert many(server.url, 120) == [200] * 120
    assert [counted(server.url) for _ in range(6)] == [120] * 6
    kept = httpx.get(f"{server.url}/api/predictions?limit=200", timeout=30).json()["items"]
    assert len({item["prediction_id"] for item in kept}) == 120
    busy = [file for file in (server.home / "run").glob("*/counter_*.db") if b"interpretation" in file.read_bytes()]
    assert len(busy) == PROCESSES
    text = httpx.get(f"{server.url}/metrics", timeout=30).text
    assert re.findall(r"^hab_model_info.*$", text, re.MULTILINE) == ['hab_model_info{version="small-1"} 1.0']
    assert 'hab_component_up{component="database"} 1.0' in text


def shares(server: Command) -> list[int]:
    """What each process has counted, by the files that they keep."""
    found = []
    for file in sorted((server.home / "run").glob("*/counter_*.db")):
        entries = MmapedDict.read_all_values_from_file(str(file))
        found.append(int(sum(value for key, value, *_ in entries if "hab_predictions_total" in key)))
    return found


def test_callers_who_come_together_are_spread(start: Start) -> None:
    server = start()

    def burst() -> bool:
        """Opens many connections before anything is asked; whether each process got some of them."""
        before = shares(server)
        clients = [HTTPConnection("127.0.0.1", server.port, timeout=30) for _ in range(40)]
        for client in clients:
            client.connect()
        for client in clients:
            client.request("POST", PREDICT, json.dumps(ACCIDENT), {"Content-Type": "application/json"})
        for client in clients:
            assert client.getresponse().status == 200
            client.close()
        after = shares(server)
        return len(after) == len(before) == PROCESSES and all(a - b >= 5 for a, b in zip(after, before, strict=True))

    wait_until(burst)


def test_no_process_makes_the_line_of_waiting_connections_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = min(BACKLOG, int(Path("/proc/sys/net/core/somaxconn").read_text()))
    with listen("127.0.0.1", 0, "BACKEND_PORT") as opened:
        monkeypatch.setenv(LISTENER, str(os.dup(opened.fileno())))
        with inherited_listener() as inherited:
            inherited.listen(1)
            info = struct.unpack_from("=28xI", inherited.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64))
    assert info == (longest,)


def test_a_killed_process_refuses_nobody_and_comes_back(start: Start) -> None:
    server = start()
    before = many(server.url, 20)
    (killed, other) = serving(server)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not is_running(killed))
    assert before + many(server.url, 40) == [200] * 60
    wait_until(lambda: len(serving(server)) == PROCESSES)
    assert other in serving(server)
    assert counted(server.url) == 60
    assert "SIGKILL" in server.output()


def test_the_death_of_all_makes_callers_wait_and_refuses_none(start: Start) -> None:
    server = start()
    for pid in serving(server):
        os.kill(pid, signal.SIGKILL)
    assert many(server.url, 8) == [200] * 8


def test_it_stops_with_its_processes_and_starts_anew(start: Start) -> None:
    server = start()
    children = descendants(server.process.pid)
    server.process.terminate()
    assert server.ends() == 0
    assert not any(is_running(pid) for pid in children)
    assert "Traceback" not in server.output()
    assert list((server.home / "run").iterdir()) == []
    left = server.home / "run" / f"metrics-{server.port}"
    left.mkdir()
    (left / "counter_1.db").write_bytes(b"left by a process that was killed")
    again = start(BACKEND_PORT=str(server.port))
    assert counted(again.url) == 0


def test_its_own_death_leaves_nothing(start: Start) -> None:
    server = start()
    children = descendants(server.process.pid)
    server.process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in children))
    assert ask(f"{server.url}/health/live")[0] == 0


def test_requests_at_work_are_finished(start: Start) -> None:
    server = start()
    body = b'{"accidents": []}'
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(1) as pool:

        def slowly() -> Iterator[bytes]:
            for each in body:
                yield bytes([each])
                told.append(each)
                wait_until(lambda: len(told) < 5 or stopping)

        told: list[int] = []
        stopping: list[bool] = []
        sent = pool.submit(
            client.post,
            f"{server.url}/api/predict/eclo/batch",
            content=slowly(),
            headers={"Content-Type": "application/json"},
        )
        wait_until(lambda: len(told) >= 5)
        server.process.terminate()
        stopping.append(True)
        assert sent.result().status_code == 422
    assert server.ends() == 0
