"""HAB without anything beside Python: SQLite and its own Valkey in ``HAB_HOME``, the server in a thread."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

from hab_core.errors import CannotStart
from hab_server.logs import redact
from hab_server.preflight import listen, load_settings, prepare_home
from hab_server.probe import ask
from hab_server.processes import Child, child_environment, log_file, python_module, trim_log
from hab_server.serve import make_server
from hab_server.settings import Settings
from hab_server.store.migrate import upgrade
from hab_server.valkey import ValkeyProcess, valkey_for
from hab_server.watch import WatchThread

__all__ = ["EmbeddedServer", "ValkeyProcess"]

_HOST = "127.0.0.1"
_GRACE_SECONDS = 2
_START_LIMIT = 30.0
_READY_LIMIT = 5.0
"""Seconds until an answer counts as late; without a model a server never gets ready, and must start all the same."""
_READY_POLL = 0.05
_LOGGERS = ("hab_server", "hab_core", "uvicorn", "rq", "alembic", "sqlalchemy")
log = logging.getLogger(__name__)


class EmbeddedServer:
    """The real API in a thread of this process, with a worker as a child process, on a free port of the loopback.

    It works on the same ``HAB_HOME`` as ``hab up`` and may run beside it. It prints nothing: its logs are in
    ``HAB_HOME/logs``. Its child processes end with this process, however that ends.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Takes ``settings``, or those of the environment; ``start`` starts everything."""
        self._settings = settings
        self._stack: ExitStack | None = None
        self._base_url: str | None = None

    @property
    def base_url(self) -> str:
        """Address of the API.

        Raises:
            CannotStart: The server does not run.
        """
        if self._base_url is None:
            raise CannotStart("내장 서버가 실행 중이 아닙니다. start()를 먼저 호출해주세요.")
        return self._base_url

    def start(self) -> str:
        """Starts the server and returns its address; nothing more where it runs already.

        Raises:
            CannotStart: ``HAB_HOME`` is not writable, or a part does not start.
            DatabaseUnavailable: The database does not answer.
        """
        if self._base_url is None:
            with ExitStack() as stack:
                self._base_url = self._open(stack, self._settings or load_settings())
                self._stack = stack.pop_all()
            atexit.register(self.stop)
        return self._base_url

    def stop(self) -> None:
        """Stops server, worker and Valkey; nothing where they do not run."""
        stack, self._stack, self._base_url = self._stack, None, None
        if stack is not None:
            atexit.unregister(self.stop)
            stack.close()

    def __enter__(self) -> EmbeddedServer:
        """Starts it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.stop()

    @staticmethod
    def _open(stack: ExitStack, settings: Settings) -> str:
        """Starts the parts in the order in which they need each other; ``stack`` stops them in reverse."""
        prepare_home(settings)
        stack.enter_context(_logs_in(log_file(settings, "embedded"), settings.log_level))
        stack.enter_context(valkey_for(settings, log.warning))
        upgrade(settings)
        environment = child_environment(settings, REDIS_URL=settings.redis_dsn)
        worker = Child("작업자", python_module("hab_server", "worker"), log_file(settings, "worker"), environment)
        watch = WatchThread([worker], log.warning)
        watch.start()
        stack.callback(watch.stop)
        base_url = stack.enter_context(_serving(settings))
        _wait_until_ready(base_url)
        return base_url


def _wait_until_ready(base_url: str) -> None:
    """Waits until predictions can be made and kept; what is still missing after the limit, ``/health`` tells."""
    limit = time.monotonic() + _READY_LIMIT
    while time.monotonic() < limit and ask(base_url, "/health/ready").status != HTTPStatus.OK:
        time.sleep(_READY_POLL)


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    """Serves the API in a thread for the time of the block; gives its address."""
    with listen(_HOST, 0, "BACKEND_PORT") as listener:
        server = make_server(settings, grace=_GRACE_SECONDS, freeze=False)
        # A daemon, so that a notebook that ends without stop() is not kept; no signal handlers outside the main thread.
        thread = threading.Thread(target=server.run, args=([listener],), name="hab-embedded", daemon=True)
        thread.start()
        try:
            limit = time.monotonic() + _START_LIMIT
            while not server.started:
                if not thread.is_alive() or time.monotonic() > limit:
                    raise CannotStart(f"내장 서버를 시작할 수 없습니다. 기록: {log_file(settings, 'embedded')}")
                time.sleep(0.01)
            yield f"http://{_HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _logs_in(path: Path, level: str) -> Iterator[None]:
    """Sends what HAB's part of this process logs to a file, and nothing of it to the caller's own log."""
    trim_log(path)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    before: list[tuple[logging.Logger, int, bool]] = []
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        before.append((logger, logger.level, logger.propagate))
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, old_level, propagate in before:
            logger.removeHandler(handler)
            logger.setLevel(old_level)
            logger.propagate = propagate
        handler.close()


class _Redacting(logging.Formatter):
    """Formats without secrets, the traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        return redact(super().format(record))
