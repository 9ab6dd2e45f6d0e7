"""Looking at what a notebook would show: texts, tags and attributes of a piece of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

NASTY = "<script>alert(1)</script>&\"'"
ENVELOPE = {"success": True, "timestamp": "2026-01-01T00:00:00Z", "request_id": "req_1"}
VOID = {"br", "img", "hr"}


class Checked(HTMLParser):
    """Keeps the texts, tags and attributes; fails where tags don't match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def shown(thing: Any) -> Checked:
    page = thing._repr_html_()
    checked = Checked(page)
    assert checked.tags <= {"div", "b", "span", "table", "tr", "td", "th"}
    assert checked.attributes <= {"style"}
    assert not re.search(r"https?:|url\(|src=", page)
    assert "Noto Sans KR" in page
    return checked
