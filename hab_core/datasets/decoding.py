"""From bytes of an unknown encoding to UTF-8, judged by the whole file: nothing is guessed from its first kilobytes.

A byte order mark decides. Without one the file is UTF-16 where its 16-bit units are letters, UTF-8 where all of it is
valid UTF-8, otherwise CP949 (which contains EUC-KR). A byte that the winning encoding does not know is an error that
names its place; it is never replaced by U+FFFD.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, NoReturn

import numpy as np

from hab_core.datasets.content import refuse_binary
from hab_core.errors import InvalidInput

Encoding = Literal["utf-8", "utf-8-sig", "cp949", "utf-16"]

_CHUNK = 1 << 22
_UTF8_MARK = codecs.BOM_UTF8
_MOST_ERRORS = 64
_FIRST_ASCII, _LAST_ASCII = 0x09, 0x7E
_FIRST_HANGUL, _LAST_HANGUL = 0xAC00, 0xD7A3
_EVERYDAY_SHARE = 0.5
_ONLY_SHORT = re.compile(rb"[\xe0-\xff]")
_NON_ASCII_RUN = re.compile(rb"[\x80-\xff]+")


class Decoded(NamedTuple):
    """A text as UTF-8 without byte order mark, and the encoding it had."""

    data: bytes
    encoding: Encoding


def to_utf8(data: bytes) -> Decoded:
    """Returns a file as UTF-8.

    Raises:
        InvalidInput: A byte that the winning encoding does not know, named by line and byte offset; or a NUL.
        UnsupportedFileType: The file is not text.
    """
    wide = _utf16_codec(data)
    if wide is not None:
        return Decoded(_from_utf16(data, wide), "utf-16")
    refuse_binary(data)
    if data.startswith(_UTF8_MARK):
        _check(data, "utf-8")
        return Decoded(data[len(_UTF8_MARK) :], "utf-8-sig")
    if _first_error(data, "utf-8") is None:
        return Decoded(_from_cp949(data), "cp949") if _is_korean_in_disguise(data) else Decoded(data, "utf-8")
    if _is_damaged_utf8(data):
        _check(data, "utf-8")
    return Decoded(_from_cp949(data), "cp949")


def _utf16_codec(data: bytes) -> str | None:
    """Returns the byte order of a UTF-16 text by its mark or by the letters it then holds, or None."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    if len(data) % 2 or b"\x00" not in data:
        return None
    likely = {codec: _everyday(data, order) for codec, order in (("utf-16-le", "<u2"), ("utf-16-be", ">u2"))}
    codec = max(likely, key=lambda name: likely[name])
    return codec if likely[codec] > _EVERYDAY_SHARE else None


def _everyday(data: bytes, order: str) -> float:
    """Returns the share of ASCII and Hangul among the 16-bit units of a text, read in one byte order."""
    units = np.frombuffer(data, dtype=order)
    ascii_text = (units >= _FIRST_ASCII) & (units <= _LAST_ASCII)
    hangul = (units >= _FIRST_HANGUL) & (units <= _LAST_HANGUL)
    return float(np.count_nonzero(ascii_text | hangul)) / units.size


def _from_utf16(data: bytes, codec: str) -> bytes:
    """Returns a UTF-16 text as UTF-8."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(codec, errors="ignore").count("\n") + 1
        _refuse(data, error.start, line, "utf-16")
    encoded = text.removeprefix("\ufeff").encode()
    refuse_binary(encoded)
    return encoded


def _from_cp949(data: bytes) -> bytes:
    """Returns a CP949 text as UTF-8."""
    _check(data, "cp949")
    return b"".join(str(part, "cp949").encode() for _, part in _chunks(data))


def _check(data: bytes, encoding: Literal["utf-8", "cp949"]) -> None:
    """Raises ``InvalidInput`` at the first byte that the encoding does not know."""
    at = _first_error(data, encoding)
    if at is not None:
        _refuse(data, at, data.count(b"\n", 0, at) + 1, encoding)


def _first_error(data: bytes, encoding: str, start: int = 0) -> int | None:
    """Returns the offset of the first byte from ``start`` that the encoding does not know, or None."""
    for offset, part in _chunks(data, start):
        try:
            str(part, encoding)
        except UnicodeDecodeError as error:
            return offset + error.start
    return None


def _chunks(data: bytes, start: int = 0) -> Iterator[tuple[int, memoryview]]:
    """Yields the data in parts of some MB, cut after line feeds, which are never part of a longer character."""
    view = memoryview(data)
    while start < len(data):
        cut = data.find(b"\n", min(start + _CHUNK, len(data) - 1)) + 1
        end = cut or len(data)
        yield start, view[start:end]
        start = end


def _is_damaged_utf8(data: bytes) -> bool:
    """Tells whether a text that is not valid UTF-8 was meant as such: far more whole characters than broken ones.

    Looks at the text around the first errors only; Korean text of another encoding breaks at nearly every letter.
    """
    whole, position = 0, 0
    for errors in range(1, _MOST_ERRORS + 1):
        at = _first_error(data, "utf-8", position)
        part = data[position : len(data) if at is None else at]
        whole += len(_lead_bytes(part))
        if at is None:
            return whole > errors
        position = at + 1
    return whole > 4 * _MOST_ERRORS


def _lead_bytes(part: bytes) -> list[bytes]:
    """Returns the first bytes of the UTF-8 characters of three or four bytes."""
    return _ONLY_SHORT.findall(part)


def _is_korean_in_disguise(data: bytes) -> bool:
    """Tells whether a valid UTF-8 text is CP949 by chance: all its characters have two bytes and stand in pairs.

    Hangul in UTF-8 has three bytes. Letters such as ``é`` or ``°`` have two, but rarely stand side by side, while a
    Korean word in CP949 has two bytes for each syllable.
    """
    if data.isascii() or _ONLY_SHORT.search(data):
        return False
    runs = [len(run) for run in _NON_ASCII_RUN.findall(data)]
    return sum(runs) / len(runs) >= 3 and _first_error(data, "cp949") is None


def _refuse(data: bytes, at: int, line: int, encoding: str) -> NoReturn:
    """Raises the error of an undecodable byte."""
    raise InvalidInput.of(
        "file",
        f"{line}번째 줄(바이트 위치 {at})의 0x{data[at]:02X}는 {encoding.upper()}(으)로 읽을 수 없는 바이트입니다. "
        "파일이 손상되지 않았는지 확인하고 UTF-8로 다시 저장해주세요.",
    )
