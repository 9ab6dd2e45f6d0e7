"""Renders the reference pages from the code: ``python -m docs.generate`` writes them, a test compares them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hab_client.cli.reference import render as render_cli
from hab_core.analysis.reference import render as render_tools
from hab_server.settings_reference import render as render_settings
from hab_ui.settings import UiSettings

FOLDER = Path(__file__).parent
PAGES: dict[str, Callable[[], str]] = {
    "cli.md": render_cli,
    "settings.md": lambda: render_settings(UiSettings.model_fields),
    "tools.md": render_tools,
}


def main() -> None:
    """Writes every generated page."""
    for name, render in PAGES.items():
        (FOLDER / name).write_text(render(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
