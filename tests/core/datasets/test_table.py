"""Tables are lazy, know their columns and forgive no misspelling."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from hab_core.datasets.profile import profile_table
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.datasets import TableProfile

FRAME = pl.DataFrame(
    {
        "사고일": [date(2020, 1, 1), date(2020, 1, 2), None],
        "시군구": ["대구광역시 수성구 상동", "대구광역시 중구 남산동", None],
        "사망자수": [0, 1, 0],
        "비율": [0.5, float("nan"), None],
        "코드": ["001", "002", "003"],
        "여부": ["Y", "N", "Y"],
    }
)


def test_stored_columns_come_first_and_derived_ones_are_not_counted() -> None:
    table = Table.from_frame(FRAME)
    assert table.stored_columns == FRAME.columns == table.columns[:6]
    assert table.columns[6:] == ["사고일.연", "사고일.월", "사고일.일", "사고일.요일", "시군구.구", "시군구.동"]
    assert (table.rows, table.profile.columns) == (3, 6)
    assert table.frame.collect_schema().names() == table.columns


def test_kinds() -> None:
    kinds = Table.from_frame(FRAME).kinds
    assert [kinds[name] for name in FRAME.columns] == ["date", "category", "integer", "number", "code", "boolean"]
    assert kinds["사고일.요일"] == "category"


def test_nan_is_missing() -> None:
    profile = Table.from_frame(FRAME).profile.column_profiles[3]
    assert (profile.missing, profile.distinct, profile.mean, profile.std) == (2, 1, 0.5, None)


def test_opening_reads_nothing_but_what_is_selected(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    FRAME.write_parquet(path)
    table = Table.open(path, profile_table(FRAME.fill_nan(None)))
    assert "PROJECT 1/6 COLUMNS" in table.frame.select("사고일.월").explain()
    assert table.frame.select("사고일.월").collect().to_series().to_list() == [1, 1, None]
    path.unlink()
    with pytest.raises(FileNotFoundError):
        table.frame.select("사망자수").collect()


def test_a_profile_survives_json() -> None:
    profile = Table.from_frame(FRAME).profile
    assert TableProfile.model_validate_json(profile.model_dump_json()) == profile


def test_a_misspelt_column_names_the_nearest() -> None:
    table = Table.from_frame(FRAME)
    assert table.resolve(" 사망자수 ") == "사망자수"
    with pytest.raises(InvalidInput) as error:
        table.resolve("사망자", field="value_column")
    detail = error.value.details[0]
    assert detail["field"] == "value_column"
    assert detail["valid_values"][0] == "사망자수"
    assert "사망자수" in error.value.message


def test_a_column_like_none_lists_them_all() -> None:
    with pytest.raises(InvalidInput) as error:
        Table.from_frame(FRAME).resolve("xyz")
    assert error.value.details[0]["valid_values"] == Table.from_frame(FRAME).columns


@pytest.mark.parametrize("frame", [FRAME.head(0), FRAME.select(pl.lit(None, pl.String).alias("빈 열")), pl.DataFrame()])
def test_empty_tables_have_profiles(frame: pl.DataFrame) -> None:
    table = Table.from_frame(frame)
    assert table.rows == frame.height
    assert all(profile.top_values == [] for profile in table.profile.column_profiles)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("요일", ["월요일", "화요일"] * 50, "category"),
        ("동", [f"동{i % 300}" for i in range(9000)], "category"),
        ("설명", [f"글 {i}" for i in range(100)], "text"),
        ("관리번호", [f"주차{i}" for i in range(100)], "code"),
        ("우편번호", ["01234", "41911"], "code"),
        ("여부", ["예", "아니오", None], "boolean"),
        ("유무", ["유", "유"], "category"),
        ("여부", ["Y", "Y"], "boolean"),
        ("성별", ["남", "여"], "category"),
        ("빈", [None, None], "text"),
    ],
)
def test_kinds_of_text(name: str, values: list[str | None], kind: str) -> None:
    assert Table.from_frame(pl.DataFrame({name: pl.Series(values, dtype=pl.String)})).kind(name) == kind
