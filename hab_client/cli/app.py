"""The commands, put together: nouns, then verbs. What a noun's verbs need is loaded when the noun is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

from hab_client.cli import chat, server
from hab_client.cli.korean import KoreanCommand, KoreanGroup


def build() -> KoreanGroup:
    """Returns the whole command line."""
    app = _typer("hab")
    app.callback()(_root)
    for part in (server.up, server.serve, server.worker, server.ui, server.doctor, chat.ask):
        app.command()(part)
    root = _group(app)
    root.params.extend(typer.main.get_install_completion_arguments())
    root.add_command(Noun("eclo", "교통사고 심각도(ECLO)를 예측하고 모델을 관리합니다.", _eclo))
    root.add_command(Noun("datasets", "데이터셋을 올리고, 보고, 받고, 공유합니다.", _datasets))
    root.add_command(Noun("tools", "데이터셋을 분석하는 도구를 실행합니다.", _tools))
    root.add_command(Noun("conversations", "질문과 답변의 기록을 보고, 정리하고, 내보냅니다.", _conversations))
    root.add_command(Noun("db", server.db.info.help or "", lambda: server.db))
    return root


class Noun(KoreanGroup):
    """A group whose verbs are put together when they are first looked at, so that ``hab --help`` stays cheap."""

    def __init__(self, name: str, text: str, verbs: Callable[[], typer.Typer]) -> None:
        """Takes the noun, its line in the help of ``hab`` and the function that returns its verbs."""
        super().__init__(name=name, help=text, no_args_is_help=True, rich_markup_mode=None)
        self._verbs = verbs

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments with the verbs at hand."""
        self.load()
        return super().parse_args(ctx, args)

    def load(self) -> None:
        """Puts the verbs together; nothing where that was done."""
        if not self.commands:
            self.commands = _group(self._verbs()).commands


def _eclo() -> typer.Typer:
    """Returns the verbs about ECLO."""
    from hab_client.cli import eclo, models

    app = _typer("eclo")
    for verb in (eclo.predict, eclo.batch, eclo.history, eclo.model, models.train, models.activate):
        app.command()(verb)
    return app


def _datasets() -> typer.Typer:
    """Returns the verbs about datasets."""
    from hab_client.cli import datasets

    app = _typer("datasets")
    app.command()(datasets.upload)
    app.command("list")(datasets.list_)
    for verb in (datasets.show, datasets.rows, datasets.download, datasets.share, datasets.unshare, datasets.delete):
        app.command()(verb)
    return app


def _tools() -> typer.Typer:
    """Returns the verbs about analysis tools."""
    from hab_client.cli import tools

    app = _typer("tools")
    app.command("list")(tools.list_)
    app.command()(tools.run)
    return app


def _conversations() -> typer.Typer:
    """Returns the verbs about conversations."""
    from hab_client.cli import conversations

    app = _typer("conversations")
    app.command("list")(conversations.list_)
    for verb in (conversations.show, conversations.rename, conversations.delete, conversations.export):
        app.command()(verb)
    return app


def _typer(name: str) -> typer.Typer:
    """Returns an empty set of commands that prints plainly: rich would cost more than everything else."""
    return typer.Typer(name=name, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _group(app: typer.Typer) -> KoreanGroup:
    """Returns a set of commands in the form that runs, with plain help pages in Korean."""
    app.info.cls = KoreanGroup
    app.rich_markup_mode = None
    for command in app.registered_commands:
        command.cls = KoreanCommand
    group = typer.main.get_group(app)
    if not isinstance(group, KoreanGroup):
        raise TypeError(type(group).__name__)
    return group


def _show_version(asked: bool) -> None:
    """Prints the version and ends, before a command is missed."""
    if asked:
        from hab_core.schemas.version import VERSION

        typer.echo(f"hab {VERSION}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", help="버전을 보여줍니다.", is_eager=True, callback=_show_version)
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="오류의 자세한 내용(traceback)도 보여줍니다. HAB_DEBUG=1과 같습니다.")
    ] = False,
) -> None:
    """HAB: 대구 공공데이터로 교통사고 심각도(ECLO)를 예측하고 분석합니다.

    서버 주소는 변수 BACKEND_URL로 정합니다. 기본값은 http://localhost:8000 입니다.
    """
    if debug:
        os.environ["HAB_DEBUG"] = "1"
