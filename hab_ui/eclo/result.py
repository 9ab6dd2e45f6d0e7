"""What was predicted of one accident."""

from __future__ import annotations

import streamlit as st

from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.eclo import EcloPrediction, ModelInfo
from hab_ui.charts import config_of
from hab_ui.eclo.scale import legend, scale_figure
from hab_ui.markdown import safe


def show_prediction(prediction: EcloPrediction, model: ModelInfo) -> None:
    """Shows value, range, class and percentile, and what they mean."""
    for warning in prediction.warnings:
        st.warning(warning, icon=":material/warning:")
    _show_figures(prediction)
    if prediction.detail:
        st.markdown(safe(prediction.detail))
    spec = _spec(prediction)
    st.plotly_chart(
        scale_figure(prediction, model.severity_scale), key="eclo_scale", config=config_of(spec), alt=spec.title
    )
    level = f"{prediction.interval.level:.0%}"
    st.caption(
        f"점은 예측값, 굵은 선은 실제 ECLO가 {level} 확률로 놓이는 범위, "
        f"띠는 등급입니다: {legend(model.severity_scale)}"
    )


def _show_figures(prediction: EcloPrediction) -> None:
    """Shows the four figures side by side."""
    interval = prediction.interval
    with st.container(horizontal=True):
        st.metric("예측 ECLO", f"{prediction.eclo:.2f}", border=True)
        st.metric(f"{interval.level:.0%} 범위", f"{interval.low:.1f} – {interval.high:.1f}", border=True)
        st.metric("등급", prediction.interpretation, border=True)
        st.metric(
            "백분위", f"{prediction.percentile:.1f}", border=True, help="예측값이 이보다 낮은 대구 사고의 비율(%)"
        )


def _spec(prediction: EcloPrediction) -> ChartSpec:
    """Returns the picture of the range as data: what its file is called and what is read aloud."""
    interval = prediction.interval
    series = ChartSeries(name="ECLO", x=["하한", "예측", "상한"], y=[interval.low, prediction.eclo, interval.high])
    return ChartSpec(kind="bar", title="예측 ECLO와 80% 범위", x="", y="ECLO", series=[series])
