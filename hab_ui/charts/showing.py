"""Charts on a page: the figure, its picture and its data to take away."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from hab_core.schemas.analysis import ChartSpec
from hab_ui.charts.figures import figure_of
from hab_ui.charts.frames import csv_of

_WORDS = {
    "Download plot": "PNG 그림으로 저장",
    "Download plot as a PNG": "PNG 그림으로 저장",
    "Taking snapshot - this may take a few seconds": "그림을 만들고 있습니다",
    "Snapshot succeeded": "저장했습니다",
    "Sorry, there was a problem downloading your snapshot!": "그림을 저장하지 못했습니다",
}
_FORBIDDEN = re.compile(r"[^\w가-힣.()-]+")


def config_of(spec: ChartSpec) -> dict[str, Any]:
    """Returns how plotly serves a chart: nothing is sent anywhere, the one button saves a PNG, texts are Korean."""
    return {
        "showSendToCloud": False,
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "scrollZoom": False,
        "toImageButtonOptions": {"format": "png", "filename": file_name(spec.title), "scale": 2},
        "locale": "ko",
        "locales": {"ko": {"dictionary": _WORDS, "format": {}}},
    }


def show_chart(spec: ChartSpec, key: str, *, note: str = "") -> None:
    """Shows a chart with a sentence about it, a button for its picture (in the chart) and one for its data.

    Args:
        spec: What to draw.
        key: Tells this chart from others on the page.
        note: What the chart says, in Markdown.
    """
    st.plotly_chart(figure_of(spec), key=key, config=config_of(spec), alt=spec.title)
    if note:
        st.caption(note)
    st.download_button(
        "CSV 내려받기",
        csv_of(spec),
        f"{file_name(spec.title)}.csv",
        "text/csv",
        key=f"{key}-csv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help="이 그림의 자료를 표로 저장합니다.",
    )


def file_name(title: str) -> str:
    """Returns a title as the name of a file, without its ending."""
    return _FORBIDDEN.sub("_", title).strip("_.")[:80] or "chart"
