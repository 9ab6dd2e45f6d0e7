"""What people do with datasets, in a real browser: uploading, being refused, sharing, deleting."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, Open, choose_file, picture, send_file, settled, upload
from tests.running import Command
from tests.ui.conftest import ACCIDENTS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("tidy")]
_TOO_LARGE = 52 * 1024 * 1024


def test_a_daegu_csv_goes_up_and_is_reported(browse: Open, shared_data: Path, served: Command) -> None:
    page = browse("/datasets")
    file = next(iter(sorted(shared_data.rglob("*.csv"), key=lambda path: abs(path.stat().st_size - 2_000_000))))
    choose_file(page, "대구 공공데이터.csv", file.read_bytes())
    expect(page.get_by_text("인코딩").first).to_be_visible()
    picture(page, "upload-before")
    send_file(page)
    expect(page.get_by_test_id("stExpanderDetails").get_by_text("열 종류")).to_be_visible()
    picture(page, "upload-after")
    assert "대구 공공데이터" in [one["name"] for one in httpx.get(f"{served.url}/api/datasets").json()["items"]]


def test_what_was_just_uploaded_is_asked_about(browse: Open) -> None:
    page = browse("/chat")
    page.get_by_test_id("stSidebar").get_by_role("link", name="데이터셋").click()
    upload(page, "새로 온 표.csv", ACCIDENTS)
    page.get_by_test_id("stSidebar").get_by_role("link", name="AI 질의응답").click()
    expect(page.get_by_role("checkbox", name="새로 온 표", exact=False)).to_be_checked()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)


@pytest.mark.parametrize(("name", "content"), [("표.xlsx", b"PK\x03\x04" + b"\0" * 64), ("표.json", b'[{"a": 1}]')])
def test_a_wrong_file_is_refused_in_korean(browse: Open, name: str, content: bytes) -> None:
    page = browse("/datasets")
    choose_file(page, name, content)
    expect(page.get_by_test_id("stAlert").get_by_text("CSV 형식만 지원됩니다.")).to_be_visible()
    picture(page, f"refused-{name.partition('.')[2]}")


@pytest.mark.parametrize("megabytes", [52, 70])
def test_a_file_that_is_too_large_is_refused_in_korean(browse: Open, tmp_path: Path, megabytes: int) -> None:
    page = browse("/datasets")
    file = tmp_path / "큰 표.csv"
    with file.open("wb") as sink:
        sink.write(b"a,b\n")
        for _ in range(megabytes):
            sink.write(b"1234567,1234567\n" * 65536)
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("파일 크기는 50MB를 초과할 수 없습니다")).to_be_visible()
    picture(page, f"refused-{megabytes}MB")


def test_a_link_opens_the_dataset_for_somebody_else(browse: Open) -> None:
    mine = browse("/datasets")
    upload(mine, "나눌 표.csv", ACCIDENTS)
    mine.get_by_role("tab", name="공유·받기").click()
    mine.get_by_role("button", name="공유 링크 만들기").click()
    settled(mine)
    code = mine.get_by_test_id("stCode")
    code.wait_for()
    picture(mine, "share-link")
    link = code.inner_text().strip()
    theirs = browse("/" + link.partition("/?")[2].join(["?", ""]), size=NARROW)
    expect(theirs.get_by_test_id("stAlert").get_by_text("공유된 데이터셋을 열었습니다: 나눌 표")).to_be_visible()
    expect(theirs.get_by_role("heading", name="데이터셋", exact=True)).to_be_visible()
    assert "share" not in theirs.url
    picture(theirs, "share-opened")
    mine.get_by_role("button", name="링크 취소").click()
    expect(mine.get_by_test_id("stAlert").get_by_text("공유 링크를 취소했습니다")).to_be_visible()
    late = browse("/" + link.partition("/?")[2].join(["?", ""]))
    expect(late.get_by_test_id("stAlert").get_by_text("이 링크는 만료되었습니다")).to_be_visible()
    expect(late.get_by_role("heading", name="대구 공공데이터 분석")).to_be_visible()
    picture(late, "share-expired")


def test_a_dataset_is_downloaded_and_deleted(browse: Open, served: Command) -> None:
    page = browse("/datasets")
    upload(page, "지울 표.csv", ACCIDENTS)
    page.get_by_role("tab", name="공유·받기").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV 받기").click()
    received = waiting.value
    assert received.suggested_filename == "지울 표.csv"
    assert Path(received.path()).read_bytes().startswith("﻿사고일시".encode())
    page.get_by_role("tab", name="관리").click()
    page.get_by_role("button", name="삭제").click()
    page.get_by_role("button", name="삭제합니다").click()
    expect(page.get_by_test_id("stAlert").get_by_text("삭제했습니다")).to_be_visible()
    settled(page)
    with closing(httpx.Client()) as client:
        assert "지울 표" not in [one["name"] for one in client.get(f"{served.url}/api/datasets").json()["items"]]
