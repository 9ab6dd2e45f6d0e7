"""홈: what HAB is, how the server is, the datasets at a glance, first steps."""

from __future__ import annotations

import streamlit as st

from hab_core.schemas.datasets import DatasetDetail
from hab_ui import backend, choosing, health, navigation
from hab_ui.formats import local_time, share

_MOST_SHOWN = 12
_INTRODUCTION = (
    "대구의 교통사고·시설물 공공데이터를 올려서 바로 살펴보고, 지도로 보고, 우리말로 물어보는 도구입니다. "
    "사고 상황을 넣으면 심각도(ECLO)를 예측합니다. ECLO = 사망 10 + 중상 5 + 경상 3 + 부상신고 1."
)
_STEPS = (
    ("datasets", "1. 데이터 올리기", "공공데이터포털에서 받은 CSV를 그대로 올립니다."),
    ("visualise", "2. 차트로 보기", "열의 성격에 맞는 차트를 자동으로 그립니다."),
    ("map", "3. 지도로 보기", "사고 지점과 시설물을 한 지도에 겹칩니다."),
    ("predict", "4. ECLO 예측", "사고 상황에 따른 심각도를 예측합니다."),
    ("chat", "5. 물어보기", "데이터에 대해 우리말로 질문합니다."),
)


def page() -> None:
    """Shows the page."""
    st.title("대구 공공데이터 분석")
    st.write(_INTRODUCTION)
    _show_health()
    _show_datasets()
    _show_steps()


@st.fragment(run_every=health.EVERY)
def _show_health() -> None:
    """Shows how the server is, again and again."""
    with backend.guarded("서버 상태를 확인하는 중입니다…"):
        health.show_summary(backend.client().health())


def _show_datasets() -> None:
    """Shows the newest datasets with their size and their gaps."""
    st.subheader("데이터셋 한눈에 보기", anchor=False)
    found: list[DatasetDetail] = []
    with backend.guarded("데이터셋을 불러오는 중입니다…"):
        every = choosing.datasets()
        found = [choosing.profile(dataset.id) for dataset in every[:_MOST_SHOWN]]
    if not found:
        choosing.ask_for_data()
        return
    counted = [(dataset, sum(column.missing for column in dataset.column_profiles)) for dataset in found]
    cells = sum(dataset.rows * dataset.columns for dataset in found)
    sums = {
        "데이터셋": f"{len(every):,}개",
        "행": f"{sum(dataset.rows for dataset in every):,}",
        "열": f"{sum(dataset.columns for dataset in every):,}",
        "결측": share(sum(missing for _, missing in counted), cells),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, text in sums.items():
            st.metric(label, text, width="content")
    st.dataframe(
        {
            "이름": [dataset.name for dataset in found],
            "행": [dataset.rows for dataset in found],
            "열": [dataset.columns for dataset in found],
            "결측": [f"{missing:,} ({share(missing, dataset.rows * dataset.columns)})" for dataset, missing in counted],
            "올린 때": [local_time(dataset.uploaded_at) for dataset in found],
        },
        column_config={"행": st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        height="content",
    )
    if len(every) > len(found):
        st.caption(f"최근 {len(found)}개입니다. 전체 {len(every)}개는 데이터셋 페이지에 있습니다.")


def _show_steps() -> None:
    """Shows what to do first."""
    st.subheader("처음이라면", anchor=False)
    for column, (name, label, text) in zip(st.columns(len(_STEPS)), _STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            navigation.link(name, f"**{label}**")
            st.caption(text)
