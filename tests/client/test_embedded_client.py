"""A client with its own server: started by making it, stopped by closing it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hab_client import CannotStart, ConnectionFailed, HabClient
from hab_server.processes import descendants


def test_closing_stops_the_server(home: Path) -> None:
    with HabClient.embedded(home, timeout=20) as client:
        assert client.health.live().status == "ok"
        url = client.base_url
    client.close()
    with HabClient(url, max_retries=0) as other, pytest.raises(ConnectionFailed):
        other.health.live()


def test_options_that_are_wrong_leave_no_server_behind(home: Path) -> None:
    before = descendants(os.getpid())
    with pytest.raises(TypeError):
        HabClient.embedded(home, colour="red")
    assert descendants(os.getpid()) == before


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="HAB_HOME"):
        HabClient.embedded(tmp_path / "file")


@pytest.mark.parametrize("missing", ["uvicorn", "sqlalchemy", "hab_server"])
def test_the_bare_client_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\nfrom hab_client import HabClient, MissingExtra\n"
        "try: HabClient.embedded()\nexcept MissingExtra as error: print(error.message)"
    )
    result = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "hab-client[server]"' in result.stdout
