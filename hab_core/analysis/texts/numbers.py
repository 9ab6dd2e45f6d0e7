"""Statistics, percentiles, outliers and correlations in words and pictures."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, grid, name, number, percent, probability
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import (
    ColumnStatistics,
    CorrelationResult,
    OutlierResult,
    PercentileResult,
    StatisticsResult,
    TargetResult,
)

_METHODS = {"pearson": "피어슨", "spearman": "스피어만"}
_MEASURES = {"pearson": "피어슨 r", "spearman": "스피어만 ρ", "eta": "상관비 η"}
_RULES = {"iqr": "IQR", "robust_z": "robust z"}


def column_statistics(result: StatisticsResult) -> str:
    """Returns columns of numbers as a table, the others in a line each."""
    numbers = [each for each in result.columns if each.mean is not None]
    header = ["열", "개수", "빈 값", "평균", "표준편차", "최소", "25%", "중앙값", "75%", "최대", "합계"]
    lines = [
        [cell(s.column), number(s.count), number(s.missing), number(s.mean), number(s.std), cell(s.min), number(s.q1),
         number(s.median), number(s.q3), cell(s.max), cell(s.sum)]
        for s in numbers
    ]  # fmt: skip
    parts = [grid(header, lines)] if lines else []
    others = [_other(each) for each in result.columns if each.mean is None]
    return "\n\n".join([*parts, *(["\n".join(others)] if others else [])])


def histogram_chart(result: StatisticsResult) -> ChartSpec | None:
    """Returns the counted bins of a single column, where they were asked for."""
    known = [each for each in result.columns if each.histogram is not None]
    if len(known) != 1 or known[0].histogram is None:
        return None
    only, counted = known[0].column, known[0].histogram
    series = ChartSeries(name="건수", x=list(counted.edges), y=list(counted.counts))
    return ChartSpec(kind="histogram", title=f"{only}의 분포", x=only, y="건수", series=[series])


def percentiles(result: PercentileResult) -> str:
    """Returns the percentiles of a column."""
    head = f"{name(result.column)} {result.count:,}개 값의 백분위수입니다(빈 값 {result.missing:,}개)."
    lines = [[f"{number(each.percentile)}%", number(each.value)] for each in result.percentiles]
    return f"{head}\n\n{grid(['백분위', '값'], lines)}"


def percentiles_chart(result: PercentileResult) -> ChartSpec | None:
    """Returns three or more percentiles as a line."""
    known = sorted((each.percentile, each.value) for each in result.percentiles if each.value is not None)
    if len(known) < 3:
        return None
    series = ChartSeries(name=result.column, x=[p for p, _ in known], y=[value for _, value in known])
    return ChartSpec(kind="line", title=f"{result.column}의 백분위수", x="백분위", y=result.column, series=[series])


def outliers(result: OutlierResult) -> str:
    """Returns both rules, and the most extreme values."""
    lines = [
        [_RULES[rule.method], number(rule.lower), number(rule.upper), f"{rule.below:,}", f"{rule.above:,}",
         percent(rule.share)]
        for rule in result.rules
    ]  # fmt: skip
    head = (
        f"{name(result.column)} {result.count:,}개 값의 중앙값은 {number(result.median)}, 사분위수는 "
        f"{number(result.q1)}와 {number(result.q3)}, MAD는 {number(result.mad)}입니다."
    )
    parts = [head, grid(["기준", "아래 경계", "위 경계", "아래로 벗어남", "위로 벗어남", "비율"], lines)]
    if result.outliers:
        extreme = [[f"{each.row:,}", cell(each.value), number(each.robust_z)] for each in result.outliers]
        parts += [f"{_RULES[result.method]} 기준으로 가장 극단적인 값:", grid(["행", "값", "robust z"], extreme)]
    return "\n\n".join(parts)


def correlation(result: CorrelationResult) -> str:
    """Returns the pairs, the strongest first."""
    lines = [
        [f"{cell(pair.columns[0])} – {cell(pair.columns[1])}", number(pair.r), f"{pair.n:,}", probability(pair.p)]
        for pair in result.pairs
    ]
    head = f"숫자 열 {len(result.columns)}개의 {_METHODS[result.method]} 상관계수, 관계가 강한 쌍부터입니다."
    return f"{head}\n\n{grid(['쌍', 'r', 'n', 'p'], lines)}"


def correlation_chart(result: CorrelationResult) -> ChartSpec:
    """Returns the matrix as a heatmap."""
    series = [
        ChartSeries(name=column, x=result.columns, y=line)
        for column, line in zip(result.columns, result.matrix, strict=True)
    ]
    title = f"{_METHODS[result.method]} 상관계수"
    return ChartSpec(kind="heatmap", title=title, x="열", y="열", series=series)


def target(result: TargetResult) -> str:
    """Returns what goes with the target, the strongest first."""
    lines = [
        [cell(each.column), _MEASURES[each.measure], number(each.value), f"{each.n:,}", probability(each.p)]
        for each in result.columns
    ]
    legend = "r과 ρ는 -1~1, η는 0~1이며 0에 가까울수록 관련이 적습니다. 상관은 인과를 뜻하지 않습니다."
    header = ["열", "지표", "값", "n", "p"]
    return f"{name(result.target_column)}과(와) 관련이 큰 열부터입니다.\n\n{grid(header, lines)}\n\n{legend}"


def target_chart(result: TargetResult) -> ChartSpec | None:
    """Returns the strengths as bars."""
    known = [each for each in result.columns if each.value is not None]
    if not known:
        return None
    series = ChartSeries(name="관련", x=[each.column for each in known], y=[each.value for each in known])
    return ChartSpec(kind="bar", title=f"{result.target_column}과(와)의 관련", x="열", y="r, ρ, η", series=[series])


def _other(column: ColumnStatistics) -> str:
    """Returns a column that holds no numbers, or none at all, in a line."""
    head = f"- {name(column.column)}: 값 {column.count:,}개, 빈 값 {column.missing:,}개, {number(column.distinct)}가지"
    if column.min is not None:
        head += f", {cell(column.min)} ~ {cell(column.max)}"
    if column.top:
        head += ". 흔한 값: " + ", ".join(f"{cell(each.value)} {each.count:,}건" for each in column.top)
    return head
