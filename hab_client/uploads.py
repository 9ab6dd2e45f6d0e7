"""Files on their way to the server: what a caller may hand over, and how each try reads it anew."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, runtime_checkable

from hab_core.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Progress = Callable[[int, int | None], object]
"""Called while bytes go over the wire: how many have gone, and of how many where that is known."""
_UNNAMED = "rows.csv"


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


@runtime_checkable
class BinaryFile(Protocol):
    """A file that is open for reading bytes, by what is used of it."""

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes, none at the end."""


FileLike = str | os.PathLike[str] | bytes | BinaryFile | PandasTable | PolarsTable


@dataclass(frozen=True)
class Upload:
    """A CSV file to send.

    Attributes:
        name: What the file is called.
        open: Gives its bytes from the start, as often as it is called.
        fields: Texts that go with it.
        on_progress: Told while it goes out; a further try begins at 0 again.
    """

    name: str
    open: Callable[[], IO[bytes]]
    fields: Mapping[str, str] = field(default_factory=dict)
    on_progress: Progress | None = None

    def opened(self) -> IO[bytes]:
        """Returns the bytes from the start, whose reading is told to ``on_progress``."""
        file = self.open()
        return file if self.on_progress is None else io.BufferedReader(_Watched(file, self.on_progress))


def upload_of(file: FileLike) -> Upload:
    """Returns what a caller hands over as an upload.

    Args:
        file: A path (also of a ``.gz`` file), the bytes of a CSV, a file opened for reading bytes, or a pandas or
            polars table. An open file is sent from where it stands and not closed.

    Raises:
        InvalidInput: The file is not there, cannot be read, or is none.
    """
    if isinstance(file, bytes):
        return _of_bytes(file)
    if isinstance(file, PandasTable):
        return _of_bytes(str(file.to_csv(index=False)).encode())
    if isinstance(file, PolarsTable):
        return _of_bytes(str(file.write_csv()).encode())
    if isinstance(file, BinaryFile):
        return _of_open_file(file)
    if not isinstance(file, (str, os.PathLike)):
        raise InvalidInput.of("file", f"파일 경로, bytes, 열린 파일 또는 표가 필요합니다: {type(file).__name__}")
    return _of_path(Path(file))


def _of_bytes(content: bytes) -> Upload:
    """Returns bytes at hand as an upload."""
    return Upload(_UNNAMED, lambda: io.BytesIO(content))


def _of_path(path: Path) -> Upload:
    """Returns a file as an upload, after a look at whether it can be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
    except (OSError, ValueError) as error:
        raise InvalidInput.of("file", f"파일을 읽을 수 없습니다: {path} ({_reason(error)})") from None
    if packed:
        return Upload(_sendable(path.name).removesuffix(".gz"), lambda: _unpacked(path))
    return Upload(_sendable(path.name), lambda: path.open("rb"))


def _of_open_file(file: Any) -> Upload:
    """Returns an open file as an upload; one that cannot go back, a pipe for instance, is copied first."""
    if isinstance(file, io.TextIOBase):
        raise InvalidInput.of("file", "글자로 열린 파일은 보낼 수 없습니다. open(…, 'rb')로 열어주세요.")
    name = getattr(file, "name", None)
    name = _sendable(Path(name).name).removesuffix(".gz") if isinstance(name, str) else _UNNAMED
    try:
        if not (hasattr(file, "seekable") and file.seekable()):
            return _copied(file, name)
        start = file.tell()
    except (OSError, ValueError) as error:
        raise InvalidInput.of("file", f"파일을 읽을 수 없습니다: {name} ({_reason(error)})") from None

    def again() -> IO[bytes]:
        file.seek(start)
        return io.BufferedReader(_Borrowed(file, start))

    return Upload(name or _UNNAMED, again)


def _copied(file: Any, name: str) -> Upload:
    """Returns a stream as an upload, written to a temporary file that lives as long as somebody may open it."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the last upload that can open it

    def again() -> IO[bytes]:
        return io.BufferedReader(_Borrowed(copy, 0))

    weakref.finalize(again, copy.close)
    shutil.copyfileobj(file, copy)
    return Upload(name or _UNNAMED, again)


class _Borrowed(io.RawIOBase):
    """A part of an open file, from a position to its end; closing it leaves the file open."""

    def __init__(self, file: Any, start: int) -> None:
        """Takes the file and where the part begins."""
        self._file = file
        self._start = start
        file.seek(start)

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def seekable(self) -> bool:
        """Says that it can be rewound."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fills ``buffer`` as far as there are bytes and returns how many there were."""
        view = memoryview(buffer)
        part = self._file.read(view.nbytes)
        view[: len(part)] = part
        return len(part)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a position of the part and returns it."""
        place = offset + self._start if whence == os.SEEK_SET else offset
        return int(self._file.seek(place, whence)) - self._start

    def tell(self) -> int:
        """Returns the position in the part."""
        return int(self._file.tell()) - self._start


class _Watched(_Borrowed):
    """A file that tells how much of it was read; closing it closes the file."""

    def __init__(self, file: IO[bytes], on_progress: Progress) -> None:
        """Takes the file, from its start, and whom to tell."""
        super().__init__(file, 0)
        self._total = file.seek(0, os.SEEK_END)
        self._on_progress = on_progress
        file.seek(0)

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fills ``buffer`` and tells how far the file is read."""
        count = super().readinto(buffer)
        self._on_progress(self.tell(), self._total)
        return count

    def close(self) -> None:
        """Closes the file, too."""
        self._file.close()
        super().close()


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


def _sendable(name: str) -> str:
    """Returns a file's name without the bytes that no Unicode text can hold, which a file system may give."""
    return name.encode(errors="replace").decode()


def _reason(error: Exception) -> str:
    """Returns in Korean why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "파일이 없습니다"
    if isinstance(error, IsADirectoryError):
        return "폴더입니다"
    if isinstance(error, PermissionError):
        return "권한이 없습니다"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
