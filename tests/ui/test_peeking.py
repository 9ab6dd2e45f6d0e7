"""The look at a file before it is sent."""

from __future__ import annotations

import pytest

from hab_client import FileTooLarge, UnsupportedFileType
from hab_ui.datasets.peeking import peek

TABLE = "이름,수\n가,1\n나,2\n"


@pytest.mark.parametrize(
    ("codec", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("cp949", "CP949"), ("utf-16", "UTF-16")]
)
def test_encodings(codec: str, name: str) -> None:
    seen = peek("표.csv", TABLE.encode(codec), 1)
    assert (seen.encoding, seen.header, seen.rows) == (name, ["이름", "수"], [["가", "1"], ["나", "2"]])


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separators(separator: str) -> None:
    assert peek("표.csv", TABLE.replace(",", separator).encode(), 1).header == ["이름", "수"]


@pytest.mark.parametrize("codec", ["utf-8", "cp949"])
def test_a_long_file_is_cut_between_lines_and_not_within_a_letter(codec: str) -> None:
    for shift in range(3):
        content = ("x" * shift + "가나다,라마바\n" * 20_000).encode(codec)
        assert "�" not in "".join(peek("표.csv", content, 1).header)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"PK\0\0"), ("a.XLSX", b"x"), ("a.json", b"[]"), ("a.hwp", b"x")]
)
def test_what_is_no_csv(name: str, content: bytes) -> None:
    with pytest.raises(UnsupportedFileType, match="CSV 형식만 지원됩니다"):
        peek(name, content, 1)


def test_too_large_names_the_limit_in_force() -> None:
    with pytest.raises(FileTooLarge, match="파일 크기는 1MB를 초과할 수 없습니다"):
        peek("a.csv", b"x" * (1024 * 1024 + 1), 1)


def test_an_empty_file_is_left_to_the_server() -> None:
    assert peek("a.csv", b"", 1).header == []
