"""What people do with charts and maps, in a real browser: a Daegu file becomes charts, a map with popups, distances."""

from __future__ import annotations

import re
from math import dist
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from hab_client import HabClient
from tests.browser.conftest import Open, picture, pictures, settled, upload
from tests.browser.test_layout import english
from tests.running import Command
from tests.ui.conftest import ACCIDENTS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("tidy")]
CCTV = "facilities/대구 CCTV 정보.csv"
ZONES = "facilities/대구 어린이 보호 구역 정보.csv"

POINTS = """() => Object.values(map._layers)
    .filter((layer) => layer instanceof L.CircleMarker && !(layer instanceof L.Circle) && layer.getPopup())
    .map((layer) => map.latLngToContainerPoint(layer.getLatLng())).map(({x, y}) => [x, y])"""
"""Where single points stand on the map: they are drawn on a canvas, where no locator finds them."""
POINTS_IN_VIEW = f"{POINTS}.filter(([x, y]) => x > 60 && y > 60 && x < innerWidth - 260 && y < innerHeight - 60)"
MIDDLES = """(marks) => marks.map((mark) => mark.getBoundingClientRect())
    .map(({x, y, width, height}) => [x + width / 2, y + height / 2])"""
WHAT_IS_SHOWN = "document.body.innerText + [...document.querySelectorAll('input')].map((box) => box.value).join()"
ANNOUNCED = re.compile(r"\d+ options? available\.")
"""What Streamlit's boxes tell screen readers, and nobody sees."""


def given(served: Command, content: bytes | Path, name: str) -> str:
    """Uploads a dataset; the newest is what pages choose first."""
    with HabClient(served.url) as client:
        return client.datasets.upload(content, name=name).id


def opened(browse: Open, path: str, name: str) -> Page:
    """Opens a page that has chosen a dataset just uploaded: its list of datasets may be a few seconds old."""
    page = browse(path)
    settled(page)
    for _ in range(20):
        if name in page.evaluate(WHAT_IS_SHOWN):
            return page
        page.wait_for_timeout(1000)
        page.reload()
        settled(page)
    raise AssertionError(f"{name} is not offered")


def choose(page: Page, *names: str) -> None:
    """Chooses these datasets, and no others, where several may be."""
    settled(page)
    box = page.get_by_test_id("stMultiSelect").first
    box.locator("input").click()
    page.keyboard.press("Backspace")
    settled(page)
    for name in names:
        box.locator("input").fill(name)
        page.get_by_role("option").filter(has_text=name).first.click()
        settled(page)
    page.keyboard.press("Escape")


def map_of(page: Page) -> FrameLocator:
    """Returns the map of a page once it is drawn."""
    frame = page.frame_locator("iframe").last
    frame.locator('body[data-ready="yes"]').wait_for()
    return frame


def open_popup(page: Page, frame: FrameLocator) -> None:
    """Clicks on what is nearest to the middle of the map until a popup opens: clusters come apart, points tell."""
    settled(page)
    for _ in range(12):
        page.wait_for_timeout(700)  # the map glides to where it was sent
        if frame.locator(".leaflet-popup").count():
            return
        body = frame.locator("body")
        middle = body.evaluate("() => [innerWidth / 2, innerHeight / 2]")
        places = body.evaluate(POINTS_IN_VIEW) or frame.locator(".cluster").evaluate_all(MIDDLES)
        if places:
            click_on_map(page, *min(places, key=lambda place: dist(place, middle)))


def click_on_map(page: Page, x: float, y: float) -> None:
    """Clicks on a place of the map, in pixels from its corner."""
    area = page.locator("iframe").last.bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + x, area["y"] + y)


def test_a_daegu_csv_becomes_charts_and_a_map_with_popups(browse: Open, shared_data: Path) -> None:
    page = browse("/datasets")
    upload(page, "대구 CCTV 정보.csv", (shared_data / CCTV).read_bytes())
    page.get_by_role("link", name="시각화").first.click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.get_by_text("결측이 30%를 넘는 열이 있습니다")).to_be_visible()
    settled(page)
    assert page.get_by_test_id("stPlotlyChart").count() >= 5
    page.get_by_role("link", name="지도").first.click()
    frame = map_of(page)
    page.locator("iframe").last.scroll_into_view_if_needed()
    expect(page.get_by_text("1,065건을 모두 표시했습니다")).to_be_visible()
    open_popup(page, frame)
    expect(frame.locator(".leaflet-popup")).to_contain_text("설치장소")
    picture(page, "map-popup")


