"""Gaps in words and pictures."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, cell_free, grid, name, number, percent
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_results import MissingFinding, MissingPatternResult, MissingResult

_VERDICTS = {
    "related": "다른 열에 따라 다름",
    "unrelated": "뚜렷한 관계 없음",
    "always": "모두 빔",
    "unknown": "판단 불가",
}


def missing_values(result: MissingResult) -> str:
    """Returns how much is missing where."""
    head = (
        f"빈 값 {result.missing_cells:,}개({percent(result.missing_share)}), 빈 값이 있는 열 "
        f"{result.columns_with_missing}개. {result.rows:,}행 중 {result.complete_rows:,}행은 빈 값이 없습니다."
    )
    lines = [[cell(each.column), f"{each.missing:,}", percent(each.share)] for each in result.columns if each.missing]
    return f"{head}\n\n{grid(['열', '빈 값', '비율'], lines)}" if lines else head


def missing_chart(result: MissingResult) -> ChartSpec | None:
    """Returns the shares as bars."""
    gapped = [each for each in result.columns if each.missing][:50]
    if not gapped:
        return None
    series = ChartSeries(name="결측률", x=[each.column for each in gapped], y=[each.share for each in gapped])
    return ChartSpec(kind="bar", title="열별 결측률", x="열", y="결측률", series=[series])


def missing_pattern(result: MissingPatternResult) -> str:
    """Returns the patterns, then what can be said of each column."""
    if not result.patterns:
        return f"{result.rows:,}행에 빈 값이 없습니다."
    lines = [
        [
            ", ".join(cell(each) for each in pattern.columns) or "(빈 값 없음)",
            f"{pattern.count:,}",
            percent(pattern.share),
        ]
        for pattern in result.patterns
    ]
    parts = ["함께 비는 열의 조합입니다.", grid(["비어 있는 열", "행", "비율"], lines)]
    if result.pairs:
        best = result.pairs[0]
        parts.append(
            f"가장 함께 비는 두 열은 {name(best.columns[0])}과(와) {name(best.columns[1])}입니다"
            f"(함께 빈 행 {best.together:,}개, φ {number(best.phi)})."
        )
    parts.extend(map(_finding, result.findings))
    return "\n\n".join(parts)


def _finding(finding: MissingFinding) -> str:
    """Returns the verdict on one column."""
    head = f"{name(finding.column)} 빈 값 {finding.missing:,}개({percent(finding.share)})"
    return f"- {head} — {_VERDICTS[finding.verdict]}. {cell_free(finding.explanation)}"
