"""ECLO 예측: one accident, many accidents, and what was predicted before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from hab_client import HabClient
from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import EcloPrediction, ModelInfo
from hab_ui import backend, maps
from hab_ui.eclo import history
from hab_ui.eclo.batch import show_batch
from hab_ui.eclo.contributions import show_contributions
from hab_ui.eclo.form import accident_form
from hab_ui.eclo.place_map import show_place
from hab_ui.eclo.result import show_prediction
from hab_ui.eclo.variations import Accident, circumstances
from hab_ui.eclo.what_if import show_what_if

_KEY = "eclo_predicted"
_FRESH = 300.0
_TABS = ["한 건 예측", "일괄 예측", "예측 이력"]


class _Predicted(NamedTuple):
    """An accident and what was predicted of it."""

    accident: Accident
    prediction: EcloPrediction


def page() -> None:
    """Shows the page."""
    st.title("ECLO 예측", anchor=False)
    st.caption("ECLO(인명피해 환산) = 사망×10 + 중상×5 + 경상×3 + 부상신고×1, 사고 한 건 기준입니다.")
    client = backend.client()
    with backend.guarded("예측 모델을 불러오는 중입니다…"):
        model = _model(client, client.base_url)
    one, many, before = st.tabs(_TABS, key="predict_tab", bind="query-params")
    if one.open:
        with one:
            _show_one(client, model)
    if many.open:
        with many:
            show_batch(client)
    if before.open:
        with before:
            history.show_history(client, model)


def _show_one(client: HabClient, model: ModelInfo) -> None:
    """Shows the form, and what was predicted last."""
    with backend.guarded("대구의 동 목록을 불러오는 중입니다…"):
        regions = maps.regions(client.base_url)
    accident = accident_form(model, regions)
    if accident is not None:
        with backend.guarded("예측하는 중입니다…"):
            st.session_state[_KEY] = _Predicted(accident, client.eclo.predict(accident))
        history.forget()
    predicted: _Predicted | None = st.session_state.get(_KEY)
    if predicted is None:
        st.info("사고 상황을 고르고 '심각도 예측하기'를 눌러주세요.", icon=":material/touch_app:")
        return
    _show_predicted(predicted, model, regions)
    show_what_if(client, predicted.accident, circumstances(model, regions))


def _show_predicted(predicted: _Predicted, model: ModelInfo, regions: Sequence[Region]) -> None:
    """Shows a prediction, what it rests on, and where the accident is."""
    show_prediction(predicted.prediction, model)
    wide, narrow = st.columns([3, 2])
    with wide:
        show_contributions(predicted.prediction)
    with narrow:
        show_place(predicted.accident["district"], predicted.prediction, regions)


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _model(_client: HabClient, url: str) -> ModelInfo:  # noqa: ARG001  # the address is the key of the cache
    """Returns the model that serves."""
    return _client.eclo.model()
