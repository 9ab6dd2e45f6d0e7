"""The commands for backup and restoring in ``docs/deployment.md``, run on real databases."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from hab_core.datasets.reading import read_csv
from hab_server.doctor import services
from hab_server.settings import Settings
from hab_server.store import migrate
from hab_server.valkey import ValkeyProcess
from tests.accidents import ACCIDENT
from tests.conftest import missing_service
from tests.deploy.composing import ROOT
from tests.server.api.conftest import serving
from tests.server.api.uploading import upload

pytestmark = pytest.mark.postgres


def command(program: str, url: str) -> list[str]:
    """What the page says of a program, for another server and database."""
    page = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"exec -T postgres ({program} .*?) [<>]", page)
    words = [word for word in shlex.split(line) if not word.startswith(("--username", "--dbname"))]
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return [*words, f"--dbname={address}"]


@pytest.fixture
def databases(postgres_url: str) -> Iterator[tuple[str, str]]:
    """Two empty databases."""
    if shutil.which("pg_restore") is None:
        missing_service("pg_restore is not installed (apt-get install postgresql-client)")
    names = [f"hab_backup_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    url = make_url(postgres_url)
    admin_url = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            first, second = (url.set(database=name).render_as_string(hide_password=False) for name in names)
            yield first, second
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def told(client: httpx.Client, dataset_id: str, token: str) -> dict[str, object]:
    """What a server says of all it keeps, without what differs from answer to answer."""
    shared = client.get(f"/api/shared/{token}")
    assert shared.status_code == 200
    rows, _ = read_csv(client.get(f"/api/datasets/{dataset_id}/download").content)
    return {
        "predictions": client.get("/api/predictions").json()["items"],
        "datasets": client.get("/api/datasets").json()["items"],
        "rows": rows.to_dicts(),
        "shared": shared.json()["column_profiles"],
    }


def test_a_copy_has_all_that_the_original_had(databases: tuple[str, str], tmp_path: Path) -> None:
    original = Settings(hab_home=tmp_path / "original", database_url=databases[0])
    dump = tmp_path / "hab.dump"
    with ValkeyProcess(original), serving(original) as client:
        for _ in range(3):
            client.post("/api/predict/eclo", json=ACCIDENT)
        assert client.post("/api/predict/eclo/batch", json={"accidents": [ACCIDENT]}).status_code == 202
        dataset_id = str(upload(client)["id"])
        token = client.post(f"/api/datasets/{dataset_id}/share").json()["token"]
        expected = told(client, dataset_id, token)
        with dump.open("wb") as file:  # while it runs
            subprocess.run(command("pg_dump", databases[0]), stdout=file, check=True)
    copy = Settings(hab_home=tmp_path / "copy", database_url=databases[1])
    migrate.upgrade(copy)  # as after a first start, which restoring replaces
    with dump.open("rb") as file:
        subprocess.run(command("pg_restore", databases[1]), stdin=file, check=True)
    assert services.check_datasets(copy).status == "ok"  # no folder yet
    copy.hab_home.mkdir(exist_ok=True)
    (copy.hab_home / "datasets").mkdir()
    assert dataset_id in services.check_datasets(copy).message
    shutil.copytree(original.hab_home / "datasets", copy.hab_home / "datasets", dirs_exist_ok=True)
    assert services.check_datasets(copy).status == "ok"
    with ValkeyProcess(copy), serving(copy) as client:
        assert told(client, dataset_id, token) == expected
        assert len(expected["predictions"]) == 3  # type: ignore[arg-type]
