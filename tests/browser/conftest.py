"""What the browser tests share: HAB as ``hab up`` runs it, Chromium, and a count of requests to other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from hab_client import HabClient
from tests.conftest import missing_service
from tests.running import Command, home_with_model

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(__file__).resolve().parents[2] / "screenshots"
WIDE, NARROW = (1440, 900), (390, 844)
PATIENCE = 30_000
"""Milliseconds for what a page waits for, on a busy machine."""
_LOOKS = {
    "wide-light": (WIDE, False),
    "wide-dark": (WIDE, True),
    "narrow-light": (NARROW, False),
    "narrow-dark": (NARROW, True),
}
LOOKS = pytest.mark.parametrize(("size", "dark"), _LOOKS.values(), ids=_LOOKS)
"""A page opened at both widths and in both themes."""
CORNERS = pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (NARROW, True)], ids=["wide-light", "narrow-dark"])
"""A story told on a large screen and on a telephone."""
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
_HERE = ("127.0.0.1", "localhost")
_SCROLLED = "[data-testid=stMain], [data-testid=stAppScrollToBottomContainer]"
"""What holds a page; with a box for messages below it, another thing does."""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skips where it is not installed.

    One for each module, not for the whole run: while it is open, an event loop runs in this thread, and no other test
    in it could call ``asyncio.run``.
    """
    if not CHROMIUM.exists():
        missing_service("Chromium is not installed: apt-get install chromium fonts-nanum")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def demo(folder: Path, **environment: str) -> Iterator[Command]:
    """``hab up --demo`` on a home in ``folder`` and ports of its own, ready."""
    home = home_with_model(folder)
    command = Command(home, "up", "--demo", HAB_HOME=str(home), **environment)
    try:
        command.says("화면:")
        yield command
        command.process.terminate()
        command.ends()
    finally:
        command.clear()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A demo for the tests of a module."""
    with demo(tmp_path_factory.mktemp("hab")) as command:
        yield command


@pytest.fixture
def tidy(served: Command) -> Iterator[None]:
    """Deletes what a test has uploaded."""
    with HabClient(served.url) as client:
        before = {dataset.id for dataset in client.datasets.list()}
        yield
        for dataset in client.datasets.list():
            if dataset.id not in before:
                dataset.delete()


@pytest.fixture
def browse(chromium: Browser, served: Command) -> Iterator[Open]:
    """Opens pages, each as another person: ``browse("/datasets", size=NARROW, dark=True)``.

    A page has come to rest then; with ``at_once=True`` it may still be drawn, as an impatient person finds it.
    At the end of the test not one request must have gone to another machine.
    """
    contexts: list[BrowserContext] = []
    outside: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob") and urlsplit(request.url).hostname not in _HERE:
            outside.append(request.url)

    def open_page(path: str = "/", *, size: tuple[int, int] = WIDE, dark: bool = False, at_once: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale="ko-KR",
            timezone_id="Asia/Seoul",
        )
        contexts.append(context)
        context.on("request", note)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(served.ui_url + path)
        page.get_by_test_id("stMainBlockContainer").wait_for()
        if not at_once:
            settled(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert outside == []


def picture(page: Page, name: str) -> None:
    """Waits until a page has come to rest and writes all of it to ``screenshots/NAME.png``."""
    settled(page)
    PICTURES.mkdir(exist_ok=True)
    size = page.viewport_size or {"width": WIDE[0], "height": WIDE[1]}
    height = page.evaluate(f"document.querySelector('{_SCROLLED}').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(height, size["height"]), 6000)})
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / f"{name}.png")
    page.set_viewport_size(size)


def choose_file(page: Page, name: str, content: bytes) -> None:
    """Gives a file to the uploader."""
    page.locator('input[type="file"]').set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )


def send_file(page: Page) -> None:
    """Uploads the chosen file to the end."""
    button = page.get_by_role("button", name="올리기")
    expect(button).to_be_visible()
    settled(page)  # the table of the first rows, above the button, is drawn late
    button.click()
    expect(page.get_by_test_id("stAlert").get_by_text("올렸습니다")).to_be_visible()
    settled(page)


def upload(page: Page, name: str, content: bytes) -> None:
    """Uploads a file by the page of datasets."""
    choose_file(page, name, content)
    send_file(page)


def look_of(size: tuple[int, int], dark: bool) -> str:
    """Returns what a look is called in the names of pictures."""
    return f"{size[0]}-{'dark' if dark else 'light'}"


def pictures(page: Page, name: str) -> None:
    """Turns a page that is open to both widths and both themes, as a person may, and writes a picture of each."""
    for size, dark in _LOOKS.values():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if dark else "light")
        picture(page, f"{name}-{look_of(size, dark)}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def settled(page: Page) -> None:
    """Waits until the script has run to its end and everything it made is drawn."""
    page.wait_for_timeout(300)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
