"""The state of the server and its parts, as several pages show it."""

from __future__ import annotations

import streamlit as st

from hab_core.schemas.health import Component, Health

EVERY = 10.0
"""Seconds between two looks of a page at the parts."""
_NAMES = {
    "database": "데이터베이스",
    "cache": "캐시",
    "queue": "작업 대기열",
    "workers": "작업자",
    "model": "예측 모델",
}
_STATES = {
    "ok": ":green-badge[:material/check: 정상]",
    "degraded": ":orange-badge[:material/warning: 확인 필요]",
    "down": ":red-badge[:material/close: 중단]",
}


def show_summary(health: Health) -> None:
    """Shows in a line whether the server is well, and below it what is not."""
    if health.status == "ok":
        st.markdown(f":green-badge[:material/check_circle: 서버 정상] HAB {health.version}")
        return
    st.markdown(f":orange-badge[:material/warning: 일부 기능을 쓸 수 없습니다] HAB {health.version}")
    for name, component in health.components.items():
        if component.status != "ok":
            st.markdown(f"- {component_line(name, component)}")


def component_line(name: str, component: Component) -> str:
    """Returns a part of the server with its state, as Markdown."""
    badge = _STATES[component.status]
    return f"**{_NAMES.get(name, name)}** {badge} {component.detail}"
