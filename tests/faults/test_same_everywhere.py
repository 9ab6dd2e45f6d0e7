"""The clock, the language and the encoding of the machine change nothing: the same Korean results everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.accidents import ACCIDENT
from tests.running import HAB, Command, free_port, wait_until
from tests.server.api.uploading import accidents_csv, upload

PLACES: dict[str, dict[str, str]] = {
    "UTC, C": {"TZ": "UTC", "LANG": "C", "LC_ALL": "C"},
    "Seoul, UTF-8": {"TZ": "Asia/Seoul", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
}
PASSING = {"timestamp", "request_id", "prediction_id", "created_at", "duration_ms", "id", "uploaded_at"}
MIDNIGHT_UTC = {**ACCIDENT, "occurred_at": "2022-01-01T15:30:00Z"}
"""With an offset: half past midnight of the next day in Korea, whatever the machine's clock says."""
TOOLS = (
    ("get_temporal_pattern", {"column": "사고일시", "by": "hour"}),
    ("get_value_counts", {"column": "사고일시.요일"}),
    ("get_date_range", {"column": "사고일시"}),
)


def lasting(found: Any) -> Any:
    """An answer without what differs from one call to the next."""
    if isinstance(found, dict):
        return {name: lasting(value) for name, value in found.items() if name not in PASSING}
    return [lasting(each) for each in found] if isinstance(found, list) else found


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[dict[str, Command]]:
    """A server of its own in each place, all started at once."""
    from tests.running import give_model

    started: dict[str, Command] = {}
    for place, environment in PLACES.items():
        home = tmp_path_factory.mktemp("place") / "home"
        home.mkdir()
        give_model(home, model_folder)
        started[place] = Command(home, "serve", BACKEND_PORT=str(free_port()), **environment)
    try:
        for command in started.values():
            wait_until(command.answers, 90)
        yield started
    finally:
        for command in started.values():
            command.clear()


def answers(url: str) -> list[Any]:
    """What a server says to the same questions."""
    with httpx.Client(base_url=url, timeout=60) as client:
        asked = [client.post("/api/predict/eclo", json=accident).json() for accident in (ACCIDENT, MIDNIGHT_UTC)]
        asked += [client.post("/api/predict/eclo", json={**ACCIDENT, "weather": "더움"}).json()]
        asked += client.get("/api/predictions").json()["items"]
        dataset = upload(client, accidents_csv(60).encode("cp949"), name="사고.csv")
        for tool, arguments in TOOLS:
            run = client.post(f"/api/datasets/{dataset['id']}/tools/{tool}", json={"arguments": arguments})
            assert run.status_code == 200, run.text
            asked.append(run.json())
        asked.append(client.get(f"/api/datasets/{dataset['id']}/rows").json())
        return [dataset, *asked]


def test_the_api(servers: dict[str, Command]) -> None:
    found = {place: lasting(answers(command.url)) for place, command in servers.items()}
    first, *others = found.values()
    assert all(other == first for other in others)
    said = json.dumps(first, ensure_ascii=False)
    assert "2022-01-02T00:30" in said
    assert "심야" in said
    assert "\ufffd" not in said


def hab(place: str, url: str, *arguments: str) -> bytes:
    """What the command line writes in a place."""
    environment = {**os.environ, **PLACES[place], "BACKEND_URL": url}
    done = subprocess.run([*HAB, *arguments], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def test_the_command_line(servers: dict[str, Command], tmp_path: Path) -> None:
    asked = [f"--{name.replace('_', '-')}={value}" for name, value in ACCIDENT.items() if name != "occurred_at"]
    call = ("eclo", "predict", *asked, "--at=2022-01-01T23:30")
    said = {place: hab(place, command.url, *call).decode() for place, command in servers.items()}
    said = {place: re.sub(r"pred_\w+", "pred_", text) for place, text in said.items()}
    assert "ECLO" in said["UTC, C"]
    assert said == dict.fromkeys(said, said["UTC, C"])
    told = {place: lasting(json.loads(hab(place, command.url, *call, "--json"))) for place, command in servers.items()}
    assert told == dict.fromkeys(told, told["UTC, C"])
    (tmp_path / "사고.csv").write_bytes(accidents_csv(5).encode("cp949"))
    shown = [
        lasting(json.loads(hab(place, command.url, "datasets", "upload", str(tmp_path / "사고.csv"), "--json")))
        for place, command in servers.items()
    ]
    assert shown[0]["name"].startswith("사고")
    assert all({**other, "warnings": []} == {**shown[0], "warnings": []} for other in shown[1:])
