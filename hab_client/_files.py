"""Files that downloads become: whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hab_core.errors import InvalidInput


@contextmanager
def written_whole(target: Path) -> Iterator[IO[bytes]]:
    """Gives a file beside ``target`` that takes its place if all goes well, and is removed if not.

    Raises:
        InvalidInput: The file cannot be written.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        sink = part.open("w+b")
    except OSError as error:
        raise InvalidInput.of("file", f"파일을 쓸 수 없습니다: {target} ({error.strerror})") from None
    try:
        with sink:
            yield sink
        part.replace(target)
    except OSError as error:
        raise InvalidInput.of("file", f"파일을 쓸 수 없습니다: {target} ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)


def pass_on_whole(download: Callable[[IO[bytes]], None], sink: IO[bytes]) -> None:
    """Writes what ``download`` brings into an open file, stdout for instance, once all of it has arrived."""
    with tempfile.TemporaryFile() as table:
        download(table)
        table.seek(0)
        shutil.copyfileobj(table, sink)
        sink.flush()
