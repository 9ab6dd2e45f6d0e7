"""The server goes away while somebody looks, and comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, picture
from tests.running import Command, kill_part, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def supervisor(served: Command) -> Iterator[int]:
    """The process that would start the server again; it goes on at the end in any case."""
    yield served.process.pid
    os.kill(served.process.pid, signal.SIGCONT)


def test_the_page_says_so_tries_again_and_recovers(browse: Open, served: Command, supervisor: int) -> None:
    page = browse("/")
    expect(page.get_by_text("서버 정상")).to_be_visible()
    os.kill(supervisor, signal.SIGSTOP)
    kill_part(served, "hab_server serve")
    page.get_by_role("link", name="상태").click()
    alert = page.get_by_test_id("stAlert")
    expect(alert.get_by_text("서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요.")).to_be_visible()
    picture(page, "server-gone")
    expect(alert.get_by_text("관리자에게 문의하세요")).to_be_visible()
    picture(page, "server-gone-for-long")
    os.kill(supervisor, signal.SIGCONT)
    wait_until(served.answers)
    expect(page.get_by_text("서버 정상")).to_be_visible()
    expect(alert).to_have_count(0)
