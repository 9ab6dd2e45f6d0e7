"""What each nasty file gives: a table with its warnings, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.errors import HabError
from tests.core.datasets.nasty import NASTY, Nasty, Refused, Table


@pytest.mark.parametrize("file", NASTY, ids=lambda file: file.name)
def test_a_nasty_file_gives_what_it_should(file: Nasty) -> None:
    data = file.make()
    if isinstance(file.gives, Refused):
        _is_refused(data, file.gives)
    else:
        _is_read(data, file.gives)


def _is_refused(data: bytes, expected: Refused) -> None:
    with pytest.raises(HabError) as refusal:
        read_csv(data)
    assert refusal.value.code == expected.code
    said = " ".join([refusal.value.message, *(detail["message"] for detail in refusal.value.details)])
    assert all(part in said for part in expected.says), said
    assert refusal.value.details[0]["field"] == "file"


def _is_read(data: bytes, expected: Table) -> None:
    frame, report = read_csv(data)
    if expected.columns:
        assert frame.to_dict(as_series=False) == expected.columns
    said = " ".join(report.warnings)
    assert _in_order(expected.warnings, said), report.warnings
    assert bool(expected.warnings) == bool(report.warnings), report.warnings
    assert report.model_dump(include=set(expected.report)) == expected.report
    assert profile_table(frame).rows == frame.height


def _in_order(parts: Sequence[str], said: str) -> bool:
    position = 0
    for part in parts:
        position = said.find(part, position)
        if position < 0:
            return False
    return True


def test_names_of_the_table_are_unique() -> None:
    assert len({file.name for file in NASTY}) == len(NASTY) >= 30


def test_a_file_is_read_from_its_path_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "표.xlsx"
    path.write_bytes("구,수\n가,1\n".encode())
    frame, _ = read_csv(path)
    assert frame.rows() == [("가", 1)]
