"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

UNFINISHED = ".tmp"
"""How the names of files end that are still being written."""


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Writes a file so that a reader sees the old or the new content whole, also after a crash.

    While it is written it is called ``STEM.RANDOM.tmp`` beside its place.

    Raises:
        OSError: The file cannot be written; nothing is left behind.
    """
    unfinished = path.with_name(f"{path.stem}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename survive a loss of power; where folders cannot be opened, the rename itself must do."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
