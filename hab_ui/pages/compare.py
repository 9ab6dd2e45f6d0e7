"""비교 분석: several datasets side by side."""

from __future__ import annotations

import streamlit as st


def page() -> None:
    """Shows the page."""
    st.title("비교 분석")
