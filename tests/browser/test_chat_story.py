"""AI 질의응답 in a real browser: ask, ask again, come back, stop, delete; Claude is the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from hab_client import HabClient
from hab_core.schemas.chat import CACHE_NOTICE, INCOMPLETE_NOTICE
from tests.anthropic_service import KEY, Reply, StandIn, stand_in
from tests.browser.conftest import CORNERS, NARROW, PICTURES, Open, demo, look_of, picture, pictures, settled
from tests.running import Command, wait_until

pytestmark = pytest.mark.browser
ANSWER = (
    "## 시간대별 사고\n\n사고가 가장 많은 시간대는 **18시**이고, 전체의 **99.9%**로 나타났습니다.\n\n"
    "| 시간대 | 설명 |\n|:---|:---|\n| 18~19시 | 퇴근 |\n\n- ![그림](http://evil.example/x.png)\n"
)
SLOW = "천천히 답하는 중입니다. " * 400


def _script(body: dict[str, Any]) -> Reply:
    """Counts by hour, then answers; slowly where that is asked for."""
    if "천천히" in str(body["messages"][0]):
        return Reply(SLOW, pause=0.1)
    results = [each for each in body["messages"][-1]["content"] if isinstance(each, dict)]
    if any(each.get("type") == "tool_result" for each in results):
        return Reply(ANSWER)
    return Reply("세어 보겠습니다.", [("get_temporal_pattern", {"column": "사고일시", "by": "hour"})])


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    """The stand-in for Anthropic's service."""
    with stand_in() as running:
        running.always(_script)
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, claude: StandIn) -> Iterator[Command]:
    """``hab up --demo`` whose Claude is the stand-in."""
    with demo(tmp_path_factory.mktemp("hab"), ANTHROPIC_BASE_URL=claude.url) as command:
        _load_claude(command.url)
        yield command


def _load_claude(url: str) -> None:
    """Lets the server load what the first answer of Claude needs, which on a busy machine takes longer than it may."""
    with HabClient(url) as client:
        dataset = next(iter(client.datasets.list()))
        tries = count(1)
        wait_until(
            lambda: client.chat.ask(f"{next(tries)}번째 인사", dataset=dataset, api_key=KEY).mode == "claude", 120
        )
        for conversation in list(client.conversations.list()):
            conversation.delete()


def _say(page: Page, question: str) -> None:
    page.get_by_test_id("stChatInputTextArea").fill(question)
    page.keyboard.press("Enter")


def _answered(page: Page, count: int = 1) -> None:
    """Waits until so many answers stand there whole."""
    expect(page.get_by_text("사용한 분석 도구", exact=False)).to_have_count(count)
    settled(page)


def _ask(page: Page, question: str) -> None:
    _say(page, question)
    _answered(page)


def _sidebar(page: Page) -> Locator:
    """The sidebar, opened where the screen is narrow."""
    opener = page.get_by_test_id("stExpandSidebarButton")
    if opener.is_visible():
        opener.click()
    return page.get_by_test_id("stSidebar")


def _type_key(page: Page) -> Locator:
    field = _sidebar(page).locator('input[aria-label="Claude API 키"]')
    field.fill(KEY)
    field.press("Enter")
    expect(page.get_by_text("Claude로 답하기")).to_be_visible()
    settled(page)
    return field


def test_an_example_is_answered(browse: Open) -> None:
    page = browse("/chat")
    expect(page.get_by_text("이렇게 물어보세요")).to_be_visible()
    pictures(page, "chat-empty")
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="사고가 가장 많은 시간대는?").click()
    _answered(page)
    expect(page.get_by_text("오프라인 · 기본 분석")).to_be_visible()
    page.get_by_text("사용한 분석 도구", exact=False).click()
    page.get_by_text("수치의 출처", exact=False).click()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    pictures(page, "chat")
    assert page.get_by_test_id("stException").count() == 0


