"""Nasty files and what each gives: shared by the tests of reading and by whoever wants to try them over HTTP."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Table:
    """The file is read: its columns, some facts of the report, pieces of its warnings in order."""

    columns: dict[str, list[Any]]
    warnings: tuple[str, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """The file is refused: the stable code, and what the message or its detail says."""

    code: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class Nasty:
    """One file and what it gives."""

    name: str
    make: Callable[[], bytes]
    gives: Table | Refused


KOREAN = "구,건수\n수성구,3\n달서구,5\n"
PLAIN = Table({"구": ["수성구", "달서구"], "건수": [3, 5]})


def plain(**report: Any) -> Table:
    """The table of ``KOREAN`` with other facts of the report."""
    return Table(PLAIN.columns, report=report)


def _zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", b"0," * 5_000_000)
    return packed.getvalue()


def _workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def _stray() -> bytes:
    values = [str(i) for i in range(1, 1001)]
    values[899] = "K"
    return ("나이,수\n" + "\n".join(f"{value},{i}" for i, value in enumerate(values)) + "\n").encode()


STRAY_AGES = ["K" if i == 900 else str(i) for i in range(1, 1001)]


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """Returns a maker of a text in an encoding."""
    return lambda: content.encode(encoding)


def refused(*says: str, code: str = "invalid_input") -> Refused:
    """Returns a refusal."""
    return Refused(code, says)


def unsupported(*says: str) -> Refused:
    """Returns the refusal of another file type."""
    return Refused("unsupported_file_type", says)


_DAY = date(2020, 3, 1)

NASTY: tuple[Nasty, ...] = (
    # encodings
    Nasty("UTF-8", text(KOREAN), plain(encoding="utf-8")),
    Nasty("UTF-8 with BOM", text(KOREAN, "utf-8-sig"), plain(encoding="utf-8-sig")),
    Nasty("CP949", text(KOREAN, "cp949"), plain(encoding="cp949")),
    Nasty("UTF-16 with BOM", text(KOREAN, "utf-16"), plain(encoding="utf-16")),
    Nasty("UTF-16 LE without BOM", text(KOREAN, "utf-16-le"), plain(encoding="utf-16")),
    Nasty("UTF-16 BE without BOM", text(KOREAN, "utf-16-be"), plain(encoding="utf-16")),
    Nasty(
        "CP949 letters that EUC-KR lacks",
        text("이름,수\n펲시콜라 뷁,1\n", "cp949"),
        Table({"이름": ["펲시콜라 뷁"], "수": [1]}, report={"encoding": "cp949"}),
    ),
    Nasty(
        "CP949 that is valid UTF-8 by chance",
        text("천천,추천\n1,2\n", "cp949"),
        Table({"천천": [1], "추천": [2]}, report={"encoding": "cp949"}),
    ),
    Nasty("a degree sign in UTF-8", text("온도(°C)\n21\n"), Table({"온도(°C)": [21]}, report={"encoding": "utf-8"})),
    Nasty(
        "one English UTF-8 symbol only",
        text("temp(°C),n\n21,1\n"),
        Table({"temp(°C)": [21], "n": [1]}, report={"encoding": "utf-8"}),
    ),
    Nasty(
        "Korean only after 3 MB of ASCII, CP949",
        lambda: b"a,b\n" + b"x,1\n" * 750_000 + "끝,2\n".encode("cp949"),
        Table({}, report={"encoding": "cp949"}),
    ),
    Nasty(
        "one undecodable byte in UTF-8",
        lambda: KOREAN.encode() + "동구,".encode() + b"\xff\n",
        refused("4번째 줄", "바이트 위치 42", "0xFF", "UTF-8"),
    ),
    Nasty(
        "one undecodable byte in CP949",
        lambda: KOREAN.encode("cp949") + b"\xff,1\n",
        refused("4번째 줄", "바이트 위치 26", "0xFF", "CP949"),
    ),
    Nasty("half a UTF-16 letter", lambda: KOREAN.encode("utf-16-le") + b"\x00\xd8\x0a\x00", refused("UTF-16")),
    # separators, line ends, quotes
    Nasty("semicolons", text(KOREAN.replace(",", ";")), plain(separator=";")),
    Nasty("tabs", text(KOREAN.replace(",", "\t")), plain(separator="\t")),
    Nasty("pipes", text(KOREAN.replace(",", "|")), plain(separator="|")),
    Nasty(
        "semicolons around decimal commas",
        text("a;b\n1,5;2,5\n3,5;4,5\n"),
        Table({"a": ["1,5", "3,5"], "b": ["2,5", "4,5"]}, report={"separator": ";"}),
    ),
    Nasty("Windows line ends", text(KOREAN.replace("\n", "\r\n")), plain(line_end="\r\n")),
    Nasty("old Macintosh line ends", text(KOREAN.replace("\n", "\r")), plain(line_end="\r")),
    Nasty("no line end at the end", text(KOREAN.rstrip()), plain()),
    Nasty("DOS end of file mark", lambda: KOREAN.encode() + b"\x1a", plain()),
    Nasty(
        "quoted line breaks, separators and quotes",
        text('a,b\n"첫 줄\n둘째 줄","x, ""y"""\n2,3\n'),
        Table({"a": ["첫 줄\n둘째 줄", "2"], "b": ['x, "y"', "3"]}),
    ),
    Nasty(
        "an inch mark inside an unquoted cell",
        text('품목,수\n5" 관,3\n7" 관,4\n'),
        Table({"품목": ['5" 관', '7" 관'], "수": [3, 4]}),
    ),
    Nasty(
        "inch marks beside quoted cells",
        text('품목,수\n5" 관,"1,000"\n"a,b",4\n'),
        Table({"품목": ['5" 관', "a,b"], "수": [1000, 4]}, ("큰따옴표",)),
    ),
    Nasty(
        "a blank before an opening quote",
        text('a,b\n1, "x, y"\n2, "z"\n'),
        Table({"a": [1, 2], "b": ["x, y", "z"]}, ("큰따옴표",)),
    ),
    Nasty("a quote never closed", text('a,b\n1,2\n"3,4\n5,6\n'), refused("3번째 줄", "큰따옴표")),
    Nasty(
        "a quote never closed, over 40 MB",
        lambda: b'a,b\n1,2\n"3,4\n' + b"5,6\n" * 10_000_000,
        refused("3번째 줄", "큰따옴표"),
    ),
    Nasty("a quote never closed in the last line", text('a,b\n1,2\n3,"4\n'), refused("3번째 줄", "큰따옴표")),
    # header and rows
    Nasty(
        "titles above the header",
        text("대구광역시 교통사고 현황\n(단위: 건)\n\n구,건수\n수성구,3\n달서구,5\n"),
        Table(PLAIN.columns, ("머리글 위의 줄 2개",), {"preamble": ["대구광역시 교통사고 현황", "(단위: 건)"]}),
    ),
    Nasty(
        "titles as a spreadsheet writes them",
        text("현황,,,\n,,,\n구,2019,2020,2021\n수성구,1,2,3\n달서구,4,5,6\n"),
        Table({"구": ["수성구", "달서구"], "2019": [1, 4], "2020": [2, 5], "2021": [3, 6]}, ("머리글 위의 줄 1개",)),
    ),
    Nasty(
        "repeated and blank names",
        text("값,값,,값_2\n1,2,3,4\n"),
        Table({"값": [1], "값_3": [2], "열3": [3], "값_2": [4]}, ("이름이 없는 열 1개", "이름이 겹치는 열 1개")),
    ),
    Nasty(
        "a separator too many on every line",
        text("a,b,\n1,2,\n3,4,\n"),
        Table({"a": [1, 3], "b": [2, 4]}, ("이름이 없는 열", "이름도 값도 없는 열 1개")),
    ),
    Nasty("empty cells beyond the header", text("a,b\n1,2,\n3,4,,\n"), Table({"a": [1, 3], "b": [2, 4]})),
    Nasty(
        "short rows",
        text("a,b,c\n1,2,3\n4\n5,6\n"),
        Table({"a": [1, 4, 5], "b": [2, None, 6], "c": [3, None, None]}, ("행 2개", "3번째 줄"), {"short_rows": 2}),
    ),
    Nasty("long rows", text("a,b\n1,2\n1,2,3\n4,5,6\n"), refused("행이 2개", "3, 4번째 줄")),
    Nasty("a header shorter than every row", text("a,b\n1,2,3\n4,5,6\n"), refused("2, 3번째 줄")),
    Nasty(
        "rows of nothing but separators",
        text("a,b\n1,2\n,\n , \n\n3,4\n,\n"),
        Table({"a": [1, 3], "b": [2, 4]}, ("값이 하나도 없는 행 3개",), {"empty_rows": 3}),
    ),
    Nasty("one column", text("이름\n가\n나\n"), Table({"이름": ["가", "나"]})),
    Nasty("an all-null column", text("a,b\n1,\n2,\n"), Table({"a": [1, 2], "b": [None, None]})),
    Nasty(
        "dangerous names",
        text('__class__,"""; drop table x",=1+1\n1,2,3\n'),
        Table({"__class__": [1], '"; drop table x': [2], "=1+1": [3]}),
    ),
    Nasty("no header", text("1,2\n3,4\n"), Table({"1": [3], "2": [4]}, ("첫 줄이 모두 숫자",))),
    Nasty("a line break in a name", text('"사고\n건수",b\n1,2\n'), Table({"사고 건수": [1], "b": [2]})),
    Nasty("empty", lambda: b"", refused("빈 파일")),
    Nasty("only a BOM", lambda: b"\xef\xbb\xbf", refused("빈 파일")),
    Nasty("only line breaks", lambda: b"\n\r\n\n", refused("빈 파일")),
    Nasty("header only", text("a,b,c\n"), refused("머리글만")),
    Nasty("header and empty rows only", text("a,b\n,\n,\n"), refused("값이 있는 데이터 행이 없습니다")),
    Nasty(
        "5,000 columns",
        lambda: (",".join(f"c{i}" for i in range(5000)) + "\n" + ",".join("1" * 5000) + "\n").encode(),
        refused("5,000개", "1,000개까지"),
    ),
    Nasty(
        "a cell of a million letters",
        lambda: b"a,b\n1," + b"x" * 1_000_000 + b"\n2,y\n",
        Table({"a": [1, 2], "b": ["x" * 1_000_000, "y"]}),
    ),
    Nasty("45 MB of separators", lambda: b"," * 45_000_000, refused("열이 45,000,001개")),
    Nasty("45 MB of line feeds", lambda: b"\n" * 45_000_000, refused("줄이 45,000,000개")),
    Nasty("45 MB of quotes", lambda: b'"' * 45_000_000, refused("머리글이 너무 깁니다")),
    Nasty("an odd number of quotes", lambda: b'"' * 45_001, refused("큰따옴표")),
    Nasty("a NUL", lambda: KOREAN.encode() + b"\x00,1\n", refused("4번째 줄", "NUL")),
    # types
    Nasty(
        "thousands separators",
        text('a,b\n"1,234",1\n"-56,789",2\n12,3\n"1,234.5",4\n'),
        Table({"a": [1234.0, -56789.0, 12.0, 1234.5], "b": [1, 2, 3, 4]}),
    ),
    Nasty("leading zeros", text("코드,수\n0012,1\n1234,2\n"), Table({"코드": ["0012", "1234"], "수": [1, 2]})),
    Nasty(
        "whole numbers beyond 64 bits",
        text("a\n99999999999999999999\n1\n"),
        Table({"a": ["99999999999999999999", "1"]}),
    ),
    Nasty("words like 1E5", text("동\n1E5\n2E3\n"), Table({"동": ["1E5", "2E3"]})),
    Nasty("exponents", text("a\n1e-05\n2.5E+3\n"), Table({"a": [1e-05, 2500.0]})),
    Nasty("digits of full width", text("a,b\n１２,１.5\n3,4.5\n"), Table({"a": ["１２", "3"], "b": ["１.5", "4.5"]})),
    Nasty("infinity is a word", text("a\ninf\n1\n2\n"), Table({"a": ["inf", "1", "2"]})),
    Nasty(
        "one stray letter in row 900",
        _stray,
        Table({"나이": STRAY_AGES, "수": list(range(1000))}, ("'나이'",)),
    ),
    Nasty(
        "a dash for missing",
        text("a,b\n1,x\n-,-\n3,y\n"),
        Table({"a": [1, None, 3], "b": ["x", "-", "y"]}, ("'-' 1개",)),
    ),
    Nasty(
        "blanks around numbers, not around text", text("a,b\n 1 , x \n 2,y\n"), Table({"a": [1, 2], "b": [" x ", "y"]})
    ),
    Nasty(
        "dates with hours",
        text("t\n2020-03-01 00\n2020-03-01 23\n"),
        Table({"t": [datetime(2020, 3, 1), datetime(2020, 3, 1, 23)]}),
    ),
    Nasty("Korean dates with hours", text("t\n2007년 1월 1일 01시\n"), Table({"t": [datetime(2007, 1, 1, 1)]})),
    Nasty("dates with points", text("t\n2020.3.1\n2020. 3. 1.\n"), Table({"t": [_DAY, _DAY]})),
    Nasty("compact dates", text("t\n20200301\n20200302\n"), Table({"t": [_DAY, date(2020, 3, 2)]})),
    Nasty("almost compact dates", text("t\n20200301\n20200399\n"), Table({"t": [20200301, 20200399]})),
    Nasty("afternoon", text("t\n2020-03-01 오후 3:05:09\n"), Table({"t": [datetime(2020, 3, 1, 15, 5, 9)]})),
    Nasty("hour 24", text("t\n2020-02-29 24:00\n"), Table({"t": [datetime(2020, 3, 1)]})),
    Nasty(
        "one date that is none",
        lambda: ("t\n" + "2020-03-01\n" * 30 + "2020-03-02\n2020-02-30\n").encode(),
        Table({"t": ["2020-03-01"] * 30 + ["2020-03-02", "2020-02-30"]}, ("32행의 '2020-02-30'",)),
    ),
    Nasty("year and month are no date", text("t\n2020.03\n2020.04\n"), Table({"t": [2020.03, 2020.04]})),
    # other formats
    Nasty("a workbook", _workbook, unsupported("엑셀")),
    Nasty("an old workbook", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, unsupported("xls")),
    Nasty("a zip bomb", _zip_bomb, unsupported("ZIP")),
    Nasty("gzip", lambda: gzip.compress(KOREAN.encode()), unsupported("GZIP")),
    Nasty("JSON", text('[{"a": 1}, {"a": 2}]'), unsupported("JSON")),
    Nasty("JSON lines", text('{"a": 1}\n{"a": 2}\n'), unsupported("JSON")),
    Nasty("HTML", text("<!DOCTYPE html>\n<html><body>로그인</body></html>"), unsupported("HTML")),
    Nasty("a piece of HTML", text("<table><tr><td>1</td></tr></table>"), unsupported("HTML")),
    Nasty("an ELF executable", lambda: b"\x7fELF\x02\x01\x01" + b"\0" * 100, unsupported("실행 파일")),
    Nasty(
        "a Windows executable",
        lambda: b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00" + bytes(range(256)),
        unsupported("실행"),
    ),
    Nasty("a script", text("#!/bin/sh\necho hi\n"), unsupported("스크립트")),
    Nasty("a name that begins like an executable", text("MZ세대,수\n1,2\n"), Table({"MZ세대": [1], "수": [2]})),
    Nasty(
        "a title in brackets",
        text("[단위: 명]\n구,수\n가,1\n"),
        Table({"구": ["가"], "수": [1]}, ("머리글 위의 줄 1개",)),
    ),
)
