"""A downloaded table opens safely in a spreadsheet and reads back the same."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from hab_core.datasets.download import csv_parts
from hab_core.datasets.reading import read_csv

FRAME = pl.DataFrame(
    {
        "글": ["가", '따옴표 "와", 쉼표', "줄\n바꿈", None],
        "코드": ["001", "002", None, "004"],
        "수": [1, -2, None, 4],
        "값": [0.1, -1e-9, None, 1e300],
        "날": [date(2020, 1, 1), None, date(2020, 1, 3), date(2020, 1, 4)],
        "때": [datetime(2020, 1, 1, 1), datetime(2020, 1, 1, 2, 3, 4), None, datetime(2020, 1, 1)],
    }
)


def test_what_was_downloaded_reads_back_the_same() -> None:
    data = b"".join(csv_parts(FRAME.lazy(), rows=3))
    assert data.startswith(b"\xef\xbb\xbf")
    found, report = read_csv(data)
    assert found.equals(FRAME)
    assert report.line_end == "\r\n"


def test_formulas_are_escaped_and_negative_numbers_are_not() -> None:
    frame = pl.DataFrame({"=이름": ["=1+1", "+x", "-2", "-3.5", "@a", "\tb", "보통", None], "수": [-1] * 8})
    lines = b"".join(csv_parts(frame.lazy())).decode("utf-8-sig").split("\r\n")
    assert lines == [
        "'=이름,수", "'=1+1,-1", "'+x,-1", "-2,-1", "-3.5,-1", "'@a,-1", "'\tb,-1", "보통,-1", ",-1", "",
    ]  # fmt: skip
