"""The OpenAPI document is believed and put to the test: right and wrong requests made from it, thousands of them.

No answer may be a 500, have a status or a shape that the document does not name, or tell an error without the envelope;
and what the document calls wrong must be refused.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.running import home_with_model
from tests.server.api.conftest import serving
from tests.server.api.uploading import accidents_csv, upload

HOOKS = "tests.contract.openapi_hooks"
ROOT = Path(__file__).resolve().parents[2]
CHECKS = (
    "nothing_fails",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "allow_header_conformance",
    "unsupported_method",
    "missing_required_header",
    "negative_data_rejection",
    "use_after_free",
    "every_error_has_the_envelope",
)
EXAMPLES = os.environ.get("HAB_FUZZ_EXAMPLES", "15")
DESTRUCTIVE = ("delete_dataset", "revoke_share", "cancel_eclo_batch")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A running server with a small model."""
    home = home_with_model(tmp_path_factory.mktemp("fuzz"))
    nowhere = {"anthropic_base_url": "http://127.0.0.1:9"}  # a key that schemathesis makes up goes nowhere else
    settings = Settings(hab_home=home, queue_limit=1_000_000, **nowhere)
    with ValkeyProcess(settings), serving(settings) as client:
        yield client


def run(folder: Path, api: httpx.Client, *options: str) -> str:
    """Runs schemathesis with a fixed seed; returns what it wrote, and fails where it found something."""
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-c", program, "run", f"{api.base_url}/openapi.json", "--checks", ",".join(CHECKS)]
    command += ["--seed", "20221101", "--max-examples", EXAMPLES, "--no-color", "--continue-on-failure"]
    command += ["--generation-database", "none", *options]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    told = done.stdout.partition("FAILURES =")
    assert done.returncode == 0, "\n".join(line[:500] for line in (told[2] or done.stdout + done.stderr).splitlines())
    return done.stdout


def test_nothing_is_known_beforehand(api: httpx.Client, tmp_path: Path) -> None:
    operations = sum(map(len, api.get("/openapi.json").json()["paths"].values()))
    out = run(tmp_path, api, "--phases", "examples,coverage,fuzzing,stateful")
    assert f"Tested: {operations}" in out


def test_with_things_that_are_there(api: httpx.Client, tmp_path: Path) -> None:
    dataset_id = upload(api, accidents_csv(20))["id"]
    token = api.post(f"/api/datasets/{dataset_id}/share").json()["token"]
    job = api.post("/api/predict/eclo/batch", json={"dataset_id": dataset_id}).json()["job_id"]
    (tmp_path / "schemathesis.toml").write_text(
        f'[parameters]\n"path.dataset_id" = "{dataset_id}"\n"path.token" = "{token}"\n"path.job_id" = "{job}"\n'
    )
    untouched = [option for name in DESTRUCTIVE for option in ("--exclude-operation-id", name)]
    out = run(tmp_path, api, "--phases", "coverage,fuzzing", *untouched)
    assert "GET /api/shared/{token}" not in out.partition("Missing test data")[2]
    assert api.get(f"/api/datasets/{dataset_id}").status_code == 200
