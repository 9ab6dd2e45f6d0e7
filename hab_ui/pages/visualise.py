"""시각화: charts of one dataset."""

from __future__ import annotations

import streamlit as st


def page() -> None:
    """Shows the page."""
    st.title("시각화")
