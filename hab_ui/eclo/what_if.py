"""What-if: one circumstance through all of its values, side by side, and what another value would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from hab_client import HabClient
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import PredictionBatchResult
from hab_core.schemas.jobs import EcloBatchItem
from hab_ui import backend
from hab_ui.charts import config_of, figure_of
from hab_ui.charts.labels import ticks
from hab_ui.eclo.scale import colour_of
from hab_ui.eclo.variations import Accident, Circumstance, Variant

_ROW_HEIGHT, _AROUND = 28, 120
_ROOM = 0.3


@st.fragment
def show_what_if(client: HabClient, accident: Accident, circumstances: Sequence[Circumstance]) -> None:
    """Shows the choice of a circumstance and compares its values; only this part of the page is drawn again."""
    st.subheader("조건을 바꾸면?", anchor=False)
    names = [each.label for each in circumstances]
    chosen = st.pills("바꿔 볼 조건", names, key="what_if_circumstance")
    if chosen is None:
        st.caption("조건 하나를 고르면 그 조건의 모든 값을 나란히 비교합니다. 비교한 예측도 이력에 남습니다.")
        return
    circumstance = circumstances[names.index(chosen)]
    with backend.guarded():
        figures = _figures(client, circumstance.variants(accident))
    if not figures:
        st.info("비교할 수 있는 값이 없습니다. 다른 조건을 골라주세요.")
        return
    now = circumstance.value_of(accident)
    other = _other_value(figures, now, circumstance.label)
    _show_change(figures, now, other)
    spec = comparison_spec(figures, circumstance.label)
    figure = comparison_figure(spec, figures, now, other)
    st.plotly_chart(figure, key="what_if_chart", config=config_of(spec), alt=spec.title)
    st.caption(
        "다른 조건은 그대로 두고 이 조건만 바꾼 예측입니다. 조건을 바꾸면 실제 피해가 그만큼 달라진다는 뜻은 아닙니다."
    )


def comparison_spec(figures: Mapping[str, EcloBatchItem], name: str) -> ChartSpec:
    """Returns one bar for each value of a circumstance."""
    series = ChartSeries(name="예측 ECLO", x=list(figures), y=[item.eclo for item in figures.values()])
    return ChartSpec(kind="bar", title=f"{name}별 예측 ECLO", x=name, y="예측 ECLO", series=[series])


def comparison_figure(spec: ChartSpec, figures: Mapping[str, EcloBatchItem], now: str, other: str | None) -> go.Figure:
    """Returns the bars lying, in the colours of their classes; the present value and the other one stand out."""
    items = list(figures.values())
    figure = figure_of(spec)
    figure.data = ()
    figure.add_bar(
        orientation="h",
        x=[item.eclo for item in items],
        y=ticks(figures),
        text=[f"{item.eclo:.2f}{' ◀ 현재' if label == now else ''}" for label, item in figures.items()],
        textposition="outside",
        cliponaxis=False,
        marker_color=[colour_of(item.interpretation) for item in items],
        marker_opacity=[1.0 if label in (now, other) else 0.4 for label in figures],
        customdata=[item.interpretation for item in items],
        hovertemplate="%{y}<br>ECLO %{x:.2f} (%{customdata})<extra></extra>",
    )
    end = max(item.eclo or 0.0 for item in items) * (1 + _ROOM)
    figure.update_xaxes(title_text=spec.y, type="linear", range=[0, end], tickformat=",~g", tickangle=0)
    figure.update_yaxes(title_text="", type="category", autorange="reversed")
    figure.update_layout(height=_AROUND + _ROW_HEIGHT * len(items))
    return figure


def _other_value(figures: Mapping[str, EcloBatchItem], now: str, name: str) -> str | None:
    """Returns the value to compare with, chosen by the user; first the one with the lowest prediction."""
    others = [label for label in figures if label != now]
    if not others:
        return None
    lowest = min(others, key=lambda label: figures[label].eclo or 0.0)
    return st.selectbox(
        f"{name}: 현재 {now} → 바꿀 값", others, index=others.index(lowest), key=f"what_if_value_{name}"
    )


def _show_change(figures: Mapping[str, EcloBatchItem], now: str, other: str | None) -> None:
    """Shows the prediction with the present value and with the other one, and the difference."""
    old, new = figures.get(now), figures.get(other or "")
    columns = st.columns(2)
    if old is not None and old.eclo is not None:
        columns[0].metric(f"현재 · {now}", f"{old.eclo:.2f}", old.interpretation, delta_color="off", delta_arrow="off")
    if old is not None and new is not None and old.eclo and new.eclo:
        change = f"{new.eclo - old.eclo:+.2f} ({new.eclo / old.eclo - 1:+.1%}) · {new.interpretation}"
        columns[1].metric(f"바꾸면 · {other}", f"{new.eclo:.2f}", change, delta_color="inverse")


def _figures(client: HabClient, variants: Sequence[Variant]) -> dict[str, EcloBatchItem]:
    """Returns the score of each variant that has one."""
    scores = _scores(client, [variant.accident for variant in variants])
    return {each.label: item for each, item in zip(variants, scores, strict=True) if item.eclo is not None}


@st.cache_data(scope="session", ttl=600, max_entries=50, show_spinner="조건을 바꿔 예측하고 있습니다…")
def _scores(_client: HabClient, accidents: list[Accident]) -> list[EcloBatchItem]:
    """Returns the scores of up to 500 accidents; the same question is asked once in a session."""
    run = _client.tools.run("predict_eclo_batch", accidents=accidents)
    return PredictionBatchResult.model_validate(run.result).items
