"""What every run of the script does: navigation and nothing else."""

from __future__ import annotations

import streamlit as st

from hab_ui import assets, backend, navigation, session, sharing, style


def main(first: str = "home") -> None:
    """Shows the page that the address names; ``first`` at the bare address."""
    st.set_page_config(page_title="HAB 대구 공공데이터", page_icon=str(assets.ICON), layout="wide")
    style.apply()
    chosen = st.navigation(navigation.pages(first))
    with backend.boundary():
        sharing.receive()
        session.show_notices()
        chosen.run()
