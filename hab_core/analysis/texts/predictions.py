"""Predictions in words and pictures."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, cell_free, grid, number, percent
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import PredictionBatchResult, PredictionResult


def predicted(result: PredictionResult) -> str:
    """Returns the prediction, what it means and what made it."""
    ends = f"{percent(result.interval.level)} 구간 {number(result.interval.low)} ~ {number(result.interval.high)}"
    head = f"예측 ECLO **{number(result.eclo)}** — **{result.interpretation}** ({ends}). {cell_free(result.detail)}"
    lines = [
        [cell(each.label), cell(each.value), f"{each.effect:+.4f}"]
        for each in sorted(result.contributions, key=lambda each: -abs(each.effect))
    ]
    warnings = "\n".join(f"- 주의: {cell_free(each)}" for each in result.warnings)
    return "\n\n".join(part for part in (head, grid(["상황", "값", "영향(log1p)"], lines), warnings) if part)


def predicted_chart(result: PredictionResult) -> ChartSpec | None:
    """Returns the contributions as bars."""
    if not result.contributions:
        return None
    labels = [each.label for each in result.contributions]
    series = ChartSeries(name="영향", x=labels, y=[each.effect for each in result.contributions])
    return ChartSpec(kind="bar", title="예측에 대한 영향", x="상황", y="영향(log1p)", series=[series])


def predicted_batch(result: PredictionBatchResult) -> str:
    """Returns how many were scored, how they spread, and each one."""
    classes = ", ".join(f"{cell(each.value)} {each.count:,}건" for each in result.classes)
    head = f"{result.rows:,}건 중 {result.completed:,}건을 예측했습니다(오류 {result.failed:,}건)."
    if result.completed:
        head += f" 평균 ECLO는 **{number(result.mean_eclo)}**입니다: {classes}."
    lines = [
        [
            f"{item.index + 1:,}",
            number(item.eclo),
            item.interpretation or "-",
            cell(item.error.message) if item.error else ", ".join(map(cell, item.warnings)) or "-",
        ]
        for item in result.items
    ]
    return f"{head}\n\n{grid(['번호', 'ECLO', '등급', '비고'], lines)}"
