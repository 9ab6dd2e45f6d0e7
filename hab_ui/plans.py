"""Charts before they are drawn: what to ask the server, and what to make of the answers.

A page collects plans, asks for all of them at once, and shows what comes. Nothing here needs the rows of a table: the
tools count, and only a scatter plot draws a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.datasets import DerivedRule
from hab_core.schemas.eclo import TIME_PERIODS, WEEKDAYS
from hab_ui import density, gathering, narration
from hab_ui.filters import Condition
from hab_ui.gathering import Question

BINS = 40
DENSITY_BINS = 200
SCATTER_POINTS = 2_000
GROUPS = 8
FIVE = (5.0, 25.0, 50.0, 75.0, 95.0)
FIVE_NAMES = ["5%", "25%", "50%", "75%", "95%"]
_MONTHS = 480
UNITS: dict[DerivedRule, str] = {
    "month": "월",
    "weekday": "요일",
    "hour": "시",
    "time_period": "시간대",
    "day": "일",
    "year": "연도",
}
AGGREGATES = {"mean": "평균", "sum": "합계", "median": "중앙값", "max": "최댓값", "min": "최솟값"}


class Drawn(NamedTuple):
    """A chart and the sentence under it; None where there is nothing to draw, and the sentence says so."""

    spec: ChartSpec | None
    note: str


@dataclass(frozen=True)
class Plan:
    """A chart to be."""

    title: str
    questions: tuple[Question, ...]
    draw: Callable[[Sequence[Any]], Drawn]


def bars(dataset_id: str, column: str, where: Sequence[Condition], *, top: int = 15) -> Plan:
    """Returns how often the values of a column occur."""
    question = gathering.tool("get_value_counts", dataset_id, column=column, top_n=top, conditions=where)

    def draw(found: Sequence[Any]) -> Drawn:
        return Drawn(_in_order(found[0].chart), narration.value_counts(found[0].result))

    return Plan(f"{column}별 건수", (question,), draw)


def grouped_bars(dataset_id: str, group: str, value: str, aggregate: str, where: Sequence[Condition]) -> Plan:
    """Returns an aggregate of a column of numbers for each value of another."""
    question = gathering.tool(
        "group_by_aggregate", dataset_id, group_by=group, value_column=value, aggregate=aggregate, limit=20,
        conditions=where,
    )  # fmt: skip

    def draw(found: Sequence[Any]) -> Drawn:
        return Drawn(found[0].chart, narration.groups(found[0].result))

    return Plan(f"{group}별 {value} {AGGREGATES[aggregate]}", (question,), draw)


def histogram(dataset_id: str, column: str, where: Sequence[Condition]) -> Plan:
    """Returns the distribution of a column of numbers."""
    question = gathering.tool("get_column_statistics", dataset_id, column=column, limit=BINS, conditions=where)

    def draw(found: Sequence[Any]) -> Drawn:
        return Drawn(found[0].chart, narration.distribution(found[0].result["columns"][0]))

    return Plan(f"{column}의 분포", (question,), draw)


def boxes(dataset_id: str, column: str, group: str | None, values: Sequence[Any], where: Sequence[Condition]) -> Plan:
    """Returns five percentiles of a column, for each of some values of another where one is named."""
    parts = parts_of(group, values)
    questions = tuple(
        gathering.tool(
            "calculate_percentile", dataset_id, column=column, percentile=list(FIVE), conditions=[*where, *part]
        )
        for _, part in parts
    )
    title = f"{group}별 {column}" if group else column

    def draw(found: Sequence[Any]) -> Drawn:
        known = [(name, run.result) for (name, _), run in zip(parts, found, strict=True) if run.result["count"]]
        series = [
            ChartSeries(name=name or column, x=FIVE_NAMES, y=[each["value"] for each in result["percentiles"]])
            for name, result in known
        ]
        note = narration.medians(column, [(each.name, each.y[2]) for each in series], narration.HOW_BOXES)
        return _drawn(ChartSpec(kind="box", title=title, x=group or "", y=column, series=series), note)

    return Plan(title, questions, draw)


def densities(
    dataset_id: str, column: str, group: str | None, values: Sequence[Any], where: Sequence[Condition]
) -> Plan:
    """Returns the density of a column, estimated from fine bins, for each of some values of another."""
    parts = parts_of(group, values)
    questions = tuple(
        gathering.tool(
            "get_column_statistics", dataset_id, column=column, limit=DENSITY_BINS, conditions=[*where, *part]
        )
        for _, part in parts
    )
    title = f"{group}별 {column}의 밀도" if group else f"{column}의 밀도"

    def draw(found: Sequence[Any]) -> Drawn:
        statistics = [(name, run.result["columns"][0]) for (name, _), run in zip(parts, found, strict=True)]
        series = [
            ChartSeries(name=name or column, x=curve.x, y=curve.y)
            for name, each in statistics
            if (curve := density.of_statistics(each)) is not None
        ]
        known = [(name or column, each["median"]) for name, each in statistics if each["count"]]
        note = narration.medians(column, known, narration.HOW_DENSITIES)
        return _drawn(ChartSpec(kind="violin", title=title, x=column, y="밀도", series=series), note)

    return Plan(title, questions, draw)


def scatter(dataset_id: str, x: str, y: str, where: Sequence[Condition]) -> Plan:
    """Returns two columns of numbers against each other: a sample of points, the correlation of all rows."""
    given = [*where, *({"column": name, "operator": "not_null"} for name in (x, y))]
    questions = (
        gathering.sample(dataset_id, [x, y], SCATTER_POINTS, given),
        gathering.tool("get_correlation", dataset_id, columns=[x, y], conditions=where),
    )

    def draw(found: Sequence[Any]) -> Drawn:
        points, correlated = found
        series = ChartSeries(name="점", x=[row[0] for row in points.items], y=[row[1] for row in points.items])
        spec = ChartSpec(kind="scatter", title=f"{x} × {y}", x=x, y=y, series=[series] if points.items else [])
        return _drawn(spec, narration.scatter(len(points.items), points.rows, correlated.result))

    return Plan(f"{x} × {y}", questions, draw)


def week(dataset_id: str, weekday: str, hour: str, where: Sequence[Condition]) -> Plan:
    """Returns counts by weekday and hour; hours and days without any are 0, not left out."""
    question = gathering.tool("cross_tabulation", dataset_id, columns=[weekday, hour], limit=24, conditions=where)

    def draw(found: Sequence[Any]) -> Drawn:
        counts = _cells(found[0].result)
        hours = [f"{hour}시" for hour in range(24)]
        series = [
            ChartSeries(name=day, x=hours, y=[counts.get((day, hour), 0) for hour in range(24)]) for day in WEEKDAYS
        ]
        spec = ChartSpec(kind="heatmap", title="요일 × 시간별 건수", x="시", y="요일", series=series)
        return _drawn(spec if counts else spec.model_copy(update={"series": []}), narration.week(counts))

    return Plan("요일 × 시간별 건수", (question,), draw)


def pattern(
    dataset_id: str,
    date: str,
    by: DerivedRule,
    where: Sequence[Condition],
    value: str | None = None,
    aggregate: str = "mean",
) -> Plan:
    """Returns counts, or an aggregate, by a part of the date."""
    question = gathering.tool(
        "get_temporal_pattern", dataset_id, column=date, by=by, value_column=value,
        aggregate=aggregate if value else None, conditions=where,
    )  # fmt: skip

    def draw(found: Sequence[Any]) -> Drawn:
        return Drawn(found[0].chart, narration.pattern(found[0].result))

    return Plan(f"{date} · {UNITS[by]}별", (question,), draw)


def trend(
    dataset_id: str,
    date: str,
    year: str,
    month: str,
    where: Sequence[Condition],
    value: str | None = None,
    aggregate: str = "mean",
) -> Plan:
    """Returns counts, or an aggregate, month by month over the years."""
    question = gathering.tool(
        "group_by_aggregate", dataset_id, group_by=[year, month], value_column=value,
        aggregate=aggregate if value else None, by="group", limit=_MONTHS, conditions=where,
    )  # fmt: skip
    label = f"{value} {AGGREGATES[aggregate]}" if value else "건수"

    def draw(found: Sequence[Any]) -> Drawn:
        months = {
            (each["keys"][0], each["keys"][1]): each["values"][0] for each in found[0].result["groups"]
            if None not in each["keys"]
        }  # fmt: skip
        x, y = _every_month(months, gap=None if value else 0)
        series = [ChartSeries(name=label, x=x, y=y)] if x else []
        spec = ChartSpec(kind="line", title=f"{date} 월별 추이: {label}", x="연-월", y=label, series=series)
        return _drawn(spec, narration.trend(label, x, y))

    return Plan(f"{date} 월별 추이", (question,), draw)


def parts_of(group: str | None, values: Sequence[Any]) -> list[tuple[str, list[Condition]]]:
    """Returns the parts that a chart compares, each with its name and condition: the whole where no group is named."""
    if group is None:
        return [("", [])]
    return [(str(value), [{"column": group, "operator": "==", "value": value}]) for value in values[:GROUPS]]


def natural(labels: list[str]) -> list[str]:
    """Returns weekdays, periods of the day and whole numbers in their own order, other labels as they are."""
    scale = next((list(each) for each in (WEEKDAYS, TIME_PERIODS) if set(labels) <= {*each}), None)
    if scale is not None:
        return sorted(labels, key=scale.index)
    return sorted(labels, key=int) if all(label.lstrip("-").isdecimal() for label in labels) else labels


def _in_order(spec: ChartSpec | None) -> ChartSpec | None:
    """Returns bars of one series in the natural order of their labels."""
    if spec is None or len(spec.series) != 1:
        return spec
    only = spec.series[0]
    values = {str(x): y for x, y in zip(only.x, only.y, strict=True)}
    labels = natural(list(values))
    series = ChartSeries(name=only.name, x=labels, y=[values[each] for each in labels])
    return spec.model_copy(update={"series": [series]})


def _every_month(months: dict[tuple[int, int], Any], gap: Any) -> tuple[list[str], list[Any]]:
    """Returns the months from the first to the last with their values; ``gap`` stands where there is none."""
    if not months:
        return [], []
    (first_year, first_month), (last_year, last_month) = min(months), max(months)
    numbers = range(first_year * 12 + first_month - 1, last_year * 12 + last_month)[:_MONTHS]
    keys = [(number // 12, number % 12 + 1) for number in numbers]
    return [f"{year}-{month:02d}" for year, month in keys], [months.get(key, gap) for key in keys]


def _cells(result: dict[str, Any]) -> dict[tuple[Any, Any], int]:
    """Returns the counts of a cross table by row and column value."""
    return {
        (row, column): cell["count"]
        for row, line in zip(result["row_values"], result["cells"], strict=True)
        for column, cell in zip(result["column_values"], line, strict=True)
    }


def _drawn(spec: ChartSpec, note: str) -> Drawn:
    """Returns a chart, or only a sentence where it would be empty."""
    return Drawn(spec if spec.series else None, note)
