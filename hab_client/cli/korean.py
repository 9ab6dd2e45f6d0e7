"""What the command-line library says in English, in Korean: the frame of the help pages and its complaints."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.models import Context

_HELP = (
    (r"^Usage: ", "사용법: "),
    (r"^Arguments:$", "인자:"),
    (r"^Options:$", "옵션:"),
    (r"^Commands:$", "명령:"),
    (r"Show this message and exit\.", "이 도움말을 보여줍니다."),
    (r"Install completion for the current shell\.", "현재 셸에 자동 완성을 설치합니다."),
    (r"Show completion for the current shell, [^.]*\.", "자동 완성 스크립트를 출력합니다."),
    (r"\[default: ", "[기본값: "),
    (r"\[required\]", "[필수]"),
    (r"<list\[Path\]>", "<path>...   "),  # of the same width
    (r"<list\[str\]>", "<str>...   "),
)  # fmt: skip
_COMPLAINTS = (
    (r"^Missing command\.$", "명령을 지정해주세요."),
    (r"^No such command '(.*?)'\.? Did you mean (.*)\?$", r"알 수 없는 명령입니다: \1 (혹시 \2?)"),
    (r"^No such command '(.*)'\.$", r"알 수 없는 명령입니다: \1"),
    (r"^No such option: (\S+) \(Possible options: (.*)\)$", r"알 수 없는 옵션입니다: \1 (혹시 \2?)"),
    (r"^No such option: (\S+)$", r"알 수 없는 옵션입니다: \1"),
    (r"^Option '(.*)' requires .*$", r"옵션 \1에 값이 필요합니다."),
    (r"^Option '(.*)' does not take a value\.$", r"옵션 \1은(는) 값을 받지 않습니다."),
    (r"^Got unexpected extra argument\(s\) \((.*)\)$", r"필요 없는 인자가 있습니다: \1"),
    (r"^Missing (?:argument|option|parameter) (.*?)\.?$", r"필수 항목이 없습니다: \1"),
    (r"^Invalid value for (.*?): Input should be a valid integer.*$", r"\1에는 정수를 써주세요."),
    (r"^Invalid value for (.*?): Input should be a valid number.*$", r"\1에는 숫자를 써주세요."),
    (r"^Invalid value for (.*?): [^:]* greater than or equal to (\S+)$", r"\1은(는) \2 이상이어야 합니다."),
    (r"^Invalid value for (.*?): [^:]* less than or equal to (\S+)$", r"\1은(는) \2 이하여야 합니다."),
    (r"^Invalid value for (.*?): .*?('.*') is not one of (.*?)\.?$", r"\1에 쓸 수 없는 값입니다: \2 (가능: \3)"),
    (r"^Invalid value for (.*?): (.*)$", r"\1의 값이 올바르지 않습니다: \2"),
)  # fmt: skip


class KoreanCommand(TyperCommand):
    """A command whose help is framed in Korean."""

    def get_help(self, ctx: Any) -> str:
        """Returns the help page."""
        return _translated(super().get_help(ctx))


class KoreanGroup(TyperGroup):
    """A group whose help is framed in Korean."""

    def get_help(self, ctx: Any) -> str:
        """Returns the help page."""
        return _translated(super().get_help(ctx))


def complaint(message: str, ctx: Context | None) -> str:
    """Returns a usage error in one Korean line that names the help page; what is unknown stays as it is."""
    line = " ".join(message.split())
    for pattern, text in _COMPLAINTS:
        if re.match(pattern, line):
            line = re.sub(pattern, text, line)
            break
    return f"{line} (도움말: {ctx.command_path if ctx else 'hab'} --help)"


def _translated(page: str) -> str:
    """Returns a help page with its frame in Korean."""
    for pattern, text in _HELP:
        page = re.sub(pattern, text, page, flags=re.MULTILINE)
    return page
