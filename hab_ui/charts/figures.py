"""Figures from chart specifications: one function a kind, transparent, in the colours of the theme that shows them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from hab_core.schemas.analysis import ChartKind, ChartSpec
from hab_ui.charts.labels import is_number, is_share, safe, ticks, title

HEIGHT = 380
CLEAR = "rgba(0,0,0,0)"
GREY = "rgba(128,128,128,0.9)"
PALETTE = ("#2f6fde", "#e8743b", "#19a979", "#b8519e", "#c79a00", "#13a4b4", "#e34a62", "#8a7b6a")
"""Mid tones that stand out on white and on near-black alike."""
BLUE, RED = PALETTE[0], PALETTE[6]
SEQUENTIAL = ((0.0, "rgba(47,111,222,0.06)"), (0.5, "rgba(47,111,222,0.55)"), (1.0, "rgba(47,111,222,1)"))
DIVERGING = ((0.0, RED), (0.5, "rgba(128,128,128,0.12)"), (1.0, BLUE))
_UPRIGHT_BARS = 12
_UPRIGHT_LABEL = 8
_BAR_HEIGHT = 24
_TALLEST = 900
_FILLED = 3
_WRITTEN_CELLS = 120
_FEW = 5

Draw = Callable[[go.Figure, ChartSpec], None]


def figure_of(spec: ChartSpec) -> go.Figure:
    """Returns a chart specification as a figure.

    Texts are escaped, the background is transparent, and fonts and axis colours are left to the theme.
    """
    figure = go.Figure()
    figure.update_layout(
        title={"text": title(spec.title), "font": {"size": 16}, "x": 0, "xanchor": "left"},
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 64, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        colorway=PALETTE,
        modebar={"bgcolor": CLEAR, "color": GREY, "activecolor": BLUE},
        separators=".,",
        showlegend=len(spec.series) > 1,
        legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0},
        dragmode=False,
        bargap=0.2,
    )
    figure.update_xaxes(title_text=safe(spec.x), automargin=True, fixedrange=True)
    figure.update_yaxes(title_text=safe(spec.y), automargin=True, fixedrange=True)
    _DRAWN[spec.kind](figure, spec)
    return figure


def _bars(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws bars: upright where few and short, else lying, the first on top."""
    names = list(dict.fromkeys(str(x) for series in spec.series for x in series.x))
    lying = len(names) > _UPRIGHT_BARS or any(len(name) > _UPRIGHT_LABEL for name in names)
    labels = dict(zip(names, ticks(names), strict=True))
    place, amount = ("y", "x") if lying else ("x", "y")
    for series in spec.series:
        at, values = [labels[str(x)] for x in series.x], series.y
        figure.add_bar(
            **{place: at, amount: values},
            orientation="h" if lying else "v",
            name=safe(series.name),
            hovertemplate=f"%{{{place}}}<br>{safe(series.name)} {_value_of(amount, spec.y)}<extra></extra>",
            **({"marker_color": _signs(values)} if _is_signed(values) else {}),
        )
    if lying:
        _lay(figure, spec, len(names))
    else:
        figure.update_xaxes(type="category")
        figure.update_yaxes(rangemode="tozero", **_ticks_of(spec))


def _lay(figure: go.Figure, spec: ChartSpec, bars: int) -> None:
    """Swaps the axes of a figure whose bars lie, and makes it tall enough to read each."""
    figure.update_xaxes(title_text=safe(spec.y), rangemode="tozero", **_ticks_of(spec))
    figure.update_yaxes(title_text="", type="category", autorange="reversed")
    figure.update_layout(height=min(_TALLEST, max(HEIGHT, 130 + _BAR_HEIGHT * bars * min(len(spec.series), 3))))


