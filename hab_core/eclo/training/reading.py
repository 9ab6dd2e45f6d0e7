"""Reads accidents with their outcome from TAAS exports and competition files.

Two shapes are understood, told apart by their columns: a TAAS export has the casualties of each accident (사망자수,
중상자수, 경상자수, 부상신고자수), a competition file has ``ECLO`` itself and may lack 시군구. Either may be gzipped, in
UTF-8 with or without BOM, or in CP949.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hab_core.eclo.categories import (
    canonical_accident_type,
    canonical_road_type,
    canonical_surface,
    canonical_weather,
    parse_moment,
)
from hab_core.eclo.rows import decode_csv
from hab_core.eclo.training.records import Records, joined
from hab_core.errors import InvalidInput, UnsupportedFileType
from hab_core.regions import gu_of
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS

CASUALTIES = {"사망자수": 10, "중상자수": 5, "경상자수": 3, "부상신고자수": 1}
"""What one person of each kind adds to the ECLO of an accident."""
TARGET = "ECLO"
_MOMENT, _DISTRICT = "사고일시", "시군구"
_CATEGORIES: dict[str, tuple[Callable[[str], str], tuple[str, ...] | None]] = {
    "기상상태": (canonical_weather, WEATHERS),
    "노면상태": (canonical_surface, ROAD_SURFACES),
    "도로형태": (canonical_road_type, None),
    "사고유형": (canonical_accident_type, ACCIDENT_TYPES),
}
_GZIP = b"\x1f\x8b"
_MOST_LEFT_OUT = 0.05
"""Share of rows of one file that may be left out before the file is refused as something else."""


class Source(NamedTuple):
    """What was read.

    Attributes:
        records: The accidents of all files, in their order.
        left_out: Number of rows left out because a category or the place is none of Daegu's.
    """

    records: Records
    left_out: int


def read_training_files(paths: Sequence[Path]) -> Source:
    """Returns the accidents of all files.

    Raises:
        InvalidInput: A file is missing, empty, given twice, or holds a row without a usable moment or target.
        UnsupportedFileType: A file is not a CSV.
    """
    if not paths:
        raise InvalidInput.of("data", "학습할 파일을 하나 이상 지정해주세요.")
    contents = {path: _content(path) for path in paths}
    digests = {path: sha256(content).digest() for path, content in contents.items()}
    if len(set(digests.values())) < len(paths):
        raise InvalidInput.of("data", "같은 파일이 두 번 지정되었습니다. 사고가 중복되지 않게 한 번씩만 지정해주세요.")
    parts = [read_records(contents[path], path.name) for path in paths]
    return Source(joined([part.records for part in parts]), sum(part.left_out for part in parts))


def read_records(content: bytes, name: str) -> Source:
    """Returns the accidents of one file.

    Args:
        content: The file, gzipped or not.
        name: What messages call it.

    Raises:
        InvalidInput: A column is missing, or a row has no usable moment or target.
        UnsupportedFileType: The content is not a CSV.
    """
    reader = csv.reader(io.StringIO(decode_csv(_unpacked(content, name)), newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        read = _row_reader(header, name)
        rows = [read(cells, reader.line_num) for cells in reader if cells]
    except csv.Error as error:
        raise _error(name, f"{reader.line_num}번째 줄을 CSV로 읽을 수 없습니다: {error}") from error
    kept = [row for row in rows if row is not None]
    left_out = len(rows) - len(kept)
    if not kept:
        raise _error(name, "학습에 쓸 수 있는 사고가 없습니다.")
    if left_out > max(10, _MOST_LEFT_OUT * len(rows)):
        raise _error(name, f"{len(rows):,}행 가운데 {left_out:,}행의 값이 대구 교통사고의 분류와 다릅니다.")
    return Source(_to_records(kept), left_out)


def _content(path: Path) -> bytes:
    """Returns the bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput.of("data", f"파일을 읽을 수 없습니다: {path} ({error.strerror})") from error


def _unpacked(content: bytes, name: str) -> bytes:
    """Returns the content without gzip."""
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UnsupportedFileType(f"{name}: 압축을 풀 수 없습니다. 파일이 손상되었는지 확인해주세요.") from error


def _row_reader(header: Sequence[str], name: str) -> Callable[[Sequence[str], int], tuple[Any, ...] | None]:
    """Returns the function that reads one row of a file with this header; None is a row to leave out."""
    position = {column: index for index, column in enumerate(header)}
    target = _target_reader(position, name)
    missing = [column for column in (_MOMENT, *_CATEGORIES) if column not in position]
    if missing:
        raise _error(name, f"필요한 열이 없습니다: {', '.join(missing)}")
    place = position.get(_DISTRICT)

    def read(cells: Sequence[str], line: int) -> tuple[Any, ...] | None:
        if len(cells) < len(header):
            raise _error(name, f"{line}번째 줄의 값이 머리글의 열({len(header)}개)보다 적습니다.")
        moment = parse_moment(cells[position[_MOMENT]].strip())
        if moment is None:
            raise _error(name, f"{line}번째 줄의 사고일시를 읽을 수 없습니다: '{cells[position[_MOMENT]][:40]}'")
        eclo = target(cells, line)
        categories = list(_categories(cells, position))
        district = None if place is None else " ".join(cells[place].split()) or None
        if None in categories or (district is not None and gu_of(district) is None):
            return None
        return (*categories, district, moment.year, moment.month, moment.day, moment.hour, eclo)

    return read


def _target_reader(position: Mapping[str, int], name: str) -> Callable[[Sequence[str], int], float]:
    """Returns the function that reads the ECLO of a row, from its column or from the casualties."""
    if TARGET in position:
        weights = {TARGET: 1}
    elif all(column in position for column in CASUALTIES):
        weights = CASUALTIES
    else:
        raise _error(name, f"ECLO 열이나 사상자 열({', '.join(CASUALTIES)})이 있어야 학습할 수 있습니다.")

    def read(cells: Sequence[str], line: int) -> float:
        total = 0.0
        for column, weight in weights.items():
            value = _number(cells[position[column]])
            if not 0 <= value < math.inf:
                given = cells[position[column]].strip()[:40]
                raise _error(name, f"{line}번째 줄의 {column} 값이 0 이상의 수가 아닙니다: '{given}'")
            total += weight * value
        return total

    return read


def _categories(cells: Sequence[str], position: Mapping[str, int]) -> Iterator[str | None]:
    """Yields the canonical value of each category, None where it is unknown."""
    for column, (canonical, valid) in _CATEGORIES.items():
        value = canonical(cells[position[column]].strip())
        yield value if value and (valid is None or value in valid) else None


def _number(text: str) -> float:
    """Returns a number, NaN where the text is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _to_records(rows: Sequence[tuple[Any, ...]]) -> Records:
    """Returns rows as columns."""
    columns = list(zip(*rows, strict=True))
    types = [object] * 5 + [np.intp] * 4 + [np.float64]
    names = [each.name for each in fields(Records)]
    arrays = (np.array(column, dtype=kind) for column, kind in zip(columns, types, strict=True))
    return Records(**dict(zip(names, arrays, strict=True)))


def _error(name: str, message: str) -> InvalidInput:
    """Returns the error of one file."""
    return InvalidInput.of("data", f"{name}: {message}")
