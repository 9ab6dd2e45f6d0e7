"""What is missing, and what the gaps have to do with the rest of the table."""

from __future__ import annotations

import polars as pl

from hab_core.analysis.columns import Column
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.gaps import GapCounts, count_gaps, pairs_of, patterns_of
from hab_core.analysis.missing_relations import find_relations, judge, summarise
from hab_core.analysis.parameters import ColumnNames
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.schemas.analysis_results import (
    MissingColumn,
    MissingFinding,
    MissingPatternResult,
    MissingResult,
)

MAX_LISTED = 300
MAX_PATTERN_COLUMNS = 20
MAX_JUDGED = 6
MAX_COMPARED = 12
_MAX_CLASSES = 50
_TOP_PATTERNS = 10


def get_missing_values(
    table: Table, *, columns: ColumnNames | None = None, conditions: Conditions = ()
) -> MissingResult:
    """열마다 빈 값이 몇 개, 몇 %인지 많은 것부터 보여주고, 빈 값이 하나도 없는 행의 수를 셉니다.

    왜 비었는지, 어떤 열이 함께 비는지는 analyze_missing_pattern이 알려줍니다.
    """
    view = View(table, conditions)
    chosen = view.find_all(columns) if columns else view.own_columns
    missing = _missing(view, chosen)
    with_gaps = [column for column in chosen if missing[column.name]]
    complete = _complete_rows(view, with_gaps, missing)
    listed = view.cut(sorted(chosen, key=lambda each: -missing[each.name]), MAX_LISTED, "열")
    cells = view.rows * len(chosen)
    total = sum(missing.values())
    return MissingResult(
        **view.said(),
        missing_cells=total,
        missing_share=total / cells if cells else None,
        complete_rows=complete,
        columns_with_missing=len(with_gaps),
        columns=[_missing_column(each.name, missing[each.name], view.rows) for each in listed],
    )


def analyze_missing_pattern(
    table: Table, *, columns: ColumnNames | None = None, conditions: Conditions = ()
) -> MissingPatternResult:
    """빈 값의 양상을 근거와 함께 분석합니다: 함께 비는 열의 조합, 열마다 결측이 다른 열의 값에 따라 달라지는지.

    범주 열과는 카이제곱 검정·크래머 V로, 숫자 열과는 점이연 상관으로 견줍니다. 자료로 말할 수 없는 것(비어 있는 값
    자체에 달린 결측, MNAR)은 추측하지 않고 알 수 없다고 합니다.
    """
    view = View(table, conditions)
    chosen = view.find_all(columns) if columns else view.own_columns
    missing = _missing(view, chosen)
    gapped = sorted((each for each in chosen if missing[each.name]), key=lambda each: -missing[each.name])
    gapped = view.cut(gapped, MAX_PATTERN_COLUMNS, "빈 값이 있는 열")
    compared = view.prepare(_compared(view))
    counts = count_gaps(view, gapped, compared)
    findings = _findings(view, gapped, compared, counts, missing)
    if not gapped:
        view.notes.append("빈 값이 없습니다.")
    return MissingPatternResult(
        **view.said(),
        patterns=patterns_of(counts, _TOP_PATTERNS),
        pairs=pairs_of(counts, _TOP_PATTERNS),
        findings=findings,
        compared_columns=[each.name for each in compared],
    )


def _missing(view: View, columns: list[Column]) -> dict[str, int]:
    """Returns the missing cells of each column: from the profile where it knows them, else from the rows."""
    known = {each.name: each.missing for each in columns if each.missing is not None and not view.filtered}
    unknown = [each for each in columns if each.name not in known]
    unknown = view.prepare(unknown)
    counted: dict[str, int] = {}
    if unknown:
        nulls = [pl.col(each.codes or each.name).null_count().alias(each.name) for each in unknown]
        counted = view.frame.select(nulls).collect().row(0, named=True)
    return {each.name: known.get(each.name, counted.get(each.name, 0)) or 0 for each in columns}


def _complete_rows(view: View, gapped: list[Column], missing: dict[str, int]) -> int:
    """Returns how many rows miss none of the columns."""
    every = {column.name for column in view.own_columns if column.missing}
    known = None if view.filtered else view.table.profile.complete_rows
    if known is not None and every == {column.name for column in gapped}:
        return known
    if any(missing[column.name] == view.rows for column in gapped):
        return 0
    if len(gapped) < 2:
        return view.rows - sum(missing[column.name] for column in gapped)
    whole = pl.all_horizontal([pl.col(column.codes or column.name).is_not_null() for column in gapped])
    return int(view.frame.select(whole.sum()).collect().item())


def _compared(view: View) -> list[Column]:
    """Returns the columns that gaps are compared with: classes with few values, quantities, the year."""
    found = []
    for column in view.columns.values():
        few = column.distinct is not None and 2 <= column.distinct <= _MAX_CLASSES
        if (column.kind in ("category", "boolean") and few) or column.rule == "year":
            found.append(column)
    varied = [each for each in view.own_columns if each.measured and (each.distinct or 0) > 1]
    return [*found[: MAX_COMPARED - min(4, len(varied))], *varied][:MAX_COMPARED]


def _findings(
    view: View, gapped: list[Column], compared: list[Column], counts: GapCounts, missing: dict[str, int]
) -> list[MissingFinding]:
    """Returns what can be said of the columns with most gaps."""
    judged = view.cut(gapped, MAX_JUDGED, "빈 값이 있는 열의 관계 분석: 열")
    findings = []
    summaries = summarise(counts, compared) if judged else []
    for i, column in enumerate(judged):
        relations = find_relations(counts, i, summaries)
        part = _missing_column(column.name, missing[column.name], view.rows)
        verdict, explanation = judge(part.missing, view.rows, relations)
        findings.append(
            MissingFinding(
                column=part.column,
                missing=part.missing,
                share=part.share,
                verdict=verdict,
                explanation=explanation,
                relations=relations[:5],
            )
        )
    return findings


def _missing_column(name: str, missing: int, rows: int) -> MissingColumn:
    """Returns a column's gaps as count and share."""
    return MissingColumn(column=name, missing=missing, share=missing / rows if rows else None)
