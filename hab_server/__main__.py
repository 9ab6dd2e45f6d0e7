"""``python -m hab_server PART``: the child processes of ``hab up``, of ``hab serve`` and of the embedded server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from hab_core.errors import HabError, Unavailable
from hab_server.preflight import TRY_LATER, load_settings, prepare_home
from hab_server.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Runs one part and returns its exit code; a failure is one Korean line on stderr."""
    parts: dict[str, Callable[[Settings], None]] = {
        "serve": _serve,
        "api": _api,
        "worker": _worker,
        "scheduler": _scheduler,
        "pulse": _pulse,
        "migrate": _migrate,
        "demo": _demo,
    }
    if len(arguments) != 1 or arguments[0] not in parts:
        sys.stderr.write(f"python -m hab_server {'|'.join(parts)}\n")
        return 2
    try:
        parts[arguments[0]](load_settings())
    except HabError as error:
        sys.stderr.write(f"{error.message}\n")
        return TRY_LATER if isinstance(error, Unavailable) else 1
    return 0


def _serve(settings: Settings) -> None:
    from hab_server.serve import serve

    serve(settings)


def _api(settings: Settings) -> None:
    from hab_server.serve import serve_inherited

    serve_inherited(settings)


def _worker(settings: Settings) -> None:
    from hab_server.serve import work

    work(settings)


def _scheduler(settings: Settings) -> None:
    from hab_server.serve import schedule

    schedule(settings)


def _pulse(settings: Settings) -> None:
    """Fails where no worker of this machine gives a sign of life: what a container is asked for its health."""
    import socket

    from hab_core.errors import QueueUnavailable
    from hab_server.jobs.queue import JobQueue

    if not JobQueue(settings).has_worker(socket.gethostname()):
        raise QueueUnavailable("이 컴퓨터에서 실행 중인 작업자가 없습니다.")


def _migrate(settings: Settings) -> None:
    from hab_server.store.migrate import upgrade

    prepare_home(settings)
    upgrade(settings)


def _demo(settings: Settings) -> None:
    from hab_server.datasets.demo import offer_samples
    from hab_server.datasets.opening import open_store
    from hab_server.logs import configure_logging
    from hab_server.store.engine import create_store_engine

    configure_logging(settings.log_level)
    prepare_home(settings)
    engine = create_store_engine(settings)
    try:
        offer_samples(engine, open_store(settings))
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
