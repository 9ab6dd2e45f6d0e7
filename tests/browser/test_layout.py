"""The pages at both widths and in both themes: nothing wider than the screen, no English of Streamlit's, no error."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import LOOKS, Open, look_of, picture

pytestmark = pytest.mark.browser

_OURS = re.compile(r"\b(HAB|CSV|CP949|UTF|CCTV|ECLO|AI|API|RMSLE|Parquet|doctor|EPSG|KB|MB|km|small|http|localhost)")
_ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,}")
"""Two English words in a row, which no Korean page has."""


def headline(name: str) -> str:
    """Returns the address of a page."""
    return "/" if name == "home" else f"/{name}"


def english(page: Page) -> list[str]:
    """Returns lines of the page that are English."""
    lines = page.locator("body").inner_text().splitlines()
    return [line for line in lines if _ENGLISH.search(line) and not _OURS.search(line)]


@LOOKS
@pytest.mark.parametrize("name", ["home", "datasets", "status"])
def test_page(browse: Open, name: str, size: tuple[int, int], dark: bool) -> None:
    page = browse(headline(name), size=size, dark=dark)
    page.get_by_role("heading").first.wait_for()
    picture(page, f"{name}-{look_of(size, dark)}")
    assert page.get_by_test_id("stException").count() == 0
    assert english(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate("document.documentElement.lang") == "ko"
