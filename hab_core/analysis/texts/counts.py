"""Counts and groups in words and pictures."""

from __future__ import annotations

from typing import Any

from hab_core.analysis.texts.markdown import cell, grid, name, number, percent, probability
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import (
    CategoryResult,
    CrossTab,
    GroupResult,
    ValueCounts,
)

MAX_BARS = 50
_EMPTY = "(빈 값)"


def value_counts(result: ValueCounts) -> str:
    """Returns how often each value occurs."""
    head = f"{name(result.column)}의 값은 {result.distinct:,}가지이고 빈 값은 {result.missing:,}개입니다."
    if result.values:
        first = result.values[0]
        head += f" 첫 번째는 **{cell(first.value)}** {first.count:,}건({percent(first.share)})입니다."
    lines = [[cell(each.value), f"{each.count:,}", percent(each.share)] for each in result.values]
    if result.others:
        lines.append(["그 밖의 값", f"{result.others:,}", "-"])
    return f"{head}\n\n{grid(['값', '건수', '비율'], lines)}"


def value_counts_chart(result: ValueCounts) -> ChartSpec | None:
    """Returns the counts as bars."""
    values = result.values[:MAX_BARS]
    pairs = [(_label(each.value), each.count) for each in values]
    return _bars(f"{result.column}별 건수", result.column, "건수", {"건수": pairs})


def groups(result: GroupResult) -> str:
    """Returns the groups with their aggregates."""
    header = [*map(cell, result.group_by), "건수", *(cell(each.name) for each in result.aggregates if each.column)]
    lines = []
    for group in result.groups:
        values = [cell(v) for v, spec in zip(group.values, result.aggregates, strict=True) if spec.column]
        lines.append([*(cell(key) for key in group.keys), f"{group.count:,}", *values])
    keys = ", ".join(map(name, result.group_by))
    return f"{keys}(으)로 묶은 {result.group_count:,}개 묶음입니다.\n\n{grid(header, lines)}"


def groups_chart(result: GroupResult) -> ChartSpec | None:
    """Returns the first aggregate as bars; with two keys the second gives the series."""
    if not result.groups or not isinstance(result.groups[0].values[0], int | float | None) or len(result.group_by) > 2:
        return None
    series: dict[str, list[tuple[str, Any]]] = {}
    for group in result.groups[: MAX_BARS * 4]:
        line = _label(group.keys[1]) if len(group.keys) > 1 else result.aggregates[0].name
        series.setdefault(line, []).append((_label(group.keys[0]), group.values[0]))
    if len(series) > MAX_BARS or (len(result.group_by) == 1 and len(result.groups) > MAX_BARS * 4):
        return None
    label = result.aggregates[0].name
    return _bars(f"{' · '.join(result.group_by)}별 {label}", result.group_by[0], label, series)


def categories(result: CategoryResult) -> str:
    """Returns the distribution of each column in a line, then its first values."""
    lines = [
        [
            cell(each.column),
            f"{each.distinct:,}",
            cell(each.mode),
            percent(each.mode_share),
            number(each.evenness),
            number(each.concentration),
            f"{each.rare:,}",
            f"{each.missing:,}",
        ]
        for each in result.columns
    ]
    header = ["열", "값의 수", "가장 흔한 값", "그 비율", "고른 정도", "집중도", "1% 미만 값", "빈 값"]
    details = [
        f"- {name(each.column)}: " + ", ".join(f"{cell(v.value)} {percent(v.share)}" for v in each.values[:5])
        for each in result.columns
        if each.values
    ]
    legend = "고른 정도는 1이면 모든 값이 같은 비율, 집중도(허핀달 지수)는 1이면 한 값에 모두 몰린 것입니다."
    return "\n\n".join([grid(header, lines), "\n".join(details), legend])


def categories_chart(result: CategoryResult) -> ChartSpec | None:
    """Returns the distribution of a single column as bars."""
    if len(result.columns) != 1:
        return None
    only = result.columns[0]
    pairs = [(_label(each.value), each.share) for each in only.values[:MAX_BARS]]
    return _bars(f"{only.column}의 분포", only.column, "비율", {"비율": pairs})


def cross_tab(result: CrossTab) -> str:
    """Returns the counts with row shares, and the test in a sentence."""
    header = [f"{cell(result.columns[0])} \\ {cell(result.columns[1])}", *map(cell, result.column_values), "합계"]
    lines = [
        [cell(value), *(f"{c.count:,} ({percent(c.row_share)})" for c in line), f"{total:,}"]
        for value, line, total in zip(result.row_values, result.cells, result.row_totals, strict=True)
    ]
    parts = [f"{result.total:,}건의 교차표입니다. 괄호는 행 안에서의 비율입니다.", grid(header, lines)]
    if result.cramers_v is not None:
        parts.append(
            f"카이제곱 {number(result.chi_square)}(자유도 {result.degrees_of_freedom:,}), p {probability(result.p)}, "
            f"크래머 V **{number(result.cramers_v)}**: {_strength(result.cramers_v)}."
        )
    else:
        parts.append("한 열의 값이 한 가지뿐이어서 관련을 검정할 수 없습니다.")
    return "\n\n".join(parts)


def cross_tab_chart(result: CrossTab) -> ChartSpec | None:
    """Returns the counts as a heatmap."""
    if not result.cells:
        return None
    x = [_label(value) for value in result.column_values]
    series = [
        ChartSeries(name=_label(value), x=x, y=[each.count for each in line])
        for value, line in zip(result.row_values, result.cells, strict=True)
    ]
    first, second = result.columns
    return ChartSpec(kind="heatmap", title=f"{first} × {second}", x=second, y=first, series=series)


def _strength(v: float) -> str:
    """Returns an association in words, by Cohen's bounds for one degree of freedom."""
    if v < 0.1:
        return "관련이 거의 없음"
    return "약한 관련" if v < 0.3 else "중간 정도의 관련" if v < 0.5 else "강한 관련"


def _label(value: Any) -> str:
    """Returns a value as a label of a picture."""
    return _EMPTY if value is None else cell(value)


def _bars(title: str, x: str, y: str, series: dict[str, list[tuple[str, Any]]]) -> ChartSpec | None:
    """Returns bars; None where there is nothing to show."""
    lines = [
        ChartSeries(name=key, x=[label for label, _ in pairs], y=[value for _, value in pairs])
        for key, pairs in series.items()
        if pairs
    ]
    return ChartSpec(kind="bar", title=title, x=x, y=y, series=lines) if lines else None
