"""Runs a command line, and the one place where a failure becomes a line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from hab_client.cli.korean import complaint


def run(args: Sequence[str]) -> int:
    """Runs ``hab`` with ``args`` and returns its exit code: 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    from hab_client.cli.app import build

    _never_fail_to_print()
    try:
        code = build().main(args=list(args), prog_name="hab", standalone_mode=False)
    except Exception as error:  # noqa: BLE001  # whatever it is, a user gets one line
        return _reported(error)
    return code if isinstance(code, int) else 0


def _never_fail_to_print() -> None:
    """Lets letters that the terminal's encoding lacks appear as question marks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _reported(error: Exception) -> int:
    """Prints what failed and returns the exit code."""
    if isinstance(error, typer.Abort):
        typer.echo("취소했습니다.", err=True)
        return 130
    if isinstance(error, typer.TyperException):
        return _wrong_usage(error)
    if os.environ.get("HAB_DEBUG"):
        traceback.print_exception(error)
    typer.echo(f"오류: {failure_line(error)}", err=True)
    return 1


def _wrong_usage(error: typer.TyperException) -> int:
    """Prints how a command was used wrongly; a bare noun gets its help page."""
    ctx = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and ctx is not None:
        typer.echo(ctx.get_help(), err=True)
    else:
        typer.echo(f"오류: {complaint(error.format_message(), ctx)}", err=True)
    return 2


def failure_line(error: Exception) -> str:
    """Returns a failure in one line."""
    from hab_core.errors import HabError

    if not isinstance(error, HabError):
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return f"예상하지 못한 문제가 생겼습니다: {what} (자세히 보기: HAB_DEBUG=1)"
    from hab_client.phrases import failure

    return failure(error)
