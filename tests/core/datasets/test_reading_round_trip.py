"""Whatever is written in any encoding, separator, quoting and line end is read as the same table."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hab_core.datasets.reading import read_csv
from hab_core.errors import HabError
from hab_core.schemas.datasets import ReadReport

ENCODINGS = ("utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be")
SEPARATORS = (",", ";", "\t", "|")
LETTERS = "가나다라마바사아자차카타파하힣대구abcXYZ 0123456789.-/:()%'\",;|\n·℃"
NAMES = st.lists(
    st.text("가나다라마바사abcXYZ_", min_size=1, max_size=8).map(lambda name: f"열{name}"),
    min_size=2,
    max_size=6,
    unique=True,
)


def cells() -> st.SearchStrategy[str]:
    """Text that is no number, date or word for missing, and not blank."""
    return st.text(LETTERS, max_size=12).map(lambda cell: f"가{cell}")


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Tables of text, with missing cells but without empty rows."""
    names = draw(NAMES)
    rows = draw(st.integers(1, 12))
    columns = {name: draw(st.lists(st.none() | cells(), min_size=rows, max_size=rows)) for name in names}
    columns[names[0]] = draw(st.lists(cells(), min_size=rows, max_size=rows))
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def written(frame: pl.DataFrame, encoding: str, separator: str, quoting: int, line_end: str) -> bytes:
    """Returns a table as a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=line_end)
    writer.writerow(frame.columns)
    writer.writerows(frame.iter_rows())
    return out.getvalue().encode(encoding)


@given(
    tables(),
    st.sampled_from(ENCODINGS),
    st.sampled_from(SEPARATORS),
    st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    st.sampled_from(("\n", "\r\n")),
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_table_comes_back_as_it_was_written(
    frame: pl.DataFrame, encoding: str, separator: str, quoting: int, line_end: str
) -> None:
    found, report = read_csv(written(frame, encoding, separator, quoting, line_end))
    assert report.separator == separator
    assert report.encoding in (encoding, encoding[:6], "utf-8" if encoding == "cp949" else encoding)
    assert found.equals(frame, null_equal=True), (found, report)


@given(tables(), st.sampled_from(SEPARATORS))
@settings(max_examples=60, deadline=None)
def test_old_macintosh_line_ends_come_back_as_line_feeds(frame: pl.DataFrame, separator: str) -> None:
    found, report = read_csv(written(frame, "utf-8", separator, csv.QUOTE_ALL, "\n").replace(b"\n", b"\r"))
    assert report.line_end == "\r"
    assert found.equals(frame, null_equal=True)


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.dates(date(1900, 1, 1), date(2100, 12, 31)),
            st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=150, deadline=None)
def test_numbers_and_dates_come_back_as_such(rows: list[tuple[int, float, date, datetime]]) -> None:
    frame = pl.DataFrame(
        rows, schema={"수": pl.Int64, "값": pl.Float64, "날": pl.Date, "때": pl.Datetime}, orient="row"
    )
    found, _ = read_csv(frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S%.6f").encode())
    assert found.equals(frame), (found, frame)


def read_or_refused(data: bytes) -> tuple[pl.DataFrame, ReadReport] | int:
    """Returns the table, or the status of the refusal."""
    try:
        return read_csv(data)
    except HabError as refusal:
        return refusal.status


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    given = read_or_refused(data)
    if isinstance(given, int):
        assert given in (415, 422)
        return
    frame, _ = given
    assert frame.height > 0
    invented = any("\ufffd" in str(cell) for row in frame.iter_rows() for cell in row)
    assert not invented or "\ufffd".encode() in data


@given(st.text('ab1,;"\n\r\t| ', max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_layout_is_read_or_refused(content: str) -> None:
    given = read_or_refused(content.encode())
    if isinstance(given, int):
        assert given == 422
        return
    frame, report = given
    assert frame.height > 0
    assert len(set(frame.columns)) == frame.width
    assert report.encoding == "utf-8"
