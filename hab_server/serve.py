"""Runs one part of HAB in this process: the API with uvicorn, or a worker."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from types import FrameType

import uvicorn

from hab_server.lanes import forsaken_work_goes_on
from hab_server.preflight import BACKLOG, is_loopback, listen, prepare_home
from hab_server.processes import CALM_THREADS
from hab_server.settings import Settings
from hab_server.valkey import valkey_for

GRACE_SECONDS = 5
"""Seconds that requests at work have when the server is told to stop."""
CONCURRENCY_LIMIT = 900
"""Connections beyond which callers get 503 at once; a process may usually have 1024 files open."""
KEEP_ALIVE_SECONDS = 30
"""Longer than clients keep idle connections (httpx 5 s), so that it is not the server that closes one being used."""
log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serves the API until SIGTERM or Ctrl-C; with its own Valkey where ``REDIS_URL`` is unset.

    Raises:
        CannotStart: The port is taken, ``HAB_HOME`` is not writable or Valkey cannot be started.
        HabError: A setting cannot be used.
    """
    _prepare(settings)
    # uvicorn raises the signal that stopped it once more when it is done; without a handler of our own that would
    # end the process before Valkey is stopped properly.
    signal.signal(signal.SIGTERM, _ignore)
    signal.signal(signal.SIGINT, _ignore)
    with listen(settings.backend_host, settings.backend_port, "BACKEND_PORT") as listener:
        if not is_loopback(settings.backend_host):
            log.warning("HAB can be reached from other machines; put a proxy with TLS and access control before it")
        with valkey_for(settings, log.warning):
            make_server(settings, grace=GRACE_SECONDS, freeze=True).run(sockets=[listener])
    _end_beside_forsaken_work()


def work(settings: Settings) -> None:
    """Works on the jobs of the queue until SIGTERM or Ctrl-C; with its own Valkey where ``REDIS_URL`` is unset.

    Raises:
        CannotStart: ``HAB_HOME`` is not writable or Valkey cannot be started.
        HabError: A setting cannot be used.
    """
    from hab_server.jobs.worker import run_worker

    _prepare(settings)
    with valkey_for(settings, log.warning):
        run_worker(settings)


def _end_beside_forsaken_work() -> None:
    """Ends the process where a thread still waits for a far server; everything is closed by now.

    The graph of a conversation with Claude runs its nodes in threads that the interpreter would wait for at its end,
    up to ``CHAT_TIMEOUT`` where Claude is silent; its answer is stored as incomplete already.
    """
    if forsaken_work_goes_on():
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _prepare(settings: Settings) -> None:
    """Makes the home, sends the logs to stderr and, before LightGBM is loaded, tells its threads not to spin."""
    from hab_server.datasets.opening import open_store
    from hab_server.logs import configure_logging

    for name, value in CALM_THREADS.items():
        os.environ.setdefault(name, value)
    configure_logging(settings.log_level)
    prepare_home(settings)
    open_store(settings)  # here, where what is wrong with it is still one line and no traceback


def make_server(settings: Settings, *, grace: int, freeze: bool) -> uvicorn.Server:
    """Returns the server for the application of ``settings``, not running yet.

    Args:
        settings: What the application is made from.
        grace: Seconds that requests at work have when it stops.
        freeze: Take all that is loaded by now out of the garbage collector's sight; only in a process that does
            nothing but serve.

    The loop is the standard library's with httptools: uvloop serves no more requests and its slowest answers come
    later. uvicorn's access log is off because the application logs requests itself.
    """
    from hab_server.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        loop="asyncio",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=CONCURRENCY_LIMIT,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
    )
    if freeze:
        _calm_garbage_collector()
    return uvicorn.Server(config)


def _calm_garbage_collector() -> None:
    """Keeps full collections away from the heap of the libraries: they made the slowest answers ten times slower."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Takes a signal that uvicorn has already acted upon."""
