"""Every service of ``compose.yaml`` starts as it is written there, and together they are HAB behind one way in."""

from __future__ import annotations

import json
import logging
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from hab_client import HabClient
from hab_client.errors import FileTooLarge, Unauthorized
from hab_server.processes import descendants
from tests.accidents import ACCIDENT
from tests.deploy.composing import filled
from tests.deploy.stack import Stack
from tests.running import is_running, wait_until

pytestmark = pytest.mark.postgres
TOKEN = filled()["HAB_API_TOKEN"]
log = logging.getLogger(__name__)
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def up(stack: Stack, nginx: str) -> Stack:
    """All services of HAB, each started when those it waits for are there."""
    began = time.monotonic()
    stack.comes_up("redis")
    assert stack.start("migrate").ends() == 0, stack.running["migrate"].output()
    for name in ("api", "worker", "ui"):
        stack.comes_up(name)
    stack.start("scheduler")
    stack.start_nginx()
    log.info("the whole stack is up after %.1f s", time.monotonic() - began)
    return stack


@pytest.fixture(scope="module")
def client(up: Stack) -> Iterator[HabClient]:
    """A client that comes through nginx."""
    with HabClient(f"http://127.0.0.1:{up.ports['nginx']}", token=TOKEN) as client:
        yield client


def test_they_are_up(up: Stack, client: HabClient) -> None:
    wait_until(lambda: client.health().status == "ok")
    wait_until(lambda: "scheduler at work" in up.running["scheduler"].output())
    wait_until(lambda: "house kept" in up.running["worker"].output())
    api = [pid for pid in descendants(up.running["api"].process.pid) if is_running(pid)]
    assert len(api) >= int(up.services["api"]["environment"]["BACKEND_WORKERS"])


def test_the_user_interface_is_behind_the_same_way_in(up: Stack) -> None:
    response = httpx.get(f"http://127.0.0.1:{up.ports['nginx']}/", timeout=30)
    assert response.status_code == 200
    assert response.headers["referrer-policy"] == "no-referrer"
    assert httpx.get(f"http://127.0.0.1:{up.ports['nginx']}/_stcore/health").status_code == 200


def test_pages_keep_their_socket(up: Stack) -> None:
    key = b64encode(b"sixteen letters.").decode()
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    with httpx.stream("GET", f"http://127.0.0.1:{up.ports['nginx']}/_stcore/stream", headers=headers) as answer:
        assert answer.status_code == 101


def test_work_goes_through(client: HabClient, tmp_path: Path) -> None:
    assert client.eclo.predict(**ACCIDENT).eclo > 0
    job = client.eclo.predict_batch([ACCIDENT] * 30).wait()
    assert (job.status, job.state.completed) == ("completed", 30)
    table = tmp_path / "table.csv"
    table.write_text("구,건수\n수성구,1\n달서구,2\n", encoding="utf-8")
    dataset = client.datasets.upload(table)
    assert client.tools.run("get_value_counts", dataset=dataset.id, column="구").text
    with client.chat.stream("구별 건수는?", dataset=dataset) as stream:
        assert [event.type for event in stream][-1] == "done"
        assert stream.answer is not None
        assert stream.answer.tool_calls


def test_strangers_stay_outside(up: Stack) -> None:
    url = f"http://127.0.0.1:{up.ports['nginx']}"
    with HabClient(url) as stranger, pytest.raises(Unauthorized):
        stranger.eclo.predict(**ACCIDENT)
    assert httpx.get(f"{url}/health/live").status_code == 200
    assert httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_a_file_of_the_limit_goes_in_and_a_larger_one_is_refused_in_words(up: Stack, client: HabClient) -> None:
    limit = int(filled()["MAX_UPLOAD_MB"]) * MEGABYTE
    line = b"2022-01-01,\xec\x88\x98\xec\x84\xb1\xea\xb5\xac,1\n"
    content = b"a,b,c\n" + line * ((limit - 6) // len(line))
    url = f"http://127.0.0.1:{up.ports['nginx']}/api/datasets/upload"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(url, files={"file": ("a.csv", content)}, headers=headers, timeout=120)
    assert answer.status_code == 201, answer.text
    assert answer.json()["size_bytes"] > limit - 100
    # HAB's own words a little over the limit, nginx's in the same form far over it
    for size in (limit + 1000, limit + 2 * MEGABYTE):
        refused = httpx.post(url, files={"file": ("a.csv", b"x" * size)}, headers=headers, timeout=120)
        assert refused.status_code == 413
        assert refused.json()["error"]["code"] == FileTooLarge.code
        assert refused.json()["error"]["message"] == "파일 크기는 50MB를 초과할 수 없습니다"
        assert refused.json()["success"] is False


def test_share_tokens_are_in_no_log(up: Stack, client: HabClient, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("구,건수\n수성구,3\n", encoding="utf-8")
    token = client.datasets.upload(table).share().token
    url = f"http://127.0.0.1:{up.ports['nginx']}"
    assert httpx.get(f"{url}/api/shared/{token}").status_code == 200
    httpx.get(f"{url}/api/shared/{token}/more?x={token}", headers={"Referer": f"{url}/?share={token}"})
    httpx.get(f"{url}/?share={token}")
    access = (up.folder / "access.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in access.splitlines()]
    assert "/api/shared/***" in {line["path"] for line in lines}
    logs = access + (up.folder / "error.log").read_text() + up.running["api"].output()
    assert token not in logs
    assert TOKEN not in logs


def test_callers_cannot_say_who_they_are(up: Stack) -> None:
    """Calls are counted for the address that nginx sees, whatever the caller wrote."""
    url = f"http://127.0.0.1:{up.ports['nginx']}/api/predict/eclo"
    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}
    assert httpx.post(url, json=ACCIDENT, headers=headers).status_code == 200
    with redis.Redis(port=up.ports["redis"], password=filled()["REDIS_PASSWORD"]) as connection:
        counted = b" ".join(connection.keys("hab:calls*"))
    assert b"127.0.0.1" in counted
    assert b"203.0.113.9" not in counted


def test_the_api_comes_back_behind_nginx(up: Stack, client: HabClient) -> None:
    up.running["api"].stop()
    away = httpx.get(f"http://127.0.0.1:{up.ports['nginx']}/api/model", headers={"Authorization": f"Bearer {TOKEN}"})
    assert away.status_code == 503
    assert away.json()["error"]["code"] == "unavailable"
    assert int(away.headers["retry-after"]) > 0
    up.comes_up("api")
    assert client.eclo.predict(**ACCIDENT).eclo > 0
