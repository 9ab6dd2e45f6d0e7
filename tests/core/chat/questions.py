"""The questions the offline analyst is measured by, and how a plan is compared with what was expected."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hab_core.chat.offline.calls import Call

HERE = Path(__file__).parent
DEVELOPMENT = HERE / "questions_development.tsv"
HELD_OUT = HERE / "questions_held_out.tsv"
_UNITS = {"연": "@year", "월": "@month", "일": "@day", "요일": "@weekday", "시": "@hour", "시간대": "@period"}
_BY = {
    "year": "@year", "month": "@month", "day": "@day", "weekday": "@weekday", "hour": "@hour", "time_period": "@period",
}  # fmt: skip
_NIGHT = {*range(18, 24), *range(6)}
_WORDS: dict[str, set[Any]] = {
    "야간": _NIGHT, "주간": set(range(6, 18)), "심야": {22, 23, *range(7)}, "출근시간대": {7, 8, 9},
    "퇴근시간대": {18, 19, 20, 21}, "주말": {"토요일", "일요일"}, "30대": {f"{n}세" for n in range(30, 40)},
    "20대": {f"{n}세" for n in range(20, 30)},
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """One question with what a right plan has; an empty ``columns`` is not compared."""

    dataset: str
    intent: str
    question: str
    tools: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    aggregate: str
    where: tuple[str, ...]


def load(path: Path) -> list[Expected]:
    """Returns the questions of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_expected(row) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _expected(row: list[str]) -> Expected:
    dataset, intent, question, tools, columns, aggregate, where = [*row, "", "", ""][:7]
    groups = () if columns in ("", "-") else tuple(tuple(_wide(each)) for each in columns.split(";"))
    return Expected(
        dataset, intent, question, () if tools == "-" else tuple(tools.split("|")), groups, aggregate,
        tuple(filter(None, (each.strip() for each in where.split(";")))),
    )  # fmt: skip


def _wide(alternatives: str) -> list[str]:
    return [wide for each in alternatives.split("|") for wide in (["@hour", "@period"] if each == "@time" else [each])]


def canonical(column: str) -> str:
    """Returns a column, or the unit it stands for, whichever column of the table that is."""
    stem, _, suffix = column.rpartition(".")
    if column == "요일":
        return "@weekday"
    if suffix in ("구", "동") or column in ("시군구명",):
        return "@dong" if suffix == "동" else "@gu"
    return _UNITS[suffix] if stem and suffix in _UNITS else column


def used(call: Call) -> set[str]:
    """Returns the columns that a call groups by or computes of."""
    arguments = call.arguments
    found: set[str] = set()
    for name in ("column", "columns", "group_by", "value_column", "target_column"):
        value = arguments.get(name)
        shown = name == "columns" and call.tool in ("sort_dataframe", "filter_dataframe", "get_sample_rows")
        if value and not shown and not (name == "column" and call.tool == "get_temporal_pattern"):
            found |= {canonical(each) for each in ([value] if isinstance(value, str) else value)}
    if "by" in arguments and call.tool == "get_temporal_pattern":
        found.add(_BY[arguments["by"]])
    return found


def right(expected: Expected, calls: list[Call]) -> bool:
    """Whether some call has an expected tool, the expected columns, function and conditions."""
    if not expected.tools:
        return not calls
    return any(_matches(expected, call) for call in calls)


def _matches(expected: Expected, call: Call) -> bool:
    if call.tool not in expected.tools:
        return False
    conditions = call.arguments.get("conditions", [])
    if not all(any(_meets(text, each) for each in conditions) for text in expected.where):
        return False
    if expected.where and len(conditions) != len(expected.where):
        return False
    columns = used(call)
    others = [each for each in conditions if canonical(each["column"]) not in columns]
    if not expected.where and expected.intent != "share" and others:
        return False
    if expected.columns:
        fits = all(columns & set(alternatives) for alternatives in expected.columns)
        if not fits or len(columns) != len(expected.columns):
            return False
    given = call.arguments.get("aggregate", "mean" if "value_column" in call.arguments else "")
    described = call.tool in ("get_column_statistics", "sort_dataframe", "calculate_percentile")
    return not expected.aggregate or described or given == expected.aggregate


def _meets(text: str, condition: dict[str, Any]) -> bool:
    column, operator, value = _parts(text)
    if canonical(condition["column"]) not in (column, {"@hour": "@period"}.get(column)):
        return False
    given = condition["value"]
    listed = set(given) if isinstance(given, list) else {given}
    if value in _WORDS:
        spans = _WORDS[value]
        hours = set().union(*(_WORDS.get(str(each), {each}) for each in listed)) if column == "@hour" else listed
        return hours == spans
    if value == "65+":
        return {"65세", "66세", "80세"} <= listed and "64세" not in listed
    if operator == "in":
        return {str(each) for each in listed} == set(value.split(","))
    if operator == "between":
        return condition["operator"] == "between" and [str(each) for each in given] == value.split(",")
    if operator == "=":
        return condition["operator"] in ("==", "in") and value in {str(each) for each in listed}
    return condition["operator"] == operator and str(given) == value


def _parts(text: str) -> tuple[str, str, str]:
    for operator in (" between ", " in ", ">=", "<=", ">", "<", "="):
        column, found, value = text.partition(operator)
        if found:
            return column.strip(), operator.strip(), value.strip()
    raise ValueError(text)
