"""The server in a thread, with its own Valkey and worker."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from hab_core.errors import CannotStart
from hab_server.embedded import EmbeddedServer
from hab_server.processes import descendants
from hab_server.settings import Settings
from tests.running import ask, command_line, component, give_model, is_running, train_small_model, wait_until


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def home(settings: Settings, model_folder: Path) -> Path:
    settings.hab_home.mkdir()
    give_model(settings.hab_home, model_folder)
    return settings.hab_home


def test_serves_prints_nothing_and_ends_clean(
    settings: Settings, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger, threads, children = logging.getLogger("hab_server"), set(threading.enumerate()), descendants(os.getpid())
    before = (list(logger.handlers), logger.level, logger.propagate)
    with EmbeddedServer(settings) as server:
        assert ask(f"{server.base_url}/health/ready")[0] == 200
        wait_until(lambda: ask(f"{server.base_url}/health")[1].get("status") == "ok")
        own = set(descendants(os.getpid())) - set(children)
        assert len(own) >= 2  # Valkey and the worker, which may just be testing a model in a child of its own
    assert not any(is_running(pid) for pid in own)
    assert [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon] == []
    assert (list(logger.handlers), logger.level, logger.propagate) == before
    assert capfd.readouterr() == ("", "")
    assert {path.name for path in (home / "logs").iterdir()} >= {"embedded.log", "worker.log", "valkey.log"}


def test_two_on_one_home_share_the_queue(settings: Settings, home: Path) -> None:
    with EmbeddedServer(settings) as first, EmbeddedServer(settings) as second:
        assert first.base_url != second.base_url
        wait_until(lambda: "2" in component(second.base_url, "workers").get("detail", ""))


def test_may_be_started_in_a_thread_that_ends(settings: Settings, home: Path) -> None:
    """The kernel ends a child with the thread that started it, so that thread must not be the caller's."""
    server = EmbeddedServer(settings)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    wait_until(lambda: ask(f"{server.base_url}/health")[1].get("status") == "ok")
    assert "SIGKILL" not in (home / "logs" / "embedded.log").read_text()
    server.stop()


def test_start_and_stop_may_be_repeated(settings: Settings, home: Path) -> None:
    server = EmbeddedServer(settings)
    with pytest.raises(CannotStart, match="start"):
        assert server.base_url
    assert server.start() == server.start()
    server.stop()
    server.stop()
    assert ask(f"{server.start()}/health/live")[0] == 200
    server.stop()


def test_worker_that_is_killed_comes_back(settings: Settings, home: Path) -> None:
    with EmbeddedServer(settings):
        log = home / "logs" / "worker.log"
        wait_until(lambda: "worker started" in log.read_text())
        own = [pid for pid in descendants(os.getpid()) if "worker" in command_line(pid)]
        for pid in own:
            with suppress(ProcessLookupError):  # the one that tested a model
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: log.read_text().count("worker started") == 2)


@pytest.mark.parametrize("end", ["", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_ends_with_its_process(home: Path, end: str) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from hab_server.embedded import EmbeddedServer\n"
        "from hab_server.processes import descendants\n"
        "EmbeddedServer().start()\n"
        "print(*descendants(os.getpid()), flush=True)\n" + end
    )
    environment = {**os.environ, "HAB_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    children = [int(word) for word in done.stdout.split()]
    assert len(children) >= 2  # Valkey and the worker, which may just be testing a model in a child of its own
    assert done.stderr == ""
    wait_until(lambda: not any(is_running(pid) for pid in children))


def test_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = EmbeddedServer(Settings(hab_home=tmp_path / "file"))
    with pytest.raises(CannotStart, match="HAB_HOME"):
        server.start()
    children = descendants(os.getpid())
    broken = Settings(hab_home=tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    with pytest.raises(Exception, match="데이터베이스"):
        EmbeddedServer(broken).start()
    assert descendants(os.getpid()) == children
