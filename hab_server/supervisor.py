"""``hab up``: migrations, then Valkey, API, worker and user interface as children, kept running until told to stop."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.client import OK
from pathlib import Path
from types import FrameType
from typing import Any

from hab_core.errors import CannotStart
from hab_server.preflight import TRY_LATER, HomeLock, check_port, is_loopback, prepare_home, shown_host
from hab_server.probe import ask, complaint
from hab_server.processes import Child, child_environment, log_file, python_module, trim_log
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from hab_server.watch import Announce, Part, Watch, stop_parts

_SERVICE_GRACE = 6.5
"""Seconds that API, worker and user interface have to end; Valkey, which the worker needs to the last, comes after."""
_VALKEY_GRACE = 2.0
_MIGRATION_LIMIT = 600.0
_START_LIMIT = 60.0
_READY_LIMIT = 15.0
_SAMPLES_LIMIT = 30.0
_LOG_CHECK = 60.0
SCHEDULER_DELAY = 60.0
"""Seconds after the start at which the housekeeping begins; the two processors of a small machine are busy before."""
_TICK = 0.1


class _Stopped(Exception):
    """A signal asked for the end."""


class Supervisor:
    """Runs HAB on one ``HAB_HOME``."""

    def __init__(self, settings: Settings, *, demo: bool = False, ui: bool = True, say: Announce | None = None) -> None:
        """Keeps what to run.

        Args:
            settings: Ports, home, database and queue; what is unset is run by HAB itself.
            demo: Whether to offer demo data and show the first steps.
            ui: Whether to run the user interface, where it is installed.
            say: Takes each line for the user; stdout by default.
        """
        self._settings = settings
        self._demo = demo
        self._ui = ui and importlib.util.find_spec("streamlit") is not None
        self._say = say or _to_stdout
        self._lock = HomeLock(settings)
        self._watches: list[Watch] = []
        self._samples: Child | None = None
        self._signals = 0
        self._logs_checked = time.monotonic()

    def run(self) -> None:
        """Starts everything, says the addresses and keeps all running until SIGTERM, SIGHUP or Ctrl-C.

        Raises:
            CannotStart: Another ``hab up`` holds the home, a port is taken or the home is not writable.
        """
        prepare_home(self._settings)
        self._lock.acquire()
        handlers = self._take_signals()
        try:
            self._take_ports()
            self._start()
            self._greet()
            self._until_scheduled()
            while True:
                self._tick()
        except _Stopped:
            self._event("HAB를 끝내고 있습니다.")
        finally:
            self._stop()
            self._lock.release()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _take_signals(self) -> dict[signal.Signals, Any]:
        """Counts the signals that ask for the end; returns the handlers that were there before.

        SIGHUP stays ignored where ``nohup`` made it so.
        """
        numbers = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        return {number: signal.signal(number, self._on_signal) for number in numbers}

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Only counts: what to do is decided in the main loop."""
        self._signals += 1

    def _take_ports(self) -> None:
        """Makes sure that the ports are free, before anything is started, and writes them into the settings."""
        given = self._settings
        changes: dict[str, object] = {
            "backend_port": check_port(given.backend_host, given.backend_port, "BACKEND_PORT"),
        }
        if self._ui:
            changes["ui_port"] = check_port(given.backend_host, given.ui_port, "UI_PORT")
            if changes["ui_port"] == changes["backend_port"]:
                raise CannotStart("설정 BACKEND_PORT와 UI_PORT에 서로 다른 포트를 지정해주세요.")
        if "ui_url" not in given.model_fields_set:
            changes["ui_url"] = f"http://localhost:{changes.get('ui_port', given.ui_port)}"
        self._settings = given.model_copy(update=changes)
        self._lock.note(self._api_url)

    @property
    def _api_url(self) -> str:
        return f"http://{shown_host(self._settings.backend_host)}:{self._settings.backend_port}"

    def _start(self) -> None:
        """Starts the parts in the order in which they need each other."""
        if self._settings.embeds_valkey:
            valkey = ValkeyProcess(self._settings)
            self._launch(valkey)
            if not self._until(valkey.ping, _START_LIMIT):
                raise CannotStart(f"Valkey를 시작할 수 없습니다. 기록을 확인해주세요: {valkey.log}")
        self._migrate()
        if self._demo:
            self._offer_samples()
        for label, name, program in self._programs():
            self._launch(Child(label, program, log_file(self._settings, name), self._environment()))

    def _programs(self) -> list[tuple[str, str, list[str]]]:
        """Returns label, name and command line of each child that serves without the user interface."""
        return [
            ("API", "api", python_module("hab_server", "serve")),
            ("작업자", "worker", python_module("hab_server", "worker")),
        ]

    def _start_ui(self) -> None:
        """Starts the user interface, after the API so that the two do not compete for the processor."""
        if self._ui:
            self._launch(Child("화면", python_module("hab_ui"), log_file(self._settings, "ui"), self._environment()))

    def _await_ui(self) -> None:
        """Says the address of the user interface once it answers."""
        if not self._ui:
            return
        url = f"http://{shown_host(self._settings.backend_host)}:{self._settings.ui_port}"
        if self._until(lambda: ask(url, "/_stcore/health").status == OK, _START_LIMIT):
            self._say(f"화면: http://localhost:{self._settings.ui_port}")
        else:
            self._event(f"화면이 아직 응답하지 않습니다. 기록을 확인해주세요: {log_file(self._settings, 'ui')}")

    def _until_scheduled(self) -> None:
        """Starts the scheduler when the start of everything else is long over: housekeeping is in no hurry."""
        due = time.monotonic() + SCHEDULER_DELAY
        self._until(lambda: time.monotonic() >= due, SCHEDULER_DELAY + 1)
        program = python_module("hab_server", "scheduler")
        self._launch(Child("예약 작업", program, log_file(self._settings, "scheduler"), self._environment()))

    def _environment(self) -> dict[str, str]:
        """Returns the children's environment: these settings, the queue that runs already, the API's address."""
        return child_environment(self._settings, REDIS_URL=self._settings.redis_dsn, BACKEND_URL=self._api_url)

    def _migrate(self) -> None:
        """Brings the database to the present schema, in a child so that this process stays small.

        A database that cannot be reached now is waited for by the API.

        Raises:
            CannotStart: The database cannot be used at all.
        """
        log = log_file(self._settings, "migrate")
        child = Child("데이터베이스 준비", python_module("hab_server", "migrate"), log, self._environment())
        child.launch()
        try:
            if not self._until(lambda: not child.alive(), _MIGRATION_LIMIT):
                raise CannotStart(f"데이터베이스를 준비하지 못했습니다. 기록을 확인해주세요: {log}")
        finally:
            stop_parts([child], 0)
        code = child.returncode()
        if code == TRY_LATER:
            self._event(f"{_last_line(log)} 서버는 데이터베이스를 기다립니다.")
        elif code != 0:
            raise CannotStart(f"{_last_line(log)} (기록: {log})")

    def _offer_samples(self) -> None:
        """Starts the making of the demo data, beside the start of everything else."""
        program = python_module("hab_server", "demo")
        self._samples = Child("예시 데이터", program, log_file(self._settings, "demo"), self._environment())
        self._samples.launch()

    def _await_samples(self) -> None:
        """Waits for the demo data; HAB serves without them where they cannot be made."""
        samples = self._samples
        if samples is None:
            return
        if not self._until(lambda: not samples.alive(), _SAMPLES_LIMIT) or samples.returncode() != 0:
            self._event(f"예시 데이터를 준비하지 못했습니다. 기록을 확인해주세요: {samples.log}")

    def _launch(self, part: Part) -> None:
        """Starts a part and watches it from now on."""
        watch = Watch(part, self._event)
        self._watches.append(watch)
        watch.launch()

    def _greet(self) -> None:
        """Says the addresses once the API answers, what is not ready yet, and the first steps."""
        if not self._until(lambda: ask(self._api_url, "/health/live").status == OK, _START_LIMIT):
            self._event(f"API가 아직 응답하지 않습니다. 기록을 확인해주세요: {log_file(self._settings, 'api')}")
            self._start_ui()
            return
        self._start_ui()
        if not self._until(lambda: ask(self._api_url, "/health/ready").status == OK, _READY_LIMIT):
            self._event(f"아직 준비되지 않았습니다: {complaint(ask(self._api_url, '/health/ready').body)}")
        self._await_samples()
        self._say(f"HAB가 실행 중입니다. API: {self._api_url}")
        self._await_ui()
        if not is_loopback(self._settings.backend_host):
            self._say(f"주의: 다른 컴퓨터에서도 접속할 수 있습니다 (BACKEND_HOST={self._settings.backend_host}).")
            if self._settings.hab_api_token is None:
                self._say("주의: 누구나 사용할 수 있습니다. HAB_API_TOKEN을 설정하면 토큰을 가진 사람만 사용합니다.")
        self._say(f"자료: {self._settings.hab_home} · 기록: {self._settings.hab_home / 'logs'} · 끝내기: Ctrl-C")
        if self._demo:
            for line in first_steps(self._settings):
                self._say(line)

    def _until(self, condition: Callable[[], bool], limit: float) -> bool:
        """Keeps watching until ``condition`` holds; returns False where it does not within ``limit`` seconds."""
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                return False
            self._tick()
        return True

    def _tick(self) -> None:
        """Waits a moment and looks at every part; raises ``_Stopped`` where a signal came."""
        time.sleep(_TICK)
        if self._signals:
            raise _Stopped
        for watch in self._watches:
            watch.tick()
        if time.monotonic() - self._logs_checked > _LOG_CHECK:
            self._logs_checked = time.monotonic()
            for watch in self._watches:
                if watch.part.log is not None:
                    trim_log(watch.part.log)

    def _stop(self) -> None:
        """Stops the services, then Valkey; a second signal ends the patience."""
        if self._samples is not None:
            stop_parts([self._samples], 0)
        parts = [watch.part for watch in self._watches]
        services = [part for part in parts if not isinstance(part, ValkeyProcess)]
        stop_parts(services, _SERVICE_GRACE, hurry=lambda: self._signals > 1)
        for part in parts:
            if isinstance(part, ValkeyProcess):
                stop_parts([part], _VALKEY_GRACE)
                part.stop()

    def _event(self, line: str) -> None:
        """Says what happened, with the time of day."""
        self._say(f"{datetime.now().astimezone():%H:%M:%S} {line}")


def first_steps(settings: Settings) -> list[str]:
    """Returns what to try first, as commands that work from the present folder."""
    hab = _command()
    lines = ["", "처음이라면 다른 터미널에서:"]
    if settings.backend_port != Settings.model_fields["backend_port"].default:
        lines.append(f"  export BACKEND_URL=http://{shown_host(settings.backend_host)}:{settings.backend_port}")
    return [
        *lines,
        f"  {hab} eclo predict                        사고 한 건의 심각도(ECLO) 예측",
        f"  {hab} eclo batch 사고.csv -o 결과.csv       CSV 파일의 사고를 한 번에 예측",
        f"  {hab} doctor                              상태 확인",
    ]


def _command() -> str:
    """Returns how to call ``hab`` here: by name, or by its path where it is not on the search path."""
    beside = Path(sys.executable).with_name("hab")
    if shutil.which("hab") or not beside.exists():
        return "hab"
    with suppress(ValueError):  # not below the present folder
        return str(beside.relative_to(Path.cwd()))
    return str(beside)


def _last_line(log: Path) -> str:
    """Returns the last line of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else ""


def _to_stdout(line: str) -> None:
    """Prints a line; HAB goes on where its terminal is gone."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
