"""지도: datasets on a map."""

from __future__ import annotations

import streamlit as st


def page() -> None:
    """Shows the page."""
    st.title("지도")