def _lines(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws lines through the values in their order; gaps stay gaps."""
    continuous = all(is_number(x) for series in spec.series for x in series.x)
    for series in spec.series:
        at = series.x if continuous else [safe(x) for x in series.x]
        hover = "%{x}<br>" + f"{safe(series.name)} {_value_of('y', spec.y)}<extra></extra>"
        mode = "lines+markers" if len(at) <= 60 else "lines"
        figure.add_scatter(x=at, y=series.y, mode=mode, name=safe(series.name), hovertemplate=hover)
    figure.update_xaxes(type="linear" if continuous else "category", nticks=0 if continuous else 16)
    figure.update_yaxes(**_ticks_of(spec))


def _heat(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws rows of cells, the first on top; correlations in two colours around 0."""
    rows = ticks(series.name for series in spec.series)
    columns = ticks(spec.series[0].x) if spec.series else []
    values = [series.y for series in spec.series]
    known = [value for line in values for value in line if value is not None]
    signed = any(value < 0 for value in known) or "상관" in spec.title
    written = len(known) <= _WRITTEN_CELLS and len(columns) <= _UPRIGHT_BARS
    figure.add_heatmap(
        z=values,
        x=columns,
        y=rows,
        colorscale=DIVERGING if signed else SEQUENTIAL,
        **({"zmin": -1, "zmax": 1} if signed else {}),
        texttemplate="%{z:.2f}" if written and signed else "%{z:,}" if written else None,
        hovertemplate="%{y} · %{x}<br>%{z:,.4~f}<extra></extra>",
        xgap=1,
        ygap=1,
        colorbar={"thickness": 10, "title": {"text": "r" if signed else "건수"}, "tickformat": ",~g"},
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_layout(height=min(_TALLEST, max(HEIGHT, 150 + _BAR_HEIGHT * len(rows))), showlegend=False)


def _points(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws points."""
    for series in spec.series:
        hover = f"{safe(spec.x)} %{{x:,.6~g}}<br>{safe(spec.y)} %{{y:,.6~g}}<extra>{safe(series.name)}</extra>"
        marker = {"size": 6, "opacity": 0.45}
        figure.add_scatter(
            x=series.x, y=series.y, mode="markers", marker=marker, name=safe(series.name), hovertemplate=hover
        )
    figure.update_yaxes(**_ticks_of(spec))


def _outline(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws places without a map behind them: outlines and points, degrees to scale."""
    for series in spec.series:
        mode = "markers" if len(series.x) == 1 else "lines"
        hover = f"{safe(series.name)}<br>위도 %{{y:.4f}}, 경도 %{{x:.4f}}<extra></extra>"
        figure.add_scatter(
            x=series.x, y=series.y, mode=mode, marker={"size": 12}, name=safe(series.name), hovertemplate=hover
        )
    latitudes = [y for series in spec.series for y in series.y if y is not None]
    middle = sum(latitudes) / len(latitudes) if latitudes else 0.0
    figure.update_xaxes(tickformat=".2f")
    figure.update_yaxes(tickformat=".2f", scaleanchor="x", scaleratio=1 / math.cos(math.radians(middle)))


def _histogram(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws counted bins between their edges."""
    for series in spec.series:
        ends = list(pairwise(series.x))
        hover = f"%{{customdata[0]:,.6~g}} – %{{customdata[1]:,.6~g}}<br>{_value_of('y', spec.y)}<extra></extra>"
        figure.add_bar(
            x=[(low + high) / 2 for low, high in ends],
            y=series.y,
            width=[high - low for low, high in ends],
            customdata=ends,
            name=safe(series.name),
            hovertemplate=hover,
        )
    figure.update_traces(marker_line_width=0, opacity=0.85 if len(spec.series) == 1 else 0.55)
    figure.update_layout(bargap=0.02, barmode="overlay")
    figure.update_xaxes(tickformat=",~g")
    figure.update_yaxes(rangemode="tozero", **_ticks_of(spec))


def _boxes(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws boxes from five percentiles each: the whiskers end at the first and the last."""
    for series, label in zip(spec.series, ticks(series.name for series in spec.series), strict=True):
        low, q1, median, q3, high = ([value] for value in series.y)
        figure.add_box(
            x=[label], lowerfence=low, q1=q1, median=median, q3=q3, upperfence=high, name=label, showlegend=False
        )
    figure.update_xaxes(type="category")
    figure.update_yaxes(**_ticks_of(spec))


def _violins(figure: go.Figure, spec: ChartSpec) -> None:
    """Draws densities as curves, filled where few enough to be told apart."""
    fill = "tozeroy" if len(spec.series) <= _FILLED else "none"
    for series in spec.series:
        hover = f"{safe(series.name)}<br>%{{x:,.6~g}}: 밀도 %{{y:.4~g}}<extra></extra>"
        figure.add_scatter(x=series.x, y=series.y, mode="lines", fill=fill, name=safe(series.name), hovertemplate=hover)
    figure.update_xaxes(tickformat=",~g")
    figure.update_yaxes(rangemode="tozero", tickformat="~g")


_DRAWN: dict[ChartKind, Draw] = {
    "bar": _bars,
    "line": _lines,
    "heatmap": _heat,
    "scatter": _points,
    "map": _outline,
    "histogram": _histogram,
    "box": _boxes,
    "violin": _violins,
}


def _value_of(axis: str, label: str) -> str:
    """Returns how a hover text writes the value of an axis."""
    return f"%{{{axis}:.1%}}" if is_share(label) else f"%{{{axis}:,.4~f}}"


def _ticks_of(spec: ChartSpec) -> dict[str, Any]:
    """Returns how the axis of the values writes its numbers; a few things counted are not marked in fifths."""
    if is_share(spec.y):
        return {"tickformat": ".0%"}
    values = [value for series in spec.series for value in series.y]
    few = all(isinstance(value, int) and abs(value) <= _FEW for value in values)
    return {"tickformat": ",~g"} | ({"dtick": 1} if few else {})


def _is_signed(values: list[Any]) -> bool:
    """Tells whether some values are below 0."""
    return any(is_number(value) and value < 0 for value in values)


def _signs(values: list[Any]) -> list[str]:
    """Returns a colour for each value: what raises in one, what lowers in the other."""
    return [RED if is_number(value) and value >= 0 else BLUE for value in values]
