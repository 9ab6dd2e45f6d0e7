"""비교 분석: how near the rows of one dataset lie to those of another, and how alike their distributions are."""

from __future__ import annotations

import streamlit as st

from hab_core.schemas.datasets import DatasetDetail
from hab_ui import choosing
from hab_ui.comparing import distributions, nearness
from hab_ui.wording import escape

_MOST = 4


def page() -> None:
    """Shows the page."""
    st.title("비교 분석")
    chosen = choosing.several("비교할 데이터셋(2개 이상)", key="compare_datasets", most=_MOST)
    if len(chosen) < 2:
        st.info(
            "데이터셋을 두 개 이상 선택해주세요. 예: 교통사고와 CCTV, 또는 어린이보호구역과 CCTV.",
            icon=":material/info:",
        )
        return
    near, alike = st.tabs(["근접 분석", "분포 비교"])
    with near:
        _near(chosen)
    with alike:
        distributions.show(chosen)


def _near(chosen: list[DatasetDetail]) -> None:
    """Shows the proximity of those datasets whose rows have a place."""
    placed = [detail for detail in chosen if nearness.can_be_placed(detail)]
    if len(placed) < 2:
        lost = ", ".join(escape(detail.name) for detail in chosen if detail not in placed)
        st.info(
            "근접 분석에는 위치(위도·경도 또는 시군구의 동)가 있는 데이터셋이 두 개 이상 필요합니다. "
            f"위치가 없는 데이터셋: {lost}",
            icon=":material/location_off:",
        )
        return
    nearness.show(placed)
