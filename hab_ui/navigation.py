"""The pages: their names, titles and icons, the way from one to another; code is loaded on the first visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import streamlit as st
from streamlit.navigation.page import Page

from hab_ui import session


@dataclass(frozen=True)
class Place:
    """One page.

    Attributes:
        name: Its module in ``hab_ui.pages``, and its address.
        title: What the menu calls it.
        icon: A Material symbol, which travels with Streamlit.
    """

    name: str
    title: str
    icon: str


PLACES = (
    Place("home", "홈", ":material/home:"),
    Place("datasets", "데이터셋", ":material/table:"),
    Place("visualise", "시각화", ":material/bar_chart:"),
    Place("map", "지도", ":material/map:"),
    Place("compare", "비교 분석", ":material/compare_arrows:"),
    Place("predict", "ECLO 예측", ":material/car_crash:"),
    Place("chat", "AI 질의응답", ":material/chat:"),
    Place("status", "상태", ":material/monitor_heart:"),
)


def pages(first: str = "home") -> list[Page]:
    """Returns the pages for ``st.navigation``; ``first`` is the one at the bare address."""
    made = {place.name: _page(place, first) for place in PLACES}
    session.current().pages = made
    return list(made.values())


def link(name: str, label: str | None = None) -> None:
    """Shows a link to a page; with its title where no label is given."""
    st.page_link(session.current().pages[name], label=label)


def go(name: str) -> None:
    """Leaves the present page for another; nothing after this call happens."""
    st.switch_page(session.current().pages[name])


def _page(place: Place, first: str) -> Page:
    """Returns a page as Streamlit wants it."""
    return st.Page(
        _opener(place.name), title=place.title, icon=place.icon, url_path=place.name, default=place.name == first
    )


def _opener(name: str) -> Callable[[], None]:
    """Returns what shows a page: the function ``page`` of its module."""

    def show() -> None:
        import_module(f"hab_ui.pages.{name}").page()

    return show
