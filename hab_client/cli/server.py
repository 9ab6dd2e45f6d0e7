"""Commands that run or inspect a server. The server's code is loaded only when one of them is called."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hab_client._extras import server_extra

if TYPE_CHECKING:
    from hab_server.settings import Settings

db = typer.Typer(name="db", help="데이터베이스 스키마를 관리합니다.", no_args_is_help=True)

_NO_UI = '화면에는 Streamlit이 필요합니다. 설치: pip install "hab-client[ui]"'
_MARKS = {"ok": "[  ok  ]", "warn": "[ warn ]", "fail": "[ fail ]"}


def up(
    demo: Annotated[bool, typer.Option("--demo", help="처음 사용하는 방법을 함께 보여줍니다.")] = False,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="화면 없이 실행합니다.")] = False,
) -> None:
    """HAB 전체를 실행합니다: 데이터베이스 준비, API, 작업자, 화면. 끝내기: Ctrl-C."""
    with _server() as settings:
        from hab_server.supervisor import Supervisor

        Supervisor(settings, demo=demo, ui=not no_ui).run()


def serve(
    host: Annotated[str | None, typer.Option(help="연결을 받을 주소. 기본값: BACKEND_HOST")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="포트. 기본값: BACKEND_PORT")] = None,
) -> None:
    """API만 실행합니다."""
    with _server() as settings:
        from hab_server.serve import serve as run

        changes = {"backend_host": host, "backend_port": port}
        run(settings.model_copy(update={name: value for name, value in changes.items() if value is not None}))


def worker() -> None:
    """작업자만 실행합니다."""
    with _server() as settings:
        from hab_server.serve import work

        work(settings)


def ui() -> None:
    """화면만 실행합니다."""
    from importlib.util import find_spec

    from hab_core.errors import MissingExtra

    if find_spec("streamlit") is None:
        raise MissingExtra(_NO_UI)
    program = [sys.executable, "-P", "-m", "hab_ui"]
    os.execv(program[0], program)  # noqa: S606  # becomes the interface, so that signals reach it


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON으로 출력합니다.")] = False,
) -> None:
    """모든 구성 요소를 점검하고 고치는 방법을 알려줍니다."""
    with server_extra():
        from hab_server.doctor import examine, report

        found = report(examine())
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else _as_lines(found))
    raise typer.Exit(1 if found["status"] == "fail" else 0)


@db.command("upgrade")
def upgrade_database(revision: Annotated[str, typer.Argument(help="목표 리비전")] = "head") -> None:
    """데이터베이스를 이 버전의 스키마로 올립니다."""
    with _server() as settings:
        from hab_server.store.migrate import current, upgrade

        upgrade(settings, revision)
        typer.echo(current(settings) or "-")


@db.command("downgrade")
def downgrade_database(revision: Annotated[str, typer.Argument(help="목표 리비전. 예: -1, base")]) -> None:
    """데이터베이스를 이전 스키마로 내립니다."""
    with _server() as settings:
        from hab_server.store.migrate import current, downgrade

        downgrade(settings, revision)
        typer.echo(current(settings) or "-")


@db.command("current")
def show_revision(as_json: Annotated[bool, typer.Option("--json", help="JSON으로 출력합니다.")] = False) -> None:
    """데이터베이스의 현재 리비전을 보여줍니다."""
    with _server() as settings:
        from hab_server.store.migrate import current

        revision = current(settings)
        typer.echo(json.dumps({"revision": revision}) if as_json else revision or "-")


@contextmanager
def _server() -> Iterator[Settings]:
    """Gives the settings of a home that can be written; failures go up to the one place that prints them."""
    with server_extra():
        from hab_server.preflight import load_settings, prepare_home

        settings = load_settings()
        prepare_home(settings)
        yield settings


def _as_lines(found: dict[str, Any]) -> str:
    """Returns a report as lines for people: a mark, the message and, where there is one, the remedy below it."""
    lines = []
    for check in found["checks"]:
        lines.append(f"{_MARKS[check['status']]} {check['name']:<14}{check['message']}")
        if check["status"] != "ok" and check["remedy"]:
            lines.append(f"{'':<22}→ {check['remedy']}")
    return "\n".join(lines)
