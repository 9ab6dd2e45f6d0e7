"""The bare wheel is small and works without the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing_service

ROOT = Path(__file__).resolve().parents[2]
MOST_PACKAGES = 22
TOOLS = {"pip", "setuptools"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a clean environment with the wheel and nothing else."""
    environment = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
    done = subprocess.run(
        [*pip, "install", "-c", str(ROOT / "constraints.txt"), str(wheel)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        missing_service(f"no package index can be reached: {done.stderr[-300:]}")
    return environment / "bin"


def run(bare: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of the clean environment, outside the source tree."""
    environment = {"PATH": os.defpath, "HOME": str(bare.parent), "PYTHONUTF8": "1"}
    program = [str(bare / command[0]), *command[1:]]
    return subprocess.run(program, cwd=bare.parent, env=environment, capture_output=True, text=True, check=False)


def test_the_bare_installation_is_small(bare: Path) -> None:
    packages = json.loads(run(bare, "python", "-m", "pip", "list", "--format=json").stdout)
    names = {package["name"] for package in packages} - TOOLS
    assert "hab-client" in names
    assert len(names) <= MOST_PACKAGES, sorted(names)


def test_the_command_and_the_sdk_work_without_the_server(bare: Path) -> None:
    shown = run(bare, "hab", "--help")
    assert shown.returncode == 0, shown.stderr
    assert "eclo" in shown.stdout
    imported = run(bare, "python", "-c", "import hab_client; print(hab_client.HabClient.__name__)")
    assert imported.stdout.strip() == "HabClient", imported.stderr


def test_what_needs_the_server_says_what_to_install(bare: Path) -> None:
    refused = run(bare, "hab", "up")
    assert refused.returncode != 0
    assert "hab-client[server]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_model_travels_in_the_wheel(bare: Path) -> None:
    found = next(bare.parent.glob("lib/python*/site-packages/hab_core/eclo/released"))
    assert {"model.txt", "features.json", "metrics.json", "MODEL_CARD.md", "SHA256SUMS"} <= {
        file.name for file in found.iterdir()
    }
