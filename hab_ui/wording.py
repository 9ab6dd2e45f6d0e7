"""Numbers and cells in Korean sentences; a cell is data, so nothing in it is read as Markdown."""

from __future__ import annotations

from typing import Any

from hab_ui.formats import plain


def escape(text: Any) -> str:
    """Returns a text that Markdown shows as it stands, on one line."""
    return plain(" ".join(str(text).split()))


def label(value: Any) -> str:
    """Returns a cell in bold, unless it ends in a mark: Markdown would then not see where the bold text ends."""
    text = "빈 값" if value is None else " ".join(str(value).split())
    return f"**{escape(text)}**" if text[-1:].isalnum() else escape(text)


def number(value: Any) -> str:
    """Returns a number as people write it: whole ones in full, others to about four places."""
    if value is None:
        return "-"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def percent(share: float | None) -> str:
    """Returns a share of 1 in percent."""
    return "-" if share is None else f"{share:.1%}"
