"""Texts in charts: plotly reads some HTML in them, and cells of a table are data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

LONGEST = 26
TITLE_WIDTH = 22
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def safe(text: Any) -> str:
    """Returns a text that plotly shows as it stands, tags and links included."""
    return str(text).translate(_ENTITIES)


def short(text: Any) -> str:
    """Returns a label that fits an axis, still unsafe."""
    label = str(text)
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def ticks(values: Iterable[Any]) -> list[str]:
    """Returns distinct axis labels: shortened where that keeps them apart, and safe."""
    full = [str(value) for value in values]
    cut = [short(each) for each in full]
    return [safe(each) for each in (cut if len(set(cut)) == len(set(full)) else full)]


def title(text: str) -> str:
    """Returns a title broken into lines that a narrow screen holds."""
    return "<br>".join(safe(line) for line in textwrap.wrap(text, TITLE_WIDTH)[:3])


def is_share(label: str) -> bool:
    """Tells whether an axis shows parts of 1, which people read in percent."""
    return label in ("비율", "결측률")


def is_number(value: Any) -> bool:
    """Tells whether a value can stand on a continuous axis."""
    return isinstance(value, int | float) and not isinstance(value, bool)
