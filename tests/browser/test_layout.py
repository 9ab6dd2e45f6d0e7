"""Every page at both widths and in both themes: nothing but Korean, nothing that overflows, no error."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NARROW, WIDE, Open, picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ["home", "datasets", "status"])
def test_page(browse: Open, name: str, size: tuple[int, int], dark: bool) -> None:
    page = browse("/" if name == "home" else f"/{name}", size=size, dark=dark)
    page.get_by_role("heading").first.wait_for()
    picture(page, f"{name}-{size[0]}-{'dark' if dark else 'light'}")
    assert page.get_by_test_id("stException").count() == 0
