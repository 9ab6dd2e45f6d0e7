from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hab_core.schemas.datasets import DatasetDetail
from hab_ui.chat.questions import OFFERED, example_questions


def _dataset(columns: list[tuple[str, str, int]], rules: dict[str, str] | None = None) -> DatasetDetail:
    fields: dict[str, Any] = {
        "id": "ds_1", "name": "표", "rows": 10, "columns": len(columns), "size_bytes": 1, "encoding": "utf-8",
        "content_hash": "sha256:0", "uploaded_at": datetime(2026, 1, 1, tzinfo=UTC),
        "column_profiles": [
            {"name": name, "kind": kind, "missing": 0, "distinct": distinct} for name, kind, distinct in columns
        ],
        "derived_columns": [
            {"name": name, "rule": rule, "sources": [], "kind": "integer"} for name, rule in (rules or {}).items()
        ],
    }  # fmt: skip
    return DatasetDetail.model_validate(fields)


def test_accidents_are_asked_about_time_severity_and_counts() -> None:
    table = _dataset(
        [("사고일시", "date", 900), ("요일", "category", 7), ("사망자수", "integer", 3), ("사고유형", "category", 3)],
        {"사고일시.시": "hour", "ECLO": "eclo"},
    )
    assert example_questions(table) == ["사고가 가장 많은 시간대는?", "요일별 평균 ECLO은?", "사고유형별 건수는?"]


def test_a_column_of_severity_comes_before_other_numbers() -> None:
    table = _dataset([("구", "category", 8), ("대수", "integer", 9), ("ECLO", "integer", 9)])
    assert "구별 평균 ECLO은?" in example_questions(table)


def test_a_table_without_dates_or_classes_still_has_three_questions() -> None:
    found = example_questions(_dataset([("이름", "text", 10)]))
    assert len(found) == len(set(found)) == OFFERED


def test_what_cannot_be_compared_is_not_offered() -> None:
    table = _dataset([("상호", "category", 5_000), ("국가", "category", 1), ("면수", "integer", 40)])
    assert not [each for each in example_questions(table) if "상호" in each or "국가" in each]
