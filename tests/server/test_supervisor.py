"""Child processes: environment, back-off, restarts, stopping; with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hab_core.errors import CannotStart
from hab_server import tether
from hab_server.preflight import HomeLock, listen, prepare_home
from hab_server.processes import Child, child_environment, descendants, python_module, spawn, trim_log
from hab_server.settings import Settings
from hab_server.supervisor import Supervisor, first_steps
from hab_server.watch import Backoff, Watch, WatchThread, stop_parts
from tests.running import is_running, wait_until

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)


@pytest.fixture
def make_child(tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    """Makes children that run a piece of Python; kills them at the end."""
    made: list[Child] = []

    def make(code: str) -> Child:
        log = tmp_path / f"child{len(made)}.log"
        made.append(Child("시험", [sys.executable, "-c", code], log, dict(os.environ)))
        return made[-1]

    yield make
    for child in made:
        child.send(signal.SIGKILL)
        wait_until(lambda child=child: not child.alive())


def test_backoff_doubles_to_a_limit_and_starts_anew_after_a_long_life() -> None:
    backoff = Backoff()
    assert [backoff.delay(0.1) for _ in range(5)] == [1, 2, 4, 5, 5]
    assert backoff.delay(30.0) == 1
    assert backoff.delay(29.9) == 2


def test_dead_child_is_announced_and_started_again(make_child: Callable[[str], Child]) -> None:
    events: list[str] = []
    child = make_child(SLEEP)
    watch = Watch(child, events.append, Backoff(first=0.05))
    watch.launch()
    watch.tick()
    assert events == []
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not child.alive())
    watch.tick()
    assert "SIGKILL" in events[0]
    assert "다시 시작합니다" in events[0]
    wait_until(lambda: watch.tick() is None and child.alive())
    assert child.pid != first
    assert len(events) == 2


def test_child_that_cannot_be_started_is_tried_again(make_child: Callable[[str], Child], tmp_path: Path) -> None:
    events: list[str] = []
    child = make_child(SLEEP)
    watch = Watch(child, events.append, Backoff(first=0.05))
    watch.launch()
    child.send(signal.SIGKILL)
    wait_until(lambda: not child.alive())
    watch.tick()
    child.log.unlink()
    child.log.mkdir()
    wait_until(lambda: watch.tick() is None and len(events) > 1)
    child.log.rmdir()
    wait_until(lambda: watch.tick() is None and child.alive())


def test_stop_asks_first_and_kills_what_does_not_listen(make_child: Callable[[str], Child]) -> None:
    polite, stubborn = make_child(SLEEP), make_child(STUBBORN)
    for child in (polite, stubborn):
        child.launch()
    wait_until(lambda: b"up" in stubborn.log.read_bytes())
    stop_parts([polite, stubborn], grace=0.4)
    assert polite.returncode() == -signal.SIGTERM
    assert stubborn.returncode() == -signal.SIGKILL


def test_kill_reaches_what_left_the_group(make_child: Callable[[str], Child]) -> None:
    child = make_child(PARENT)
    child.launch()
    wait_until(lambda: child.log.read_text().strip() != "")
    grandchild = int(child.log.read_text())
    assert child.pid is not None
    assert descendants(child.pid) == [grandchild]
    child.send(signal.SIGKILL)
    wait_until(lambda: not is_running(grandchild))


def test_watch_thread_stops_its_parts_gently(make_child: Callable[[str], Child]) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    child = make_child(code)
    watch = WatchThread([child], print)
    watch.start()
    wait_until(lambda: "up" in child.log.read_text())
    watch.stop()
    assert child.log.read_text().split() == ["up", "bye"]
    assert child.returncode() == 0


def test_watch_thread_hands_on_why_it_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    watch = WatchThread([Child("시험", [sys.executable, "-c", SLEEP], tmp_path / "log", {})], print)
    with pytest.raises(IsADirectoryError):
        watch.start()
    watch.stop()


def test_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from hab_server.processes import spawn\n"
        "child = spawn([sys.executable, '-c', 'import time; time.sleep(60)'], pathlib.Path(sys.argv[1]))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "log"], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(lambda: b"time.sleep" in Path(f"/proc/{pid}/cmdline").read_bytes())
        parent.kill()
    wait_until(lambda: not is_running(pid))


def test_orphan_does_not_begin() -> None:
    code = f"from hab_server.tether import tie_to_parent; tie_to_parent({os.getpid() + 1}); print('began')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether a process ignores a signal."""
    mask = Path(f"/proc/{pid}/status").read_text().partition("SigIgn:")[2].split()[0]
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_guard_kills_the_program_of_a_lost_parent_and_outlives_signals_to_the_group() -> None:
    """What stands in for the kernel's promise on systems other than Linux."""
    code = "import sys; from hab_server.tether import guard; sys.exit(guard(int(sys.argv[1]), sys.argv[2:], 0.05))"
    program = [sys.executable, "-c", SLEEP]
    orphan = subprocess.run([sys.executable, "-c", code, "1", *program], check=False, timeout=20)
    assert orphan.returncode != 0
    command = [sys.executable, "-c", code, str(os.getpid()), *program]
    with subprocess.Popen(command, start_new_session=True) as guarding:
        wait_until(lambda: len(descendants(guarding.pid)) == 1)
        (child,) = descendants(guarding.pid)
        wait_until(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes())
        wait_until(lambda: ignores(guarding.pid, signal.SIGTERM))
        os.killpg(guarding.pid, signal.SIGTERM)
    assert guarding.returncode == 256 - signal.SIGTERM  # the program's end, handed on by the guard
    assert not is_running(child)


