"""What tests of the client share: a whole HAB with a small model, and the ``hab`` command against it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hab_client import HabClient
from tests.client.hab_command import Hab
from tests.running import HAB, home_with_model


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home with a model for all tests of a module."""
    return home_with_model(tmp_path_factory.mktemp("hab"))


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[HabClient]:
    """A client with the real server, queue and worker of its own."""
    with HabClient.embedded(home) as client:
        yield client


@pytest.fixture
def hab(tmp_path: Path) -> Hab:
    """Runs ``hab`` in a process of its own; a keyword is a variable of the environment."""

    def run(*arguments: object, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*HAB, *map(str, arguments)],
            env={**os.environ, "PYTHONUTF8": "1", **environment},
            cwd=tmp_path,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
