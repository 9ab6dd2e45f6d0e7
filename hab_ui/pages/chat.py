"""AI 질의응답: questions about datasets."""

from __future__ import annotations

import streamlit as st


def page() -> None:
    """Shows the page."""
    st.title("AI 질의응답")
