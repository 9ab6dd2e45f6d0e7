"""The table as a whole: what it holds, of which kind the columns are, some of its rows."""

from __future__ import annotations

from typing import Any

import polars as pl

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.parameters import MAX_SHOWN_COLUMNS, ColumnNames, SampleMethod, SampleSize, ShownColumns
from hab_core.analysis.sampling import sample_places
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.schemas.analysis_results import (
    ColumnSummary,
    DataframeInfo,
    DetectedType,
    DetectedTypes,
    SampleRows,
)

MAX_LISTED_COLUMNS = 100
_GLANCED = 200
_REASONS = {
    "integer": "값이 모두 정수입니다.",
    "number": "값이 모두 숫자입니다.",
    "category": "적은 수의 값이 되풀이됩니다.",
    "text": "되풀이가 적은 글자입니다.",
    "code": "식별 번호이므로 계산하지 않고 글자 그대로 둡니다.",
    "date": "값이 모두 날짜로 읽힙니다.",
    "boolean": "두 가지 값(예/아니오)만 있습니다.",
    "latitude": "위도 범위의 좌표입니다.",
    "longitude": "경도 범위의 좌표입니다.",
}


def get_dataframe_info(table: Table, *, conditions: Conditions = ()) -> DataframeInfo:
    """표 전체를 한눈에 봅니다: 행과 열의 수, 열마다 종류·결측·범위·예시 값, 쓸 수 있는 파생 열.

    어떤 열이 있는지 모를 때 가장 먼저 쓰세요.
    """
    view = View(table, conditions)
    own = view.own_columns
    kinds: dict[str, int] = {}
    for column in own:
        kinds[column.kind] = kinds.get(column.kind, 0) + 1
    derived = [column.name for column in view.columns.values() if column.derived]
    listed = view.cut(own, MAX_LISTED_COLUMNS, "열")
    summaries = _summaries(view, own)
    missing = sum(summary.missing or 0 for summary in summaries)
    cells = view.rows * len(own)
    return DataframeInfo(
        **view.said(),
        column_count=len(own),
        derived_count=len(derived),
        cells=cells,
        missing_cells=missing,
        missing_share=missing / cells if cells else None,
        kinds=kinds,
        columns=summaries[: len(listed)],
        derived_columns=derived[:MAX_LISTED_COLUMNS],
    )


def detect_data_types(
    table: Table, *, columns: ColumnNames | None = None, conditions: Conditions = ()
) -> DetectedTypes:
    """열마다 무엇이 들어 있는지(정수, 숫자, 범주, 글자, 코드, 날짜, 참/거짓, 위도, 경도)와 그 근거를 알려줍니다.

    어떤 열로 평균을 내거나 묶을 수 있는지 확인할 때 쓰세요.
    """
    view = View(table, conditions)
    chosen = view.find_all(columns) if columns else list(view.columns.values())
    chosen = view.cut(chosen, MAX_LISTED_COLUMNS, "열")
    found = []
    for column, summary in zip(chosen, _summaries(view, chosen), strict=True):
        found.append(
            DetectedType(
                name=column.name,
                kind=column.kind,
                storage=str(column.dtype),
                derived=column.derived,
                present=None if summary.missing is None else view.rows - summary.missing,
                missing=summary.missing,
                distinct=summary.distinct,
                examples=summary.examples,
                reason=_reason(table, column),
            )
        )
    return DetectedTypes(**view.said(), columns=found)


def get_sample_rows(
    table: Table,
    *,
    n: SampleSize = 5,
    method: SampleMethod = "random",
    columns: ShownColumns | None = None,
    conditions: Conditions = (),
) -> SampleRows:
    """표의 행 몇 개를 그대로 보여줍니다.

    값이 실제로 어떻게 생겼는지 볼 때 쓰세요. 특정한 행을 찾을 때는 filter_dataframe이 맞습니다.
    """
    view = View(table, conditions)
    shown = view.shown_columns(columns, MAX_SHOWN_COLUMNS)
    places = view.positions() if view.filtered else None
    total = table.rows if places is None else len(places)
    sample = sample_places(total, view.fitting_rows(n, len(shown)), method)
    chosen = sample if places is None else places[sample].tolist()
    rows = view.take(shown, chosen)
    return SampleRows(**view.said(total), method=method, row_numbers=[place + 1 for place in chosen], table=rows)


def _summaries(view: View, columns: list[Column]) -> list[ColumnSummary]:
    """Returns a line for each column: from the profile where it says everything, else from the rows."""
    profiles = {} if view.filtered else {each.name: each for each in view.table.profile.column_profiles}
    unknown = [column for column in columns if column.name not in profiles]
    measured = _measure(view, unknown) if view.filtered else _glance(view, unknown)
    lines = []
    for column in columns:
        profile = profiles.get(column.name)
        known = profile.model_dump(include={"missing", "distinct", "min", "max", "examples"}) if profile else None
        facts = known or measured[column.name]
        lines.append(ColumnSummary(name=column.name, kind=column.kind, derived=column.derived, **facts))
    return lines


def _measure(view: View, columns: list[Column]) -> dict[str, dict[str, Any]]:
    """Returns missing, least and greatest value of columns whose rows have to be read, in one pass."""
    view.notes.append("조건을 적용했을 때 서로 다른 값의 수는 get_unique_values로 확인하세요.")
    columns = view.prepare(columns)
    expressions: list[pl.Expr] = []
    for i, column in enumerate(columns):
        values = pl.col(column.name)
        expressions.append(values.null_count().alias(f"missing.{i}"))
        expressions.append(values.drop_nulls().head(3).implode().alias(f"examples.{i}"))
        if column.family in (Family.NUMBER, Family.DATE):
            expressions += [values.min().alias(f"min.{i}"), values.max().alias(f"max.{i}")]
    row = view.frame.select(expressions).collect().row(0, named=True)
    return {
        column.name: {"distinct": None}
        | {name: row.get(f"{name}.{i}") for name in ("missing", "min", "max", "examples")}
        for i, column in enumerate(columns)
    }


def _glance(view: View, columns: list[Column]) -> dict[str, dict[str, Any]]:
    """Returns examples of derived columns from the first rows; what would need every row stays open."""
    if not columns:
        return {}
    head = view.table.frame.head(_GLANCED).select(column.name for column in columns).collect()
    examples = {column.name: head[column.name].drop_nulls().unique(maintain_order=True).head(3) for column in columns}
    return {name: {"distinct": None, "missing": None, "examples": found.to_list()} for name, found in examples.items()}


def _reason(table: Table, column: Column) -> str:
    """Returns in Korean why a column is of its kind."""
    if column.derived:
        described = next(each for each in table.profile.derived_columns if each.name == column.name)
        return described.description or f"{', '.join(described.sources)}에서 계산한 열입니다."
    if column.distinct == 0:
        return "값이 하나도 없습니다."
    return _REASONS.get(column.kind, "")
