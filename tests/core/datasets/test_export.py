"""Cells of exported tables."""

from __future__ import annotations

import csv
import io

import pytest

from hab_core.datasets.export import UTF8_BOM, csv_cell, csv_lines, escape_formula


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "+82-53-000", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\nx", "-", "+"],
)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-3.5", "+7", "-1,234.5", "-.5", "-1e-3", "-12%", "1-2", "교차로 - 교차로안", " =1", "'=1"]
)
def test_numbers_and_ordinary_text_stay(text: str) -> None:
    assert escape_formula(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (3, "3"), (-2.5, "-2.5"), (True, "true"), (["=1"], '["=1"]'), ({"가": 1}, '{"가": 1}'), ("=1", "'=1")],
)
def test_any_value_becomes_a_cell(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


def test_lines_are_read_back_as_they_were() -> None:
    rows = [["도로, 형태", 'a "b"', "줄\n바꿈"], [1, None, "\ud800"]]
    written = csv_lines(rows)
    assert not written.startswith(UTF8_BOM)
    read = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert read == [["도로, 형태", 'a "b"', "줄\n바꿈"], ["1", "", "?"]]
