"""The disk of the home is full, or may only be read: told in a line or by 503, and over when the cause is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from tests.accidents import ACCIDENT
from tests.running import HAB, Command, ask, wait_until
from tests.server.api.uploading import UPLOAD, accidents_csv
from tests.working import accident_rows

MEGABYTE = 1024 * 1024
DISK = 24 * MEGABYTE
_MOUNTED = (
    'mount -t tmpfs -o "$DISK" none "$HAB_HOME" && { cp -r "$HAB_HOME.model/." "$HAB_HOME" || true; } && exec "$@"'
)


class OnOwnDisk(Command):
    """A command whose home is a disk of its own, seen only by it: in a mount namespace."""

    program: ClassVar = ["unshare", "-m", "sh", "-c", _MOUNTED, "sh", *HAB]


@pytest.fixture
def disk_home(home: Path) -> Path:
    """A home whose model is copied onto the disk that is put over it; skips who may not do so."""
    allowed = shutil.which("unshare") and os.geteuid() == 0
    if not allowed or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("only root may put a disk of its own over a folder")
    home.rename(home.with_name("home.model"))
    home.mkdir()
    return home


@pytest.fixture
def server(disk_home: Path) -> Iterator[Command]:
    """A server on a small disk."""
    command = OnOwnDisk(disk_home, "serve", DISK=f"size={DISK}")
    try:
        wait_until(command.answers)
        yield command
    finally:
        command.clear()


def fill(folder: Path) -> Path:
    """Fills a disk; returns the file that does."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                continue
        except OSError:
            return filler
    raise AssertionError("the disk has no end")


def test_a_full_disk_refuses_and_serves_again_when_there_is_room(server: Command) -> None:
    inside = Path(f"/proc/{server.process.pid}/root{server.home}")
    statuses: set[int] = set()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        acknowledged = [client.post("/api/predict/eclo", json=ACCIDENT).json()["prediction_id"] for _ in range(5)]

        def predict() -> int:
            response = client.post("/api/predict/eclo", json=ACCIDENT)
            statuses.add(response.status_code)
            if response.is_success:
                acknowledged.append(response.json()["prediction_id"])
            else:
                assert response.json()["error"]["code"] == "database_unavailable"
            return response.status_code

        filler = fill(inside)
        wait_until(lambda: predict() == 503)
        for refused in (
            client.post(UPLOAD, files={"file": ("a.csv", accidents_csv(5000).encode())}),
            client.post("/api/predict/eclo/batch", json={"accidents": accident_rows(2000)}),
        ):
            assert refused.status_code == 503, refused.text
            assert refused.json()["error"]["code"] in (
                "storage_unavailable",
                "database_unavailable",
                "queue_unavailable",
            )
        assert ask(f"{server.url}/health/live")[0] == 200
        assert client.get("/api/predictions").status_code == 200
        filler.unlink()
        wait_until(lambda: predict() == 200)
        assert client.post(UPLOAD, files={"file": ("a.csv", accidents_csv(50).encode())}).status_code == 201
        wait_until(
            lambda: client.post("/api/predict/eclo/batch", json={"accidents": accident_rows(2)}).status_code == 202
        )
        stored = {item["prediction_id"] for item in client.get("/api/predictions?limit=200").json()["items"]}
        assert set(acknowledged) <= stored
        assert len(client.get("/api/datasets").json()["items"]) == 1
    assert statuses == {200, 503}
    assert "unhandled failure" not in server.output()


@pytest.mark.parametrize("arguments", [("up", "--no-ui"), ("serve",), ("worker",)])
def test_a_home_that_may_only_be_read_is_one_line(disk_home: Path, arguments: tuple[str, ...]) -> None:
    shutil.rmtree(disk_home.with_name("home.model"))
    disk_home.with_name("home.model").mkdir()
    command = OnOwnDisk(disk_home, *arguments, DISK="ro")
    assert command.ends() == 1
    said = [line for line in command.output().splitlines() if not line.startswith("cp:")]
    assert len(said) == 1
    assert "HAB_HOME" in said[0]
    assert "읽기 전용" in said[0]
