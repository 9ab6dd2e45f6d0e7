"""What is checked before a start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hab_core.errors import CannotStart
from hab_server.preflight import HomeLock, check_port, is_loopback, listen, load_settings, prepare_home, shown_host
from hab_server.settings import Settings


def test_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND_PORT", "70000")
    with pytest.raises(CannotStart, match="BACKEND_PORT"):
        load_settings()


def test_home_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAB_HOME", "here")
    assert load_settings().hab_home == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HAB_HOME", "~/there")
    assert load_settings().hab_home == tmp_path / "there"


def test_home_is_made_for_its_owner(settings: Settings) -> None:
    prepare_home(settings)
    assert settings.hab_home.stat().st_mode & 0o777 == 0o700
    assert list(settings.hab_home.iterdir()) == []


def test_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CannotStart, match=r"HAB_HOME 폴더에 쓸 수 없습니다.*폴더가 아닙니다"):
            prepare_home(Settings(hab_home=home))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_home_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CannotStart, match="권한이 없습니다"):
            prepare_home(Settings(hab_home=tmp_path / "home"))
    finally:
        tmp_path.chmod(0o700)


def test_taken_port_names_the_setting() -> None:
    with listen("127.0.0.1", 0, "BACKEND_PORT") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"{port}.*BACKEND_PORT=\d+"):
            check_port("127.0.0.1", port, "BACKEND_PORT")
        with pytest.raises(CannotStart, match="UI_PORT"):
            check_port("0.0.0.0", port, "UI_PORT")


def test_port_is_free_again_after_the_check() -> None:
    port = check_port("127.0.0.1", 0, "BACKEND_PORT")
    assert port > 0
    assert check_port("127.0.0.1", port, "BACKEND_PORT") == port


def test_port_with_connections_of_a_server_that_just_ended_is_free() -> None:
    with listen("127.0.0.1", 0, "BACKEND_PORT") as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listener.accept()
            accepted.close()  # this side goes to TIME_WAIT
    assert check_port("127.0.0.1", port, "BACKEND_PORT") == port


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_address_of_another_machine_names_the_setting(host: str) -> None:
    with pytest.raises(CannotStart, match="BACKEND_HOST"):
        check_port(host, 0, "BACKEND_PORT")


def test_lock_tells_who_holds_the_home(settings: Settings) -> None:
    prepare_home(settings)
    first = HomeLock(settings)
    assert first.holder() is None
    first.acquire()
    first.note("http://127.0.0.1:8123")
    holder = HomeLock(settings).holder()
    assert holder is not None
    assert (holder.pid, holder.api_url) == (os.getpid(), "http://127.0.0.1:8123")
    with pytest.raises(CannotStart, match=rf"이미 실행 중.*PID {os.getpid()}, {holder.since}"):
        HomeLock(settings).acquire()
    first.release()
    assert HomeLock(settings).holder() is None
    HomeLock(settings).acquire()


def test_lock_of_a_killed_process_is_free(settings: Settings) -> None:
    prepare_home(settings)
    code = (
        "import os, signal\n"
        "from hab_server.preflight import HomeLock, load_settings\n"
        "HomeLock(load_settings()).acquire()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "HAB_HOME": str(settings.hab_home)}, check=False)
    lock = HomeLock(settings)
    assert (settings.hab_home / "up.json").exists()
    assert lock.holder() is None
    lock.acquire()


@pytest.mark.parametrize(
    ("host", "shown", "loopback"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", False),
        ("::", "[::1]", False),
        ("::1", "[::1]", True),
        ("192.168.0.5", "192.168.0.5", False),
    ],
)
def test_hosts(host: str, shown: str, loopback: bool) -> None:
    assert shown_host(host) == shown
    assert is_loopback(host) is loopback
