"""홈: what HAB is, how the server is, the datasets at a glance, first steps."""

from __future__ import annotations

import streamlit as st

from hab_ui import backend


def page() -> None:
    """Shows the page."""
    st.title("대구 공공데이터 분석")
    with backend.guarded("서버 상태를 확인하는 중입니다…"):
        st.write(backend.client().health().status)
