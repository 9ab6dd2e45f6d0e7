"""데이터셋."""

from __future__ import annotations

import streamlit as st

from hab_ui import choosing


def page() -> None:
    """Shows the page."""
    st.title("데이터셋")
    st.write(choosing.one(key="datasets_one").name)
