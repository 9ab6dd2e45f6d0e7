"""What commands print: data on stdout, notes and progress on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = Annotated[bool, typer.Option("--json", help="JSON으로 출력합니다.")]


def print_json(value: BaseModel | Sequence[BaseModel | dict[str, Any]]) -> None:
    """Prints answers, or rows of them, as JSON, as they came over the wire."""
    import json

    plain: Any = [_plain(v) for v in value] if isinstance(value, Sequence) else _plain(value)
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """Prints a remark on stderr."""
    typer.echo(text, err=True)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows in columns that are aligned in a terminal, where a Korean letter takes two places."""
    lines = [head, *rows] if head else list(rows)
    widths = [max(_width(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
    for line in lines:
        cells = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def writable(output: Path) -> None:
    """Raises InvalidInput where a file cannot be written, before any work is done for it."""
    from hab_core.errors import InvalidInput

    if output.is_dir() or not output.absolute().parent.is_dir():
        raise InvalidInput.of("output", f"결과 파일을 쓸 수 없습니다: {output} (폴더를 확인해주세요)")


@contextmanager
def progress_bar(text: str, *, known: bool = True) -> Iterator[Callable[[float, str], None]]:
    """Shows a bar on stderr where that is a terminal; gives the function that sets its share (0 to 1) and its text.

    Where the end is not ``known`` the bar moves to and fro.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(text, total=1.0 if known else None)

        def show(share: float, now: str = text) -> None:
            progress.update(task, completed=share, description=now)

        yield show


def _plain(answer: BaseModel | dict[str, Any]) -> Any:
    """Returns an answer as JSON values."""
    return answer if isinstance(answer, dict) else answer.model_dump(mode="json")


def _width(text: str) -> int:
    """Returns how many places ``text`` takes in a terminal."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
