"""상태: how each part is, the model that serves, the queue, the addresses."""

from __future__ import annotations

from typing import Any

import streamlit as st

from hab_client import HealthAnswer, ModelAnswer
from hab_ui import backend
from hab_ui.formats import local_time
from hab_ui.health import EVERY, component_line, show_summary
from hab_ui.settings import UiSettings

_RECENT = 10


def page() -> None:
    """Shows the page."""
    st.title("상태")
    with backend.guarded("서버 상태를 확인하는 중입니다…"):
        backend.client().health.live()
    _show_parts()
    _show_model()
    _show_predictions()
    _show_addresses()


@st.fragment(run_every=EVERY)
def _show_parts() -> None:
    """Shows every part, again and again."""
    with backend.guarded("서버 상태를 확인하는 중입니다…"):
        health: HealthAnswer = backend.client().health()
        show_summary(health)
        for name, component in health.components.items():
            st.markdown(component_line(name, component))
        st.caption(f"{EVERY:.0f}초마다 다시 확인합니다. 자세한 점검: 터미널에서 hab doctor")


def _show_model() -> None:
    """Shows which model serves, what it was made from and how good it is."""
    st.subheader("ECLO 예측 모델", anchor=False)
    with backend.guarded("모델 정보를 불러오는 중입니다…", stop=False):
        model = backend.client().model.info()
        st.markdown("\n".join(f"- **{title}** {text}" for title, text in _facts(model).items()))
        st.caption("심각도 등급: 예측값이 대구 사고 전체에서 놓이는 자리로 정합니다.")
        st.dataframe(
            {
                "등급": [one.name for one in model.severity_scale],
                "백분위": [f"{one.percentile_from:g}–{one.percentile_to:g}" for one in model.severity_scale],
                "예측 ECLO": [f"{one.eclo_from:.2f} 이상" for one in model.severity_scale],
            },
            hide_index=True,
        )


def _facts(model: ModelAnswer) -> dict[str, str]:
    """Returns what is worth knowing of a model; figures that its card does not hold are left out."""
    training, metrics = model.training_data, model.metrics
    years = sorted(metrics.get("rolling_origin") or {})
    last: dict[str, Any] = metrics["rolling_origin"][years[-1]] if years else {}
    interval = metrics.get("interval") or {}
    facts = {"버전": f"`{model.version}`"}
    if "rows" in training:
        facts["학습 자료"] = f"{training['rows']:,}건 ({' – '.join(map(str, training.get('period', [])))})"
    if "rmsle" in last:
        facts["오차"] = f"RMSLE {last['rmsle']:.3f} ({years[-1]}년 사고, 그 전까지만 배운 모델)"
    if "coverage" in interval:
        facts["80% 범위"] = f"실제 ECLO가 범위 안에 든 비율 {interval['coverage']:.1%}"
    return facts | {"등록된 버전": ", ".join(f"`{version}`" for version in model.versions) or "-"}


def _show_predictions() -> None:
    """Shows how much was predicted lately, singly and in batches."""
    st.subheader("최근 예측", anchor=False)
    with backend.guarded("예측 기록을 불러오는 중입니다…", stop=False):
        recent = next(backend.client().eclo.history().pages()).items[:_RECENT]
        if not recent:
            st.caption("아직 예측이 없습니다. ECLO 예측 페이지에서 첫 예측을 해보세요.")
            return
        st.dataframe(
            {
                "때": [local_time(one.created_at) for one in recent],
                "방법": ["일괄" if one.source == "batch" else "한 건" for one in recent],
                "ECLO": [f"{one.eclo:.2f}" for one in recent],
                "등급": [one.interpretation for one in recent],
                "모델": [one.model_version for one in recent],
            },
            hide_index=True,
        )


def _show_addresses() -> None:
    """Shows where the server and its documentation are."""
    st.subheader("주소", anchor=False)
    settings = UiSettings.from_environment()
    st.markdown(
        f"- **화면** `{settings.ui_url}`\n- **서버(API)** `{settings.backend_url}`\n"
        f"- **API 명세(OpenAPI)** `{settings.backend_url}/openapi.json`"
    )