def test_tether_becomes_the_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn([sys.executable, "-c", "import os; print(os.getpid(), os.getsid(0), os.getppid())"], log)
    process.wait()
    assert log.read_text().split() == [str(process.pid), str(process.pid), str(os.getpid())]
    assert tether.tethered(["x"])[-2:] == ["--", "x"]


def test_children_see_the_settings_of_their_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////else/where.db")
    settings = Settings(
        hab_home=tmp_path, database_url=None, redis_url="redis://:geheim@h:1/0", backend_port=9, chat_timeout=2.5
    )
    environment = child_environment(settings, UI_URL="http://u")
    assert "DATABASE_URL" not in environment
    monkeypatch.setattr(os, "environ", environment)
    seen = Settings()
    assert seen.model_copy(update={"ui_url": settings.ui_url}) == settings
    assert seen.ui_url == "http://u"
    assert environment["OMP_WAIT_POLICY"] == "passive"
    assert environment["PYTHONUTF8"] == "1"


def test_modules_of_the_present_folder_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('wrong module')")
    done = subprocess.run(python_module("json.tool", "--help"), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


def test_long_log_is_set_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        trim_log(log, limit=1000)
        assert log.stat().st_size == 100
        trim_log(log, limit=50)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert (tmp_path / "api.log.1").stat().st_size == 100


def test_taken_port_is_noticed_before_anything_starts(settings: Settings) -> None:
    with listen("127.0.0.1", 0, "BACKEND_PORT") as taken:
        busy = settings.model_copy(update={"backend_port": taken.getsockname()[1]})
        with pytest.raises(CannotStart, match="BACKEND_PORT"):
            Supervisor(busy, ui=False).run()
    assert not (settings.hab_home / "logs").exists()
    assert HomeLock(settings).holder() is None


def test_held_home_is_noticed_first(settings: Settings) -> None:
    prepare_home(settings)
    lock = HomeLock(settings)
    lock.acquire()
    with pytest.raises(CannotStart, match=f"PID {os.getpid()}"):
        Supervisor(settings, ui=False).run()
    lock.release()


def test_signal_handlers_are_given_back(settings: Settings) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    with listen("127.0.0.1", 0, "BACKEND_PORT") as taken, pytest.raises(CannotStart):
        Supervisor(settings.model_copy(update={"backend_port": taken.getsockname()[1]}), ui=False).run()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before


def test_first_steps_name_the_address_where_it_is_not_the_default(settings: Settings) -> None:
    assert not any("BACKEND_URL" in line for line in first_steps(settings))
    other = settings.model_copy(update={"backend_port": 8123})
    assert any("BACKEND_URL=http://127.0.0.1:8123" in line for line in first_steps(other))
