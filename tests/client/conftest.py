"""What tests of the client share: a whole HAB with a small model, and the ``hab`` command against it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.client.hab_command import Hab
from tests.running import HAB


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
