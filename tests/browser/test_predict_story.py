"""ECLO 예측 in a real browser: predict, change a circumstance, send a file and follow it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CORNERS, Open, look_of, picture, pictures, settled

pytestmark = pytest.mark.browser
_HEADER = "사고일시,기상상태,노면상태,도로형태,사고유형,시군구\n"


def _predict(page: Page) -> None:
    page.get_by_role("button", name="심각도 예측하기").click()
    expect(page.get_by_text("예상 ECLO", exact=False).first).to_be_visible()
    settled(page)


def _rows(count: int) -> str:
    good = [
        f"2024-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02},맑음,건조,교차로 - 교차로안,차대차,대구광역시 수성구 상동\n"
        for i in range(count)
    ]
    return _HEADER + "".join(good) + "2024-01-03 10,우박,건조,단일로 - 기타,차대차,대구광역시 수성구 지산동\n"


def test_predict(browse: Open) -> None:
    page = browse("/predict")
    _predict(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    expect(page.frame_locator("iframe").locator(".leaflet-container")).to_be_visible()
    page.get_by_role("radio", name="기상상태").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    pictures(page, "predict")
    assert page.get_by_test_id("stException").count() == 0


def test_what_if_redraws_only_itself(browse: Open) -> None:
    page = browse("/predict")
    _predict(page)
    page.get_by_role("radio", name="노면상태").click()
    changed = page.get_by_test_id("stMetric").filter(has_text="바꾸면")
    before = changed.text_content()
    assert before
    box = page.get_by_role("combobox", name="노면상태: 현재 건조", exact=False)
    box.click()
    page.get_by_role("option").last.click()
    expect(changed).not_to_have_text(before)
    assert page.get_by_test_id("stException").count() == 0


def test_a_place_is_found_by_a_part_of_its_name(browse: Open) -> None:
    page = browse("/predict")
    box = page.get_by_role("combobox", name="동 검색", exact=False)
    box.click()
    box.fill("지산")
    page.get_by_role("option", name="수성구 지산동").click()
    _predict(page)
    expect(page.get_by_text("사고 위치: 수성구 지산동")).to_be_visible()


@CORNERS
def test_batch(browse: Open, tmp_path: Path, size: tuple[int, int], dark: bool) -> None:
    table = tmp_path / "사고.csv"
    table.write_text(_rows(20_000), encoding="utf-8-sig")
    page = browse("/predict", size=size, dark=dark)
    page.get_by_role("tab", name="일괄 예측").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(table)
    page.get_by_role("button", name="일괄 예측 시작").click()
    expect(page.get_by_test_id("stProgress").or_(page.get_by_text("예측이 끝났습니다", exact=False))).to_be_visible()
    picture(page, f"batch-running-{look_of(size, dark)}")
    expect(page.get_by_text("예측이 끝났습니다", exact=False)).to_be_visible()
    page.get_by_role("radio", name="오류 행").click()
    settled(page)
    picture(page, f"batch-{look_of(size, dark)}")
    with page.expect_download() as download:
        page.get_by_role("button", name="결과 CSV 내려받기").click()
    scored = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(scored) == 20_002
    assert "우박" in scored[-1]
    page.reload()
    expect(page.get_by_text("예측이 끝났습니다", exact=False)).to_be_visible()


def test_history(browse: Open) -> None:
    page = browse("/predict")
    _predict(page)
    page.get_by_role("tab", name="예측 이력").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    pictures(page, "history")
