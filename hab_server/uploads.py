"""Files on their way in: a multipart body is written to disk as it comes, so that it never lies in memory whole.

The file it is written to has no name, so it is gone with the process however that ends: there is nothing to clear up.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from hab_core.errors import FileTooLarge, HabError, InvalidInput, StorageUnavailable, UnsupportedFileType
from hab_server.file_names import shown_name

MEGABYTE = 1024 * 1024
_WRITTEN_AT_ONCE = MEGABYTE
_MOST_BESIDE_THE_FILE = 64 * 1024
"""Bytes of the other fields, of headers and of boundaries."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass
class Upload:
    """A file that has arrived.

    Attributes:
        file: Its bytes, on disk; closed at the end of :func:`receive`.
        size: In bytes.
        content_hash: ``sha256:`` and the hex digest of its bytes.
        file_name: What it was called, fit to be shown.
        fields: The other fields of the form.
    """

    file: IO[bytes]
    size: int
    content_hash: str
    file_name: str
    fields: dict[str, str]

    def read(self) -> bytes:
        """Returns the whole content."""
        self.file.seek(0)
        return self.file.read()


def upload_body(**fields: str) -> dict[str, Any]:
    """Returns the OpenAPI description of a multipart body with one file; ``fields`` are described by name."""
    texts = {name: {"type": "string", "description": description} for name, description in fields.items()}
    file = {"type": "string", "format": "binary", "description": "CSV; any usual encoding and separator"}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file, **texts}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@asynccontextmanager
async def receive(request: Request, folder: Path, limit_mb: int, fields: Collection[str] = ()) -> AsyncIterator[Upload]:
    """Receives the one file of a multipart body.

    Args:
        request: A request whose body was not touched yet.
        folder: Where the file lies meanwhile; made where it is missing.
        limit_mb: The largest file accepted.
        fields: The names of text fields that may come with it.

    Raises:
        FileTooLarge: More was announced, or came; nothing is kept.
        InvalidInput: There is no file, or something that does not belong there.
        UnsupportedFileType: The body is no form.
        StorageUnavailable: The disk is full or cannot be written.
        starlette.requests.ClientDisconnect: The sender went away.
    """
    limit = limit_mb * MEGABYTE
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit + _MOST_BESIDE_THE_FILE:
        raise FileTooLarge.over(limit_mb)
    form = _Form(limit, FileTooLarge.over(limit_mb), fields)
    parser = MultipartParser(_boundary(request), form.callbacks())  # type: ignore[arg-type]
    with disk_errors():
        file = await asyncio.to_thread(_nameless_file, folder)
    with file:
        digest = await _write(request, parser, form, file)
        yield Upload(file, form.size, f"sha256:{digest}", form.file_name(), form.texts())


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns failures of the disk or an object store into ``StorageUnavailable``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageUnavailable("저장 공간이 부족합니다. 공간을 확보한 뒤 다시 시도해주세요.") from error
        raise StorageUnavailable from error


async def _write(request: Request, parser: MultipartParser, form: _Form, file: IO[bytes]) -> str:
    """Writes the file of a form as it comes and returns its SHA-256."""
    digest = hashlib.sha256()

    def put(part: bytes) -> None:
        digest.update(part)
        file.write(part)

    with disk_errors(), _form_errors():
        async for chunk in request.stream():
            parser.write(chunk)
            if len(form.pending) >= _WRITTEN_AT_ONCE:
                await asyncio.to_thread(put, form.take())
        parser.finalize()
        await asyncio.to_thread(put, form.take())
    form.finish()
    return digest.hexdigest()


@dataclass
class _Form:
    """What is known of a form while it comes in."""

    limit: int
    too_large: HabError
    allowed: Collection[str]
    pending: bytearray = field(default_factory=bytearray)
    size: int = 0
    _beside: int = 0
    _files: int = 0
    _name: str = ""
    _sent_name: bytes = b""
    _texts: dict[str, bytearray] = field(default_factory=dict)
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _ended: bool = False

    def callbacks(self) -> dict[str, Any]:
        """Returns what the parser calls."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_to_header,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_end": self._end,
        }

    def take(self) -> bytes:
        """Returns the bytes of the file that were not written yet."""
        part = bytes(self.pending)
        self.pending.clear()
        return part

    def finish(self) -> None:
        """Raises InvalidInput where the form was cut off or holds no file."""
        if not self._ended:
            raise InvalidInput.of("file", "전송이 중간에 끊겼습니다. 파일을 다시 보내주세요.")
        if not self._files:
            raise InvalidInput.of("file", "CSV 파일을 file 항목으로 보내주세요.")

    def file_name(self) -> str:
        """Returns what the file was called, fit to be shown."""
        return shown_name(self._sent_name, "upload.csv")

    def texts(self) -> dict[str, str]:
        """Returns the other fields; raises InvalidInput where one is not UTF-8."""
        found = {}
        for name, value in self._texts.items():
            try:
                found[name] = value.decode()
            except UnicodeDecodeError as error:
                raise InvalidInput.of(name, "UTF-8 문자열이어야 합니다.") from error
        return found

    def _begin_part(self) -> None:
        self._disposition = b""

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._count_beside(end - start)

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._count_beside(end - start)

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        """Decides what the part is that begins now."""
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode(errors="replace")
        if self._name == "file":
            self._files += 1
            self._sent_name = options.get(b"filename", b"")
            if self._files > 1:
                raise InvalidInput.of("file", "파일은 한 번에 하나만 보내주세요.")
        elif self._name not in self.allowed:
            known = ["file", *self.allowed]
            raise InvalidInput.of(self._name[:60], f"알 수 없는 항목입니다: {self._name[:60]}", known)
        elif self._name in self._texts:
            raise InvalidInput.of(self._name, "같은 이름의 항목이 두 번 있습니다.")
        else:
            self._texts[self._name] = bytearray()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._name != "file":
            self._count_beside(end - start)
            self._texts[self._name] += data[start:end]
            return
        self.size += end - start
        if self.size > self.limit:
            raise self.too_large
        self.pending += memoryview(data)[start:end]

    def _count_beside(self, more: int) -> None:
        self._beside += more
        if self._beside > _MOST_BESIDE_THE_FILE:
            raise InvalidInput("파일 이외의 항목이 너무 큽니다.")

    def _end(self) -> None:
        self._ended = True


@contextmanager
def _form_errors() -> Iterator[None]:
    """Turns a body that is no form into InvalidInput."""
    try:
        yield
    except FormParserError as error:
        raise InvalidInput("multipart/form-data 형식의 본문을 읽을 수 없습니다.") from error


def _boundary(request: Request) -> bytes:
    """Returns what separates the parts of the form."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise UnsupportedFileType("Content-Type: multipart/form-data 형식으로 CSV 파일을 보내주세요.")
    return boundary


def _nameless_file(folder: Path) -> IO[bytes]:
    """Returns a new file without a name in a folder that only the owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)
