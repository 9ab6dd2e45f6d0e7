"""ECLO 예측: the severity of accidents."""

from __future__ import annotations

import streamlit as st


def page() -> None:
    """Shows the page."""
    st.title("ECLO 예측")