def test_asked_twice_the_answer_comes_from_the_cache(browse: Open) -> None:
    page = browse("/chat")
    _ask(page, "월별 사고 건수는?")
    expect(page.get_by_text(CACHE_NOTICE)).to_have_count(0)
    page.get_by_role("button", name="새 대화").click()
    expect(page.get_by_text("이렇게 물어보세요")).to_be_visible()
    _ask(page, "월별 사고 건수는?")
    expect(page.get_by_text(CACHE_NOTICE)).to_be_visible()
    picture(page, "chat-cached")


def test_a_conversation_is_there_after_reload_and_return_until_it_is_deleted(browse: Open) -> None:
    page = browse("/chat")
    _ask(page, "요일별 사고 건수를 알려줘")
    page.reload()
    _answered(page)
    expect(page.get_by_test_id("stChatMessage").get_by_text("요일별 사고 건수를 알려줘")).to_be_visible()
    page.get_by_role("link", name="상태").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    page.get_by_role("link", name="AI 질의응답").click()
    _answered(page)
    page.get_by_role("button", name="삭제", exact=False).click()
    page.get_by_role("button", name="대화 삭제").click()
    expect(page.get_by_text("대화를 삭제했습니다.")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text("요일별 사고 건수를 알려줘")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("이렇게 물어보세요")).to_be_visible()


def test_a_conversation_is_renamed_and_exported(browse: Open) -> None:
    page = browse("/chat")
    _ask(page, "기상상태별 건수는?")
    page.get_by_role("button", name="이름 바꾸기").click()
    title = page.get_by_role("textbox", name="대화 이름")
    title.fill("날씨와 사고")
    title.press("Enter")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.get_by_role("heading", name="날씨와 사고")).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="내보내기").click()
    assert download.value.suggested_filename == "날씨와_사고.md"
    written = Path(download.value.path()).read_text(encoding="utf-8")
    assert written.startswith("# 날씨와 사고")
    assert "기상상태별 건수는?" in written


@CORNERS
def test_claude_answers_with_a_masked_key(browse: Open, size: tuple[int, int], dark: bool) -> None:
    page = browse("/chat", size=size, dark=dark)
    field = _type_key(page)
    assert field.get_attribute("type") == "password"
    look = look_of(size, dark)
    page.screenshot(path=PICTURES / f"chat-key-{look}.png")
    page.goto(page.url)  # a new session: the key is gone with the old one
    expect(_sidebar(page).locator('input[aria-label="Claude API 키"]')).to_have_value("")
    _type_key(page)
    if size == NARROW:
        page.get_by_test_id("stSidebarCollapseButton").click()
    _ask(page, f"사고가 많은 시간대를 표로 알려줘 ({look})")
    expect(page.get_by_text("출처를 찾지 못한 수치", exact=False)).to_contain_text("99.9%")
    expect(page.get_by_text("토큰 사용량", exact=False)).to_be_visible()
    assert page.locator("img[src*=evil]").count() == 0
    picture(page, f"chat-claude-{look}")
    assert KEY not in page.url
    assert KEY not in page.get_by_test_id("stAppViewContainer").inner_text()


def test_a_key_typed_while_the_page_is_drawn_leaves_the_dataset_chosen(browse: Open) -> None:
    page = browse("/chat", at_once=True)
    _type_key(page)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    _ask(page, "사고가 많은 시간대를 바로 알려줘")


def test_an_answer_can_be_stopped_and_asked_again(browse: Open) -> None:
    page = browse("/chat")
    _type_key(page)
    _say(page, "천천히 말해줘")
    expect(page.get_by_text("천천히 답하는 중입니다.", exact=False)).to_be_visible()
    page.screenshot(path=PICTURES / "chat-answering.png")
    page.get_by_role("button", name="답변 중단").click()
    expect(page.get_by_text(INCOMPLETE_NOTICE)).to_be_visible()
    expect(page.get_by_role("button", name="다시 질문하기")).to_be_visible()
    picture(page, "chat-stopped")


def test_the_key_is_in_no_log(served: Command) -> None:
    """The last test of the module: what the others did is in the logs by now."""
    logs = list((served.home / "logs").glob("*"))
    assert logs
    for log in [*logs, *served.home.glob("*.db*")]:
        if log.is_file():
            assert KEY.encode() not in log.read_bytes(), log.name
