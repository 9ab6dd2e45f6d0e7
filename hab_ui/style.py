"""What Streamlit's theme cannot say: Korean words in the place of its English ones, and room on narrow screens."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_SHEET = Path(__file__).parent / "assets" / "style.css"


def apply() -> None:
    """Adds the style sheet to the page."""
    st.html(_SHEET)
