"""Chart specifications as figures: every kind, whatever the cells say, and their data as a table."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, get_args

import polars as pl
import pytest

from hab_core.analysis.registry import tools
from hab_core.analysis.run import run_tool
from hab_core.datasets.samples import samples
from hab_core.datasets.table import Table
from hab_core.schemas.analysis import ChartKind, ChartSeries, ChartSpec
from hab_ui.charts import config_of, csv_of, figure_of

NASTY = ['<a href="https://example.org">x</a>', "A & B", "=1+1", "가" * 60]


def spec(kind: ChartKind, *series: tuple[str, list[Any], list[Any]], y: str = "건수") -> ChartSpec:
    """Returns a specification with a title that tries to be a link."""
    lines = [ChartSeries(name=name, x=x, y=values) for name, x, values in series]
    return ChartSpec(kind=kind, title=f"제목 {NASTY[0]}", x="값", y=y, series=lines)


EXAMPLES: dict[ChartKind, ChartSpec] = {
    "bar": spec("bar", ("건수", NASTY, [1, 2, 3, None])),
    "line": spec("line", ("건수", ["1월", "2월", "3월"], [1, None, 3])),
    "heatmap": spec("heatmap", (NASTY[0], ["가", NASTY[1]], [1, 2]), ("나", ["가", NASTY[1]], [3, None])),
    "scatter": spec("scatter", ("점", [1.5, 2.5], [3, 4])),
    "map": spec("map", ("범위", [128.5, 128.6, 128.5], [35.8, 35.9, 35.8]), ("중심", [128.55], [35.85])),
    "histogram": spec("histogram", ("건수", [0, 10, 20, 30], [5, 0, 2])),
    "box": spec("box", ("가", ["5%", "25%", "50%", "75%", "95%"], [1, 2, 3, 4, 5])),
    "violin": spec("violin", ("가", [0, 1, 2], [0.1, 0.5, 0.2])),
}


def drawn(chart: ChartSpec) -> dict[str, Any]:
    """Returns a figure as the browser gets it."""
    found: dict[str, Any] = json.loads(figure_of(chart).to_json())
    return found


@pytest.mark.parametrize("kind", get_args(ChartKind))
def test_every_kind_is_drawn(kind: ChartKind) -> None:
    figure = drawn(EXAMPLES[kind])
    assert len(figure["data"]) == (1 if kind == "heatmap" else len(EXAMPLES[kind].series))
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize("kind", get_args(ChartKind))
def test_cells_are_never_markup(kind: ChartKind) -> None:
    text = figure_of(EXAMPLES[kind]).to_json()
    assert "<a" not in json.loads(json.dumps(text)).replace("\\u003c", "<")


def test_long_labels_lie_and_the_first_is_on_top() -> None:
    figure = drawn(spec("bar", ("건수", NASTY, [4, 3, 2, 1])))
    assert figure["data"][0]["orientation"] == "h"
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"
    upright = drawn(spec("bar", ("건수", ["가", "나"], [4, 3])))
    assert upright["data"][0]["orientation"] == "v"


def test_labels_that_would_look_the_same_are_kept_apart() -> None:
    names = ["가" * 40 + "1", "가" * 40 + "2"]
    assert len(set(drawn(spec("bar", ("건수", names, [1, 2])))["data"][0]["y"])) == 2


def test_shares_are_read_in_percent() -> None:
    layout = drawn(spec("bar", ("비율", ["가"], [0.5]), y="비율"))["layout"]
    assert layout["yaxis"]["tickformat"] == ".0%"


def test_a_few_things_counted_are_marked_one_by_one() -> None:
    for kind in ("bar", "line"):
        few, *others = (
            drawn(spec(kind, ("값", ["가", "나"], values)))["layout"]["yaxis"]
            for values in ([1, 2], [1, 20_000], [1, -20_000], [0.5, 2.0])
        )
        assert few["dtick"] == 1
        assert not any("dtick" in other for other in others)


def test_effects_that_raise_and_lower_differ_in_colour() -> None:
    colours = drawn(spec("bar", ("영향", ["가", "나"], [0.5, -0.5])))["data"][0]["marker"]["color"]
    assert colours[0] != colours[1]


def test_years_are_labels_and_percentiles_a_scale() -> None:
    assert drawn(spec("line", ("건수", ["2019", "2020"], [1, 2])))["layout"]["xaxis"]["type"] == "category"
    assert drawn(spec("line", ("값", [1.0, 99.0], [1, 2])))["layout"]["xaxis"]["type"] == "linear"


def test_nothing_is_sent_anywhere_and_the_button_is_korean() -> None:
    config = config_of(EXAMPLES["bar"])
    assert config["showSendToCloud"] is False
    assert config["modeBarButtons"] == [["toImage"]]
    assert "PNG" in config["locales"]["ko"]["dictionary"]["Download plot as a PNG"]
    assert "<" not in config["toImageButtonOptions"]["filename"]


def table_of(chart: ChartSpec) -> list[list[str]]:
    """Returns a chart's data as a spreadsheet reads it."""
    return list(csv.reader(io.StringIO(csv_of(chart).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("bar", [["값", "건수"], [NASTY[0], "1"], [NASTY[1], "2"], ["'=1+1", "3"], [NASTY[3], ""]]),
        ("heatmap", [["건수 \\ 값", "가", "A & B"], [NASTY[0], "1", "2"], ["나", "3", ""]]),
        ("histogram", [["묶음", "이상", "미만", "건수"], ["건수", "0", "10", "5"], ["건수", "10", "20", "0"],
                       ["건수", "20", "30", "2"]]),
        ("box", [["값", "5%", "25%", "50%", "75%", "95%"], ["가", "1", "2", "3", "4", "5"]]),
        ("scatter", [["값", "건수"], ["1.5", "3"], ["2.5", "4"]]),
    ],
)  # fmt: skip
def test_the_data_is_a_table_too(kind: ChartKind, rows: list[list[str]]) -> None:
    assert table_of(EXAMPLES[kind]) == rows


def test_series_at_different_places_follow_one_another() -> None:
    rows = table_of(spec("bar", ("가", ["x"], [1]), ("나", ["y"], [2])))
    assert rows == [["계열", "값", "건수"], ["가", "x", "1"], ["나", "y", "2"]]


CALLS: dict[str, dict[str, Any]] = {
    "get_value_counts": {"column": "기상상태"},
    "get_correlation": {},
    "group_by_aggregate": {"group_by": ["시군구.구", "기상상태"], "value_column": "ECLO"},
    "calculate_percentile": {"column": "ECLO", "percentile": [10, 50, 90]},
    "cross_tabulation": {"columns": ["요일", "사고일시.시"]},
    "get_column_correlation_with_target": {"target_column": "ECLO"},
    "get_temporal_pattern": {"by": "hour", "value_column": "ECLO"},
    "summarize_categorical_distribution": {"column": "노면상태"},
    "get_column_statistics": {"column": "ECLO", "limit": 10},
    "get_geo_bounds": {},
    "get_missing_values": {},
}


@pytest.mark.parametrize("tool", [each.name for each in tools() if each.chart is not None and each.on == "table"])
def test_what_the_tools_draw_can_be_shown(tool: str) -> None:
    frame = samples()["cctv" if tool == "get_geo_bounds" else "accidents"].frame()
    gapped = frame.with_columns(pl.when(pl.int_range(pl.len()) > 9).then(pl.last()).alias(frame.columns[-1]))
    chart = run_tool(tool, Table.from_frame(gapped), CALLS[tool]).chart
    assert chart is not None
    assert drawn(chart)["data"]
    assert len(table_of(chart)) > 1
