"""A prediction on the scale of severity: the classes as bands, the 80 % range as a line, the value as a point."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hab_core.schemas.eclo import EcloScore, SeverityClass
from hab_ui.charts.figures import BLUE, CLEAR, GREY

_CLASS_COLOURS = {"경미": "#43a047", "일반": "#2f80ed", "심각": "#f2994a", "매우 심각": "#d32f2f"}
_BADGES = {"경미": "green", "일반": "blue", "심각": "orange", "매우 심각": "red"}
_OTHER = "#9e9e9e"
_INK = "#7f8c9b"
"""A grey that is seen on a light and on a dark ground."""


def colour_of(interpretation: str | None) -> str:
    """Returns the colour of a class."""
    return _CLASS_COLOURS.get(interpretation or "", _OTHER)


def scale_figure(score: EcloScore, scale: Sequence[SeverityClass]) -> go.Figure:
    """Returns the picture of a score among the classes of the model's severity scale."""
    end = max(score.interval.high, score.eclo, *(each.eclo_from for each in scale)) * 1.08
    figure = go.Figure([_interval(score), _point(score)])
    for each in scale:
        figure.add_vrect(
            x0=0.0 if each.percentile_from == 0 else each.eclo_from,
            x1=end if each.eclo_to is None else each.eclo_to,
            fillcolor=colour_of(each.name),
            opacity=0.22,
            line_width=0,
        )
    figure.update_layout(
        height=170,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        dragmode=False,
        modebar={"bgcolor": CLEAR, "color": GREY, "activecolor": BLUE},
        margin={"l": 8, "r": 8, "t": 32, "b": 40},
        xaxis={"title": "ECLO", "range": [0.0, end], "showgrid": False, "zeroline": False, "fixedrange": True},
        yaxis={"visible": False, "range": [-1, 1], "fixedrange": True},
        showlegend=False,
    )
    return figure


def legend(scale: Sequence[SeverityClass]) -> str:
    """Returns the classes with the ECLO at which each begins, as one line of Markdown."""
    parts = (
        f":{_BADGES.get(each.name, 'gray')}-badge[{each.name}] "
        + (f"{each.eclo_to:.2f} 미만" if each.percentile_from == 0 and each.eclo_to else f"{each.eclo_from:.2f} 이상")
        for each in scale
    )
    return " ".join(parts)


def _interval(score: EcloScore) -> go.Scatter:
    """Returns the line of the range in which the real ECLO lies."""
    low, high, level = score.interval.low, score.interval.high, score.interval.level
    return go.Scatter(
        x=[low, high],
        y=[0, 0],
        mode="lines+markers+text",
        line={"color": _INK, "width": 6},
        marker={"symbol": "line-ns", "size": 20, "line": {"color": _INK, "width": 3}},
        text=[f"{low:.1f}", f"{high:.1f}"],
        textposition="bottom center",
        hovertemplate=f"{level:.0%} 범위 {low:.2f} – {high:.2f}<extra></extra>",
    )


def _point(score: EcloScore) -> go.Scatter:
    """Returns the point of the prediction itself."""
    return go.Scatter(
        x=[score.eclo],
        y=[0],
        mode="markers+text",
        marker={"size": 18, "color": colour_of(score.interpretation), "line": {"color": "#ffffff", "width": 2}},
        text=[f"{score.eclo:.2f}"],
        textposition="top center",
        hovertemplate=f"예측 ECLO {score.eclo:.2f} ({score.interpretation})<extra></extra>",
    )
