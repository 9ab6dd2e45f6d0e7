"""Where an accident is: its 동 among all of Daegu's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import EcloPrediction
from hab_ui.charts import config_of
from hab_ui.charts.figures import CLEAR
from hab_ui.eclo.places import district_of, short_place
from hab_ui.eclo.scale import colour_of

_KM_PER_DEGREE = 111.2
_AROUND_KM = 6.0
_CORNERS = 40
_INK = "#7f8c9b"


def show_place(district: str, prediction: EcloPrediction, regions: Sequence[Region]) -> None:
    """Shows a small map around a place; nothing where the place is not among the regions."""
    here = next((region for region in regions if region.name == district), None)
    if here is None:
        return
    series = ChartSeries(name=here.name, x=[here.longitude], y=[here.latitude])
    spec = ChartSpec(kind="map", title=f"사고 위치: {short_place(district)}", x="경도", y="위도", series=[series])
    figure = place_figure(here, prediction.interpretation, regions)
    st.markdown(f"**{spec.title}**")
    st.plotly_chart(figure, key="eclo_place", config=config_of(spec), alt=spec.title)
    st.caption("원은 각 동의 중심과 넓이를 나타냅니다. 같은 구·군의 동은 진하게 표시합니다.")


def place_figure(here: Region, interpretation: str, regions: Sequence[Region]) -> go.Figure:
    """Returns the places within some kilometres as circles to scale, this one in the colour of its class."""
    stretch = 1 / math.cos(math.radians(here.latitude))
    figure = go.Figure()
    for region in regions:
        if region.code != here.code and _distance(here, region) < 2 * _AROUND_KM:
            same = district_of(region.name) == district_of(here.name)
            _draw(figure, region, _INK, 0.35 if same else 0.12)
    _draw(figure, here, colour_of(interpretation), 0.75)
    figure.add_annotation(
        x=here.longitude, y=here.latitude, text=here.name.split()[-1], showarrow=True, arrowhead=2, ax=0, ay=-44
    )
    reach = max(_AROUND_KM, here.radius_km * 1.5) / _KM_PER_DEGREE
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        height=380,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=CLEAR,
        plot_bgcolor="rgba(127,140,155,0.08)",
        showlegend=False,
        dragmode=False,
        xaxis={**hidden, "range": [here.longitude - reach * stretch, here.longitude + reach * stretch]},
        yaxis={
            **hidden,
            "range": [here.latitude - reach, here.latitude + reach],
            "scaleanchor": "x",
            "scaleratio": stretch,
        },
    )
    return figure


def _draw(figure: go.Figure, region: Region, colour: str, opacity: float) -> None:
    """Draws a place as a circle of its radius."""
    angles = [2 * math.pi * corner / _CORNERS for corner in range(_CORNERS + 1)]
    reach = region.radius_km / _KM_PER_DEGREE
    stretch = 1 / math.cos(math.radians(region.latitude))
    figure.add_scatter(
        x=[region.longitude + reach * stretch * math.cos(angle) for angle in angles],
        y=[region.latitude + reach * math.sin(angle) for angle in angles],
        mode="lines",
        fill="toself",
        fillcolor=colour,
        line={"color": colour, "width": 1},
        opacity=opacity,
        hoveron="fills",
        name=short_place(region.name),
        hoverinfo="name",
    )


def _distance(one: Region, other: Region) -> float:
    """Returns about how many kilometres lie between two places."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(east, one.latitude - other.latitude) * _KM_PER_DEGREE
