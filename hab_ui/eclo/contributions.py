"""What raised and lowered a prediction, as a bar chart."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.eclo import EcloContribution, EcloPrediction
from hab_ui.charts import config_of, figure_of
from hab_ui.charts.labels import safe
from hab_ui.eclo.places import short_place

SCALE_EXPLAINED = (
    "막대는 log1p(ECLO) = ln(1 + ECLO) 척도에서 더해지는 값으로, +0.10이면 (1 + ECLO)가 약 10.5% 커지고 "
    "−0.10이면 약 9.5% 작아집니다."
)
_ROW_HEIGHT, _AROUND = 38, 110
_LONGEST_VALUE = 18
_ROOM = 0.34


def show_contributions(prediction: EcloPrediction) -> None:
    """Shows what raised and lowered a prediction; nothing where no explanation was asked for."""
    if not prediction.contributions:
        return
    spec = contributions_spec(prediction.contributions)
    st.plotly_chart(contributions_figure(spec), key="eclo_contributions", config=config_of(spec), alt=spec.title)
    base = "" if prediction.base_value is None else f" 기준값은 {prediction.base_value:.3f}입니다."
    st.caption(f"오른쪽 막대는 예측을 높이고 왼쪽 막대는 낮춥니다. {SCALE_EXPLAINED}{base}")


def contributions_spec(contributions: Sequence[EcloContribution]) -> ChartSpec:
    """Returns one bar for each circumstance, the strongest first."""
    shown = sorted(contributions, key=lambda each: -abs(each.effect))
    names = [f"{each.label}: {short_place(each.value)}" for each in shown]
    series = ChartSeries(name="기여도", x=names, y=[each.effect for each in shown])
    return ChartSpec(kind="bar", title="예측을 높이고 낮춘 조건", x="조건", y="기여도 (log1p 척도)", series=[series])


def contributions_figure(spec: ChartSpec) -> go.Figure:
    """Returns the bars with their figures at the ends."""
    figure = figure_of(spec)
    names, effects = spec.series[0].x, spec.series[0].y
    low, high = min(0.0, *effects), max(0.0, *effects)
    room = _ROOM * ((high - low) or 1.0)
    figure.update_traces(text=[f"{effect:+.3f}" for effect in effects], textposition="outside", cliponaxis=False)
    figure.update_xaxes(
        range=[low - room * (low < 0), high + room * (high > 0)], tickformat="+.2f", nticks=4, tickangle=0
    )
    figure.update_yaxes(tickmode="array", tickvals=figure.data[0].y, ticktext=[_two_lines(name) for name in names])
    figure.update_layout(height=_AROUND + _ROW_HEIGHT * len(effects))
    return figure


def _two_lines(name: str) -> str:
    """Returns the name of a bar for a narrow screen: the circumstance above its value, cut where that is long."""
    label, _, value = name.partition(": ")
    short = value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…"
    return f"{safe(label)}<br>{safe(short)}"
