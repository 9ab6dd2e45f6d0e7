"""What Streamlit's theme cannot say: Korean words in the place of its English ones, and room on narrow screens."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from hab_ui.settings import UiSettings

_FOLDER = Path(__file__).parent / "assets"


def apply() -> None:
    """Adds the style sheet, and the script that turns Streamlit's own words into Korean, to the page."""
    st.html(_head(UiSettings.from_environment().max_upload_mb), unsafe_allow_javascript=True)


@cache
def _head(limit_mb: int) -> str:
    """Returns style and script; ``limit_mb`` is the size of a file that the uploader is to name."""
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "korean.js"))
    return f"<style>{style}</style><script>{script.replace('LIMIT_MB', str(limit_mb))}</script>"
