"""Rows of a batch, from JSON or CSV, under English or Korean names: to accidents, to scores, to errors of their own."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from hab_core.eclo.categories import (
    COLUMNS,
    LABELS,
    canonical_accident_type,
    canonical_road_type,
    canonical_surface,
    canonical_weather,
    canonical_weekday,
    parse_moment,
)
from hab_core.eclo.model import EcloModel
from hab_core.errors import ErrorDetail, HabError, InvalidInput, UnsupportedFileType
from hab_core.schemas.eclo import MAX_BATCH_ROWS, Accident, EcloScore
from hab_core.schemas.validation import invalid_input

REQUIRED = ("weather", "road_surface", "road_type", "accident_type", "district")
MOMENT = "occurred_at"
MOMENT_PARTS = ("accident_year", "accident_month", "accident_day", "accident_hour")
_EMPTY = "값이 비어 있습니다."
_CANONICAL: dict[str, Callable[[str], object]] = {
    "weather": canonical_weather,
    "road_surface": canonical_surface,
    "road_type": canonical_road_type,
    "accident_type": canonical_accident_type,
    "day_of_week": canonical_weekday,
    "occurred_at": lambda text: parse_moment(text) or text,
    **dict.fromkeys(MOMENT_PARTS, lambda text: int(text) if text.isdecimal() and len(text) <= 4 else text),
}


class ScoredRow(NamedTuple):
    """A row that could be read, and its score."""

    accident: Accident
    score: EcloScore


def score_batch(model: EcloModel, rows: Sequence[Mapping[str, object]]) -> list[EcloScore | HabError]:
    """Returns for each row its score, or the error that says what is wrong with it; good rows are scored together."""
    return [found if isinstance(found, HabError) else found.score for found in score_rows(model, rows)]


def score_rows(model: EcloModel, rows: Sequence[Mapping[str, object]]) -> list[ScoredRow | HabError]:
    """Returns what :func:`score_batch` returns, each score with the accident that was read from its row."""
    outcomes: list[ScoredRow | HabError | None] = [None] * len(rows)
    accidents: list[Accident] = []
    places: list[int] = []
    for index, row in enumerate(rows):
        try:
            accident = accident_from_row(row)
            model.table.place(accident.district)
        except InvalidInput as error:
            outcomes[index] = error
        else:
            accidents.append(accident)
            places.append(index)
    for index, accident, score in zip(places, accidents, model.score_rows(accidents), strict=True):
        outcomes[index] = ScoredRow(accident, score)
    return [outcome for outcome in outcomes if outcome is not None]


def accident_from_row(row: Mapping[str, object]) -> Accident:
    """Returns the accident that a row describes.

    Names may be those of the wire or the Korean ones of TAAS and competition files; other columns are ignored. Numbers
    may be text, since a CSV holds nothing else, and categories may be written as those sources write them.

    Raises:
        InvalidInput: A value is missing or wrong; the details name the column as the row does.
    """
    names: dict[str, str] = {}
    values: dict[str, object] = {}
    for name, value in row.items():
        wire = COLUMNS.get(name, name)
        if wire in LABELS and not (wire in values and _is_empty(value)):
            names[wire] = name
            values[wire] = value
    empty = {name for name in values if _is_empty(values[name])}
    needed = REQUIRED if all(name in values for name in MOMENT_PARTS) else (*REQUIRED, MOMENT)
    wrong = [name for name in needed if name in empty]
    if wrong:
        raise _row_error([{"field": names[name], "message": _EMPTY} for name in wrong])
    given = {name: _read(name, value) for name, value in values.items() if name not in empty}
    try:
        return Accident.model_validate(given)
    except ValidationError as error:
        details = invalid_input(error).details
        raise _row_error([_renamed(detail, names) for detail in details]) from None


def missing_columns(names: Iterable[str]) -> InvalidInput | None:
    """Returns the error of a table that lacks columns every row needs, or None where all are there."""
    have = {COLUMNS.get(name, name) for name in names}
    missing = [name for name in REQUIRED if name not in have]
    if MOMENT not in have and not have.issuperset(MOMENT_PARTS):
        missing.append(MOMENT)
    if not missing:
        return None
    labels = ", ".join(f"{LABELS[name]}({name})" for name in missing)
    return InvalidInput(
        f"필요한 열이 없습니다: {labels}",
        details=[{"field": name, "message": f"필요한 열이 없습니다: {LABELS[name]}"} for name in missing],
    )


def read_batch_csv(data: bytes) -> list[dict[str, str]]:
    """Returns the rows of an uploaded CSV by column name; UTF-8, with or without BOM, and CP949 are understood.

    Short rows lack their last values, which become those rows' errors.

    Raises:
        UnsupportedFileType: The content is not text.
        InvalidInput: There is no row, a column is missing or doubled, or a row is longer than the header.
    """
    reader = csv.reader(io.StringIO(decode_csv(data), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(set(header)) != len(header):
            raise InvalidInput.of("file", "열 이름이 중복되었습니다. 머리글을 확인해주세요.")
        rows = [_row(header, cells, reader.line_num) for cells in reader if cells]
    except csv.Error as error:
        raise InvalidInput.of("file", f"CSV의 {reader.line_num}번째 줄을 읽을 수 없습니다: {error}") from error
    missing = missing_columns(header)
    if missing:
        raise missing
    if not rows:
        raise InvalidInput.of("file", "CSV에 데이터 행이 없습니다.")
    if len(rows) > MAX_BATCH_ROWS:
        raise InvalidInput.of("file", f"한 번에 {MAX_BATCH_ROWS:,}행까지 예측할 수 있습니다 (보낸 행: {len(rows):,}).")
    return rows


def decode_csv(data: bytes) -> str:
    """Returns the text of a CSV in UTF-8, with or without BOM, or CP949.

    Raises:
        UnsupportedFileType: It is neither.
    """
    if b"\0" in data:
        raise UnsupportedFileType
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue  # the next encoding may fit
    raise UnsupportedFileType("CSV 형식만 지원됩니다. 파일의 인코딩을 UTF-8 또는 CP949로 저장해주세요.")


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> dict[str, str]:
    """Returns one row by column name; extra cells are allowed only where they are empty."""
    if any(cells[len(header) :]):
        raise InvalidInput.of("file", f"{line}번째 줄의 값이 머리글의 열({len(header)}개)보다 많습니다.")
    return dict(zip(header, cells, strict=False))


def _read(name: str, value: object) -> object:
    """Returns a value as ``Accident`` takes it: text trimmed, under its present name, and as a number where one is."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    canonical = _CANONICAL.get(name)
    return text if canonical is None else canonical(text)


def _is_empty(value: object) -> bool:
    """Returns whether a cell holds nothing: null, NaN or blank text."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _renamed(detail: ErrorDetail, names: Mapping[str, str]) -> ErrorDetail:
    """Returns a detail with its field named as the row names it."""
    return {**detail, "field": names.get(detail["field"], detail["field"])}


def _row_error(details: list[ErrorDetail]) -> InvalidInput:
    """Returns the error of a row; the first detail gives the message."""
    return InvalidInput(f"{details[0]['field']}: {details[0]['message']}", details=details)
