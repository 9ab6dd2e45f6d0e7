"""The commands that run or inspect a server, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import HAB


def hab(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HAB, *arguments], capture_output=True, text=True, check=False)


def test_database_goes_up_and_down() -> None:
    assert json.loads(hab("db", "current", "--json").stdout) == {"revision": None}
    up = hab("db", "upgrade")
    assert up.returncode == 0
    revision = up.stdout.strip()
    assert json.loads(hab("db", "current", "--json").stdout) == {"revision": revision}
    assert hab("db", "current").stdout == f"{revision}\n"
    assert hab("db", "downgrade", "base").stdout == "-\n"


@pytest.mark.parametrize("arguments", [("db", "upgrade"), ("up",), ("worker",)])
def test_home_that_cannot_be_used_is_one_line(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HAB_HOME", str(tmp_path / "file"))
    done = hab(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "HAB_HOME" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_wrong_address_of_the_database_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:geheim@localhost/hab")
    for command in (("up", "--no-ui"), ("db", "current")):
        done = hab(*command)
        assert done.returncode == 1
        assert "DATABASE_URL" in done.stderr
        assert "geheim" not in done.stderr + done.stdout
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["up", "serve", "worker", "scheduler", "doctor"])
def test_bare_client_names_the_extra(command: str) -> None:
    code = (
        "import sys\n"
        "sys.modules['pydantic_settings'] = None\n"
        "from hab_client.cli import main\n"
        f"sys.argv = ['hab', {command!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "hab-client[server]"' in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_commands_do_not_load_the_server() -> None:
    code = "import sys, hab_client.cli.server; print(*sorted(name for name in sys.modules if 'hab_server' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_child_processes_need_a_known_part() -> None:
    done = subprocess.run([sys.executable, "-m", "hab_server"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "serve|api|worker|scheduler|pulse|migrate" in done.stderr