def test_a_popup_at_the_edge_moves_the_map_and_stays(browse: Open, served: Command) -> None:
    head = ",".join(["이름", "위도", "경도", *(f"항목 {number}" for number in range(6))])
    lines = [f"{name},{latitude},128.6,1,2,3,4,5,6" for name, latitude in (("북쪽", 35.95), ("남쪽", 35.78))]
    given(served, "\n".join([head, *lines]).encode(), "끝과 끝")
    page = opened(browse, "/map", "끝과 끝")
    frame = map_of(page)
    settled(page)
    before = frame.locator("body").evaluate("() => map.getCenter()")
    click_on_map(page, *min(frame.locator("body").evaluate(POINTS), key=lambda place: place[1]))
    expect(frame.locator(".leaflet-popup")).to_contain_text("북쪽")
    page.wait_for_timeout(1500)
    assert frame.locator("body").evaluate("() => map.getCenter()") != before
    expect(frame.locator(".leaflet-popup")).to_contain_text("북쪽")


def test_the_picture_and_the_data_of_a_chart_are_files(browse: Open, served: Command) -> None:
    given(served, ACCIDENTS, "사고 표")
    page = opened(browse, "/visualise", "사고 표")
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    settled(page)
    with page.expect_download() as caught:
        page.locator(".modebar-btn").first.click()
    assert Path(caught.value.path()).read_bytes().startswith(b"\x89PNG")
    assert re.search("[가-힣]", caught.value.suggested_filename)
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV 내려받기").first.click()
    assert Path(caught.value.path()).read_text(encoding="utf-8-sig").startswith("연-월,")


def test_accidents_are_shown_by_dong(browse: Open, served: Command) -> None:
    lines = [line.rsplit(",", 2)[0] for line in ACCIDENTS.decode().splitlines()]
    given(served, "\n".join(lines).encode(), "동별 사고")
    page = opened(browse, "/map", "동별 사고")
    frame = map_of(page)
    expect(page.get_by_text("동·리 3곳")).to_be_visible()
    frame.locator("canvas").first.wait_for()
    layer = frame.locator(".leaflet-control-layers-overlays label").filter(has_text="동별 사고")
    expect(layer.locator("input")).to_be_checked()
    settled(page)
    picture(page, "map-by-dong")
    layer.locator("input").uncheck()
    expect(layer.locator("input")).not_to_be_checked()


def test_heat_is_drawn_from_what_is_served_here(browse: Open, served: Command) -> None:
    given(served, ACCIDENTS, "열 표")
    page = opened(browse, "/map", "열 표")
    map_of(page)
    settled(page)
    page.locator("summary").filter(has_text="표시 설정").click()
    kind = page.get_by_test_id("stButtonGroup").get_by_text("열지도")
    expect(kind).to_be_visible()
    kind.click()
    settled(page)
    expect(map_of(page).locator("canvas.leaflet-heatmap-layer")).to_be_visible()
    picture(page, "map-heat")


def test_what_lies_near_is_counted_and_shown(browse: Open, served: Command, shared_data: Path) -> None:
    given(served, shared_data / CCTV, "무인 단속")
    given(served, shared_data / ZONES, "어린이보호구역 표")
    page = opened(browse, "/compare", "어린이보호구역 표")
    choose(page, "어린이보호구역 표", "무인 단속")
    expect(page.get_by_test_id("stMetric").first).to_contain_text("327건")
    map_of(page)
    settled(page)
    picture(page, "compare-near")
    page.get_by_role("tab", name="분포 비교").click()
    page.get_by_test_id("stButtonGroup").get_by_text("숫자").click()
    expect(page.get_by_text("곡선 아래 넓이는")).to_be_visible()
    picture(page, "compare-alike")


@pytest.mark.parametrize("name", ["visualise", "map", "compare"])
def test_page(browse: Open, name: str) -> None:
    page = browse(f"/{name}")
    page.get_by_role("heading").first.wait_for()
    if name == "compare":
        choose(page, "교통사고", "CCTV")
    if name != "visualise":
        map_of(page)
    settled(page)
    pictures(page, name)
    if name != "visualise":  # the map has followed the page, which is narrow and dark now
        expect(map_of(page).locator("body.dark")).to_be_visible()
        expect(map_of(page).locator(".leaflet-control-layers-expanded")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0
    assert [line for line in english(page) if not ANNOUNCED.search(line)] == []
