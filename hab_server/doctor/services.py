"""Checks of what HAB is made of at run time: database, queue, workers, server."""

from __future__ import annotations

import os
from http.client import OK
from importlib.metadata import PackageNotFoundError, version

from hab_core.errors import HabError
from hab_server.doctor.check import Check
from hab_server.preflight import HomeLock, shown_host
from hab_server.probe import ask, complaint
from hab_server.settings import Settings


def server_url(settings: Settings) -> str:
    """Returns the address of the server to look at: that of ``hab up`` on this home, else ``BACKEND_URL``."""
    holder = HomeLock(settings).holder()
    if holder is not None and holder.api_url:
        return holder.api_url
    own = f"http://{shown_host(settings.backend_host)}:{settings.backend_port}"
    return os.environ.get("BACKEND_URL") or own


def check_database(settings: Settings) -> Check:
    """Whether the database answers and has the schema of this version."""
    from hab_server.store.engine import create_store_engine, sqlite_file
    from hab_server.store.migrate import head, revision_of

    try:
        file = sqlite_file(settings)
        if file is not None and not file.exists():
            return Check("database", "warn", f"아직 만들어지지 않았습니다: {file}", "hab db upgrade")
        engine = create_store_engine(settings)
        try:
            revision = revision_of(engine)
        finally:
            engine.dispose()
    except HabError as error:
        return Check("database", "fail", error.message, "DATABASE_URL과 데이터베이스 서버를 확인해주세요.")
    if revision == head():
        return Check("database", "ok", f"{'SQLite' if file else 'PostgreSQL'}, 스키마 {revision}")
    if revision is None:
        return Check("database", "warn", "데이터베이스가 비어 있습니다.", "hab db upgrade")
    return Check("database", "fail", f"스키마가 {revision}입니다. 이 버전은 {head()}이 필요합니다.", "hab db upgrade")


def check_queue(settings: Settings) -> Check:
    """Whether Redis, or HAB's own Valkey, answers."""
    from hab_server.jobs.queue import JobQueue

    try:
        queue = JobQueue(settings)
        queue.ping()
        waiting = queue.waiting()
    except HabError as error:
        if settings.embeds_valkey:
            return Check("queue", "warn", "내장 Valkey가 실행 중이 아닙니다.", "hab up")
        return Check("queue", "fail", error.message, "REDIS_URL과 Redis 서버를 확인해주세요.")
    kind = "내장 Valkey" if settings.embeds_valkey else "Redis"
    return Check("queue", "ok", f"{kind}, 대기 중인 작업 {waiting}개")


def check_workers(settings: Settings) -> Check:
    """Whether a worker has sent a heartbeat lately."""
    from hab_server.jobs.queue import JobQueue

    try:
        workers = JobQueue(settings).workers()
    except HabError:
        return Check("workers", "warn", "대기열이 없어 작업자를 확인할 수 없습니다.", "hab up")
    if workers == 0:
        return Check("workers", "warn", "실행 중인 작업자가 없어 일괄 예측이 시작되지 않습니다.", "hab worker")
    return Check("workers", "ok", f"작업자 {workers}개")


def check_server(settings: Settings) -> Check:
    """Whether the server is there and ready, and which of its parts are not well."""
    url = server_url(settings)
    ready = ask(url, "/health/ready")
    if ready.status == 0:
        return Check("server", "warn", f"실행 중인 서버가 없습니다: {url}", "hab up")
    if "components" not in ready.body:
        trouble = complaint(ready.body) or "HAB 서버의 응답이 아닙니다. BACKEND_URL을 확인해주세요."
        return Check("server", "fail", f"{url}: {trouble}", "hab doctor의 다른 항목을 먼저 해결해주세요.")
    parts = ready.body["components"].items()
    unwell = [f"{name}: {part.get('detail') or part['status']}" for name, part in parts if part["status"] != "ok"]
    if unwell:
        return Check("server", "warn", f"{url}: {' · '.join(unwell)}", "hab up")
    return Check("server", "ok", f"{url}에서 실행 중입니다.")


def check_ui(settings: Settings) -> Check:
    """Whether the user interface is installed, and whether it runs; HAB works without it."""
    try:
        found = version("streamlit")
    except PackageNotFoundError:
        return Check("ui", "warn", "화면이 설치되어 있지 않습니다.", 'pip install "hab-client[ui]"')
    url = f"http://{shown_host(settings.backend_host)}:{settings.ui_port}"
    if ask(url, "/_stcore/health").status == OK:
        return Check("ui", "ok", f"{url}에서 실행 중입니다.")
    return Check("ui", "ok", f"Streamlit {found}, 실행 중이 아닙니다. 실행: hab ui")
