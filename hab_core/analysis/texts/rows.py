"""The table as a whole, and rows of it, in words."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, grid, name, number, percent, row_grid
from hab_core.schemas.analysis_results import (
    ColumnSummary,
    DataframeInfo,
    DetectedTypes,
    FilterResult,
    SampleRows,
    SortResult,
    UniqueValues,
)
from hab_core.schemas.datasets import KIND_LABELS

_METHODS = {"random": "고루 뽑은", "head": "처음", "tail": "마지막"}


def dataframe_info(result: DataframeInfo) -> str:
    """Returns the table in a paragraph and a line for each column."""
    kinds = ", ".join(f"{_kind(kind)} {count}개" for kind, count in result.kinds.items())
    head = (
        f"**{result.rows:,}행 × {result.column_count}열** ({kinds}). "
        f"빈 값 {result.missing_cells:,}개({percent(result.missing_share)})."
    )
    parts = [head, grid(["열", "종류", "빈 값", "서로 다른 값", "범위 또는 예"], map(_line, result.columns))]
    if result.derived_columns:
        shown = ", ".join(cell(each) for each in result.derived_columns[:30])
        parts.append(f"파생 열 {result.derived_count}개: {shown}")
    return "\n\n".join(parts)


def data_types(result: DetectedTypes) -> str:
    """Returns the kind of each column and why."""
    lines = (
        [
            cell(each.name) + (" (파생)" if each.derived else ""),
            _kind(each.kind),
            ", ".join(cell(example) for example in each.examples[:3]) or "-",
            number(each.missing),
            cell(each.reason),
        ]
        for each in result.columns
    )
    return f"열 {len(result.columns)}개의 종류입니다.\n\n" + grid(["열", "종류", "예", "빈 값", "근거"], lines)


def sample_rows(result: SampleRows) -> str:
    """Returns the rows of a sample."""
    head = f"{result.rows:,}행에서 {_METHODS[result.method]} {len(result.table.items)}행입니다."
    return f"{head}\n\n{row_grid(result.table)}"


def filtered(result: FilterResult) -> str:
    """Returns how many rows met the conditions, and the first."""
    head = f"전체 {result.total_rows:,}행 중 **{result.rows:,}행**({percent(result.share)})이 조건에 맞습니다."
    return f"{head}\n\n{row_grid(result.table)}"


def sorted_rows(result: SortResult) -> str:
    """Returns the first rows in order."""
    keys = ", ".join(
        f"{name(column)} {'오름차순' if up else '내림차순'}"
        for column, up in zip(result.column, result.ascending, strict=True)
    )
    return f"{keys}으로 정렬한 {result.rows:,}행 중 앞의 {len(result.table.items)}행입니다.\n\n{row_grid(result.table)}"


def unique_values(result: UniqueValues) -> str:
    """Returns the different values of a column."""
    shown = ", ".join(cell(value) for value in result.values[:60])
    more = f" … 외 {result.distinct - 60:,}가지" if result.distinct > 60 else ""
    head = f"{name(result.column)}의 서로 다른 값은 **{result.distinct:,}가지**입니다(빈 값 {result.missing:,}개)."
    return f"{head}\n\n{shown}{more}"


def _kind(kind: str) -> str:
    """Returns a kind of columns in Korean."""
    return {str(name): label for name, label in KIND_LABELS.items()}.get(kind, kind)


def _line(column: ColumnSummary) -> list[str]:
    """Returns one column of the table."""
    kind = _kind(column.kind)
    return [cell(column.name), kind, number(column.missing), number(column.distinct), _range(column)]


def _range(column: ColumnSummary) -> str:
    """Returns the ends of a column, or examples where it has none."""
    if column.min is not None:
        return f"{cell(column.min)} ~ {cell(column.max)}"
    return ", ".join(cell(each) for each in column.examples[:3]) or "-"
