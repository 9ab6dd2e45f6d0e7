"""Files on their way to the server: what a caller may hand over, and how each try reads it anew."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable

from hab_core.errors import InvalidInput


@runtime_checkable
class PandasTable(Protocol):
    """A pandas DataFrame, by what is used of it."""

    def to_csv(self, *, index: bool) -> Any:
        """Returns the table as CSV text."""


@runtime_checkable
class PolarsTable(Protocol):
    """A polars DataFrame, by what is used of it."""

    def write_csv(self) -> Any:
        """Returns the table as CSV text."""


FileLike = str | Path | bytes | PandasTable | PolarsTable


@dataclass(frozen=True)
class Upload:
    """A CSV file to send; ``open`` gives its bytes from the start, as often as it is called."""

    name: str
    open: Callable[[], IO[bytes]]


def upload_of(file: FileLike) -> Upload:
    """Returns a path (also of a ``.gz`` file), the bytes of a CSV, or a pandas or polars table as an upload.

    Raises:
        InvalidInput: The file is not there or cannot be read.
    """
    if isinstance(file, bytes):
        return _of_bytes(file)
    if isinstance(file, PandasTable):
        return _of_bytes(str(file.to_csv(index=False)).encode())
    if isinstance(file, PolarsTable):
        return _of_bytes(str(file.write_csv()).encode())
    return _of_path(Path(file))


def _of_bytes(content: bytes) -> Upload:
    """Returns bytes at hand as an upload."""
    return Upload("rows.csv", lambda: io.BytesIO(content))


def _of_path(path: Path) -> Upload:
    """Returns a file as an upload, after a look at whether it can be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise InvalidInput.of("file", f"파일을 읽을 수 없습니다: {path} ({_reason(error)})") from None
    if packed:
        return Upload(path.name.removesuffix(".gz"), lambda: _unpacked(path))
    return Upload(path.name, lambda: path.open("rb"))


def _unpacked(path: Path) -> IO[bytes]:
    """Returns the content of a gzip file, unpacked into a file that vanishes when it is closed."""
    with ExitStack() as stack:
        plain = stack.enter_context(tempfile.TemporaryFile())
        try:
            with gzip.open(path) as packed:
                shutil.copyfileobj(packed, plain)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput.of("file", f"gzip 파일이 손상되었습니다: {path} ({error})") from None
        plain.seek(0)
        stack.pop_all()
    return plain


def _reason(error: OSError) -> str:
    """Returns in Korean why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "파일이 없습니다"
    if isinstance(error, IsADirectoryError):
        return "폴더입니다"
    if isinstance(error, PermissionError):
        return "권한이 없습니다"
    return error.strerror or type(error).__name__
