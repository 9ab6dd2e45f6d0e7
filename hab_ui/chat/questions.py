"""Three questions to begin with, made from what a dataset holds."""

from __future__ import annotations

from hab_core.schemas.datasets import ColumnProfile, DatasetDetail

OFFERED = 3
_FEW, _MANY = 2, 60
_SEVERITY = "ECLO"


def example_questions(dataset: DatasetDetail) -> list[str]:
    """Returns three different questions that a dataset can answer, also without a key."""
    rules = {column.rule for column in dataset.derived_columns}
    classes = [column.name for column in dataset.column_profiles if _is_class(column)]
    numbers = [column.name for column in dataset.derived_columns if column.rule == "eclo"]
    numbers += [column.name for column in dataset.column_profiles if column.kind in ("integer", "number")]
    numbers.sort(key=lambda name: name != _SEVERITY)
    offered = []
    if "hour" in rules:
        accidents = any(column.name.startswith("사고") for column in dataset.column_profiles)
        offered.append("사고가 가장 많은 시간대는?" if accidents else "가장 많은 시간대는?")
    elif "month" in rules:
        offered.append("월별 건수는?")
    if classes and numbers:
        offered.append(f"{classes[0]}별 평균 {numbers[0]}은?")
    if classes:
        offered.append(f"{classes[-1]}별 건수는?")
    if numbers:
        offered.append(f"{numbers[0]}의 평균은?")
    offered += ["결측치가 있는 열은?", "행과 열은 몇 개야?", "예시로 몇 줄만 보여줘"]
    return list(dict.fromkeys(offered))[:OFFERED]


def _is_class(column: ColumnProfile) -> bool:
    """Tells whether the values of a column are few enough to be compared."""
    return column.kind == "category" and _FEW <= column.distinct <= _MANY
