"""HAB's own Valkey: real processes on homes of their own."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from hab_core.errors import CannotStart
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess, valkey_for
from tests.running import is_running, wait_until


def client(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(settings.redis_dsn)


def test_answers_on_a_private_socket_and_keeps_what_was_written(settings: Settings) -> None:
    with ValkeyProcess(settings):
        with client(settings) as connection:
            connection.set("a", "1")
            assert connection.config_get("appendonly")["appendonly"] == "yes"
            assert connection.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
            assert connection.config_get("port")["port"] == "0"
        assert stat.S_IMODE(settings.valkey_socket.stat().st_mode) == 0o700
    with ValkeyProcess(settings), client(settings) as connection:
        assert connection.get("a") == b"1"


def log_is_written(connection: redis.Redis) -> bool:
    """Whether the operating system has all that was logged; what comes during a sync to the disk waits for its end."""
    found = connection.info("persistence")
    return found["aof_buffer_length"] == found["aof_pending_bio_fsync"] == 0


def test_what_is_written_to_the_log_survives_a_kill(settings: Settings) -> None:
    with ValkeyProcess(settings) as valkey:
        with client(settings) as connection:
            for number in range(100):
                connection.set(f"key{number}", number)
            wait_until(lambda: log_is_written(connection))
        valkey.send(signal.SIGKILL)
        wait_until(lambda: not valkey.running())
    with ValkeyProcess(settings), client(settings) as connection:
        assert connection.dbsize() == 100


def test_stop_ends_the_process_and_lets_others_start(settings: Settings) -> None:
    valkey = ValkeyProcess(settings)
    valkey.start()
    pid = valkey.pid
    assert pid is not None
    valkey.stop()
    assert not is_running(pid)
    assert not valkey.ping()
    with ValkeyProcess(settings) as other:
        assert other.pid is not None


def test_second_one_joins_and_leaves_the_first_alone(settings: Settings) -> None:
    with ValkeyProcess(settings) as first:
        with ValkeyProcess(settings) as second:
            assert second.pid is None
            assert second.alive()
            assert second.ping()
        assert first.ping()


def test_joined_one_takes_over_when_the_holder_is_gone(settings: Settings) -> None:
    events: list[str] = []
    first = ValkeyProcess(settings)
    first.start()
    with valkey_for(settings, events.append):
        first.stop()
        wait_until(first.ping)
    assert any("다시 시작" in event for event in events)
    assert not first.ping()


def test_killed_one_is_started_again(settings: Settings) -> None:
    events: list[str] = []
    with valkey_for(settings, events.append):
        probe = ValkeyProcess(settings)
        with client(settings) as connection:
            pid = int(connection.info("server")["process_id"])
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid))
        wait_until(probe.ping)
    assert "SIGKILL" in events[0]


def test_stale_socket_is_replaced(settings: Settings) -> None:
    settings.hab_home.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(settings.valkey_socket))
    with ValkeyProcess(settings) as valkey:
        assert valkey.ping()


@pytest.mark.parametrize("damaged", ["*.incr.aof", "*.manifest"])
def test_damaged_file_is_set_aside(settings: Settings, damaged: str) -> None:
    with ValkeyProcess(settings), client(settings) as connection:
        connection.set("a", "x" * 1000)
    (file,) = (settings.hab_home / "valkey" / "appendonlydir").glob(damaged)
    file.write_bytes(b"\x00garbage" * 50 + file.read_bytes())
    with ValkeyProcess(settings), client(settings) as connection:
        assert connection.dbsize() == 0
    assert len(list((settings.hab_home / "valkey").glob("appendonlydir.damaged-*"))) == 1


def test_cut_off_file_loses_only_its_last_write(settings: Settings) -> None:
    with ValkeyProcess(settings), client(settings) as connection:
        for number in range(10):
            connection.set(f"key{number}", "x" * 100)
    (file,) = (settings.hab_home / "valkey" / "appendonlydir").glob("*.incr.aof")
    file.write_bytes(file.read_bytes()[:-30])
    with ValkeyProcess(settings), client(settings) as connection:
        assert connection.dbsize() == 9


def test_ends_with_the_process_that_started_it(settings: Settings) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from hab_server.settings import Settings\n"
        "from hab_server.valkey import ValkeyProcess\n"
        "valkey = ValkeyProcess(Settings(hab_home=pathlib.Path(sys.argv[1])))\n"
        "valkey.start()\n"
        "print(valkey.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(settings.hab_home)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    wait_until(lambda: not is_running(pid))
    with ValkeyProcess(settings) as next_one:
        assert next_one.ping()


def test_long_home_still_gets_a_socket(tmp_path: Path) -> None:
    settings = Settings(hab_home=tmp_path / ("길" * 30) / ("x" * 60))
    with ValkeyProcess(settings) as valkey, client(settings) as connection:
        assert valkey.ping()
        assert connection.ping()


def test_nothing_runs_where_redis_is_named(settings: Settings) -> None:
    named = Settings(hab_home=settings.hab_home, redis_url="redis://127.0.0.1:1/0")
    with valkey_for(named, print):
        assert not (settings.hab_home / "valkey").exists()


def test_start_that_cannot_succeed_names_the_log(settings: Settings) -> None:
    settings.hab_home.mkdir()
    (settings.hab_home / "valkey").mkdir()
    (settings.hab_home / "valkey" / "appendonlydir").write_text("in the way")
    valkey = ValkeyProcess(settings)
    with pytest.raises(CannotStart, match=r"valkey\.log"):
        valkey.start()
    valkey.stop()
