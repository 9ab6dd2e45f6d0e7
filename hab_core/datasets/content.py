"""What a file is by its content: everything that is plainly not CSV is refused, whatever its name says."""

from __future__ import annotations

import json
import re

from hab_core.errors import InvalidInput, UnsupportedFileType

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "엑셀(xlsx) 또는 ZIP 압축 파일"),
    (b"PK\x05\x06", "ZIP 압축 파일"),
    (b"\xd0\xcf\x11\xe0", "이전 형식의 엑셀(xls) 또는 한글(hwp) 문서"),
    (b"\x1f\x8b", "GZIP 압축 파일"),
    (b"BZh", "BZIP2 압축 파일"),
    (b"\xfd7zXZ\x00", "XZ 압축 파일"),
    (b"(\xb5/\xfd", "Zstandard 압축 파일"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip 압축 파일"),
    (b"Rar!\x1a\x07", "RAR 압축 파일"),
    (b"%PDF-", "PDF 문서"),
    (b"PAR1", "Parquet 파일"),
    (b"SQLite format 3\x00", "SQLite 데이터베이스"),
    (b"\x7fELF", "실행 파일"),
    (b"#!", "실행 스크립트"),
    (b"\x89PNG", "그림 파일"),
    (b"\xff\xd8\xff", "그림 파일"),
    (b"GIF8", "그림 파일"),
    (b"{\\rtf", "RTF 문서"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype|!--|\?xml|[a-z][a-z0-9:]*[\s/>])", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*(?:\"|\})|\[\s*(?:\{|\[|\"|\]|-?\d))")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_HEAD = 4096
_SMALL = 1 << 20
_BINARY_SHARE = 0.02


def refuse_other_types(data: bytes) -> None:
    """Refuses a file whose first bytes belong to another format.

    Raises:
        UnsupportedFileType: It is an archive, workbook, document, picture, executable, markup or JSON.
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            raise _unsupported(name)
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(head):
        raise _unsupported("HTML 또는 XML 문서")
    if _JSON.match(head) and _is_json(data.removeprefix(b"\xef\xbb\xbf"), head):
        raise _unsupported("JSON 파일")


def refuse_binary(data: bytes) -> None:
    """Refuses control characters in a file that is not UTF-16.

    Raises:
        UnsupportedFileType: So many of them that it is no text at all.
        InvalidInput: A NUL in a text; the message names the line.
    """
    head = data[:_HEAD]
    if len(_CONTROL.findall(head)) > max(1, len(head) * _BINARY_SHARE):
        raise _unsupported("실행 파일 또는 이진 파일")
    at = data.find(b"\x00")
    if at >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise InvalidInput.of("file", f"{line}번째 줄(바이트 위치 {at})에 NUL 문자(0x00)가 있어 읽을 수 없습니다.")


def _is_json(data: bytes, head: bytes) -> bool:
    """Tells whether a file that begins like JSON is JSON: a small one by parsing it, a large one by its first line."""
    text = data if len(data) <= _SMALL else head.lstrip().split(b"\n", 1)[0]
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return _begins_with_objects(head)


def _begins_with_objects(head: bytes) -> bool:
    """Tells whether the beginning reads as objects with named fields: JSON lines, or JSON too large or damaged."""
    return re.match(rb'\s*(?:\[\s*)*\{\s*"[^"]*"\s*:', head) is not None


def _unsupported(name: str) -> UnsupportedFileType:
    """Returns the refusal; its message is the contract's, the detail says what was found."""
    return UnsupportedFileType(details=[{"field": "file", "message": f"파일 내용이 {name}입니다."}])
