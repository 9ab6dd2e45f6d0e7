"""The records under the header as columns of text: short ones filled, long ones refused, empty ones left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hab_core.datasets.header import Header
from hab_core.datasets.layout import Layout
from hab_core.errors import InvalidInput

_MOST_EXTRA = 500
_NAMED_LINES = 5


class Body(NamedTuple):
    """The records of a table.

    Attributes:
        frame: Columns of text; blank cells null.
        words: The different values of each column.
        short_rows: How many records had fewer cells than the header.
        empty_rows: How many had separators but no value and were left out.
        warnings: Korean sentences about both.
    """

    frame: pl.DataFrame
    words: dict[str, pl.Series]
    short_rows: int
    empty_rows: int
    warnings: list[str]


def read_records(layout: Layout, header: Header) -> Body:
    """Returns the records under the header.

    Raises:
        InvalidInput: A record has more cells than the header and they are not empty, or no record has a value.
    """
    cells = layout.cells[header.record + 1 :]
    parsed = _parsed(layout, header, int(cells.max()))
    parsed, words = _without_blanks(parsed)
    frame = _named(parsed, layout, header)
    given = ~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if not given.any():
        raise InvalidInput.of("file", "머리글만 있고 값이 있는 데이터 행이 없습니다.")
    kept = given.to_numpy()
    short = np.flatnonzero(kept & (cells > 0) & (cells < len(header.names)))
    empty = int(np.count_nonzero(~kept & (cells > 1)))
    frame, warnings = _without_nameless(frame if given.all() else frame.filter(given), layout, header)
    warnings += _about_short(short, layout, header) + _about_empty(empty)
    by_name = {name: words[i] for i, name in enumerate(header.names) if name in frame.columns}
    return Body(frame, by_name, int(short.size), empty, warnings)


def _parsed(layout: Layout, header: Header, widest: int) -> pl.DataFrame:
    """Returns the records as columns of text, as many as the longest record has."""
    width = max(widest, len(header.names))
    if width > len(header.names) + _MOST_EXTRA:
        _refuse_long(layout, header, np.flatnonzero(layout.cells[header.record + 1 :] == widest))
    first = layout.separator.join(f"c{i}" for i in range(width)).encode()
    start = int(layout.starts[header.record + 1])
    unreadable = InvalidInput.of("file", "행의 구조를 읽을 수 없습니다. 따옴표와 줄바꿈을 확인해주세요.")
    try:
        frame = pl.read_csv(
            b"\n".join((first, layout.data[start:])),
            separator=layout.separator,
            quote_char='"' if layout.quoted else None,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.ComputeError as error:
        raise unreadable from error
    if frame.height != layout.starts.size - header.record - 1:
        raise unreadable
    return frame


def _without_blanks(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Returns the columns with null for cells of nothing but blanks, and the different values of each."""
    words = [frame[name].unique().drop_nulls() for name in frame.columns]
    blank = [not found.str.contains(r"\S").all() for found in words]
    names = [name for name, has_blanks in zip(frame.columns, blank, strict=True) if has_blanks]
    if not names:
        return frame, words
    visible = pl.col(names).str.contains(r"\S")
    clean = frame.with_columns(pl.when(visible).then(pl.col(names)))
    return clean, [found.filter(found.str.contains(r"\S")) for found in words]


def _named(frame: pl.DataFrame, layout: Layout, header: Header) -> pl.DataFrame:
    """Returns the columns of the header under their names; refuses records with values beyond them."""
    width = len(header.names)
    beyond = frame[:, width:]
    if beyond.width:
        long = beyond.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
        if long.any():
            _refuse_long(layout, header, np.flatnonzero(long.to_numpy()))
    named = frame[:, :width]
    named.columns = header.names
    return named


def _refuse_long(layout: Layout, header: Header, rows: NDArray[np.intp]) -> None:
    """Raises the error of records that are longer than the header; names the first lines."""
    lines = [layout.line(header.record + 1 + int(row)) for row in rows[:_NAMED_LINES]]
    cells = int(layout.cells[header.record + 1 + int(rows[0])])
    raise InvalidInput.of(
        "file",
        f"머리글의 열은 {len(header.names):,}개인데 더 많은 값이 있는 행이 {rows.size:,}개 있습니다: "
        f"{', '.join(f'{line:,}' for line in lines)}번째 줄(첫 행 {cells:,}개). 구분자와 따옴표를 확인해주세요.",
    )


def _without_nameless(frame: pl.DataFrame, layout: Layout, header: Header) -> tuple[pl.DataFrame, list[str]]:
    """Returns the table without columns that have neither a name in the header nor a value."""
    written = layout.record(header.record)
    nothing = [
        name
        for name, cell in zip(header.names, written, strict=True)
        if not cell.strip() and frame[name].null_count() == frame.height
    ]
    if not nothing or len(nothing) == frame.width:
        return frame, []
    return frame.drop(nothing), [f"이름도 값도 없는 열 {len(nothing)}개를 제외했습니다."]


def _about_short(short: NDArray[np.intp], layout: Layout, header: Header) -> list[str]:
    """Returns the warning about filled records."""
    if not short.size:
        return []
    line = layout.line(header.record + 1 + int(short[0]))
    filled = f"열이 {len(header.names):,}개보다 적은 행 {short.size:,}개의 빈 자리를 빈 값으로 채웠습니다"
    return [f"{filled}(첫 행은 {line:,}번째 줄)."]


def _about_empty(empty: int) -> list[str]:
    """Returns the warning about records without a value."""
    return [f"값이 하나도 없는 행 {empty:,}개를 제외했습니다."] if empty else []
