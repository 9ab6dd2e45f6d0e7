"""The reference page of the command line: ``python -m hab_client.cli.reference > docs/cli.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from hab_client.cli.app import Noun, build
from hab_client.cli.korean import KoreanGroup

_WIDTH = 100
_HEAD = """# `hab` 명령

이 문서는 `python -m hab_client.cli.reference > docs/cli.md` 명령으로 만듭니다. 직접 고치지 마세요.

데이터는 표준 출력으로, 진행 상황과 안내는 표준 오류로 나갑니다.
종료 코드는 성공 0, 실패 1, 잘못된 사용법 2, Ctrl-C 130입니다.
색을 끄려면 `NO_COLOR=1`, 오류의 자세한 내용을 보려면 `hab --debug …` 또는 `HAB_DEBUG=1`을 씁니다.
"""


def render() -> str:
    """Returns the page: the help of every command, nouns before their verbs."""
    sections = (f"## `{path}`\n\n```text\n{text}\n```\n" for path, text in _pages(build(), "hab", None))
    return "\n".join([_HEAD, *sections])


def _pages(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Gives the full name and the help page of a command and of those below it."""
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=_WIDTH)
    if isinstance(command, Noun):
        command.load()
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, KoreanGroup):
        for verb, below in command.commands.items():
            yield from _pages(below, verb, context)


if __name__ == "__main__":
    sys.stdout.write(render())
