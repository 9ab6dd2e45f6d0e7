"""The script that Streamlit runs for every browser session.

It lies in a folder of its own: beside a folder ``pages`` Streamlit would run each of its modules as a page.
"""

from __future__ import annotations

from hab_ui.app import main

main()
