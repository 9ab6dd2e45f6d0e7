"""시각화, 지도 and 비교 분석 with a real server behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hab_client import HabClient
from hab_client.dataset import Dataset
from hab_core.datasets.samples import samples
from hab_ui import narration
from tests.ui.conftest import ACCIDENTS, Show, texts

GAPPED = ("구,수치,비고\n" + "".join(f"{'가나'[n % 2]},{n},{'x' if n % 3 == 0 else ''}\n" for n in range(30))).encode()


@pytest.fixture
def cameras(client: HabClient) -> Iterator[Dataset]:
    """The demo's cameras, gone after the test."""
    dataset = client.datasets.upload(samples()["cctv"].csv(), name="시험 CCTV")
    yield dataset
    dataset.delete()


@pytest.fixture
def tables(client: HabClient) -> Iterator[Any]:
    """Uploads tables that are gone after the test."""
    made: list[Dataset] = []

    def upload(content: bytes, name: str) -> Dataset:
        made.append(client.datasets.upload(content, name=name))
        return made[-1]

    yield upload
    for dataset in made:
        dataset.delete()


def charts(test: AppTest) -> dict[str, dict[str, Any]]:
    """Returns the charts of a page by their title."""
    figures = [json.loads(each.proto.spec) for each in test.get("plotly_chart")]
    return {figure["layout"]["title"]["text"].replace("<br>", " "): figure for figure in figures}


def frames(test: AppTest) -> list[str]:
    """Returns the pages of the maps that a page shows."""
    return [each.proto.srcdoc for each in test.get("iframe")]


def layers(test: AppTest) -> dict[str, dict[str, Any]]:
    """Returns the layers of a page's only map by their name."""
    (page,) = frames(test)
    start = page.index("const MAP=") + len("const MAP=")
    data, _ = json.JSONDecoder().raw_decode(page[start:])
    return {layer["name"]: layer for layer in data["layers"]}


def select(test: AppTest, label: str, value: Any) -> None:
    """Chooses a value in the box of that label."""
    box = next(each for each in (*test.selectbox, *test.multiselect) if each.label == label)
    box.set_value(value)
    test.run()
    assert not test.exception


@pytest.mark.parametrize("name", ["visualise", "map", "compare"])
def test_without_data_a_page_says_what_to_do(show: Show, name: str) -> None:
    test = show(name)
    assert not test.exception
    assert "아직 데이터셋이 없습니다" in texts(test, "info")


def test_a_dataset_is_drawn_without_being_asked(show: Show, accidents: Dataset) -> None:
    test = show("visualise")
    assert not test.exception
    found = charts(test)
    assert "요일 × 시간별 건수" in found
    assert "사고일시 월별 추이: 건수" in found
    assert "시군구.구별 건수" in found
    assert found["사고일시 월별 추이: 건수"]["data"][0]["x"][0] == "2024-01"
    assert sum(map(sum, found["요일 × 시간별 건수"]["data"][0]["z"])) == 36
    assert "가장 많은 값은" in texts(test, "caption")
    assert all("showSendToCloud" in each.proto.config for each in test.get("plotly_chart"))
    assert len(test.get("download_button")) == len(found)


def test_a_filter_holds_for_all_charts(show: Show, accidents: Dataset) -> None:
    test = show("visualise")
    select(test, "거를 열", ["기상상태"])
    select(test, "기상상태", ["비"])
    found = charts(test)
    assert sum(map(sum, found["요일 × 시간별 건수"]["data"][0]["z"])) == 12
    assert sum(found["시군구.구별 건수"]["data"][0]["y"]) == 12


@pytest.mark.parametrize(
    ("kind", "title", "trace"),
    [
        ("히스토그램", "사망자수의 분포", "bar"),
        ("막대그래프", "시군구별 건수", "bar"),
        ("상자 그림", "사망자수", "box"),
        ("산점도", "사망자수 × 중상자수", "scatter"),
        ("요일 × 시간 열지도", "요일 × 시간별 건수", "heatmap"),
        ("추이", "사고일시 월별 추이: 건수", "scatter"),
    ],
)
def test_every_kind_of_chart_can_be_built(show: Show, accidents: Dataset, kind: str, title: str, trace: str) -> None:
    test = show("visualise")
    select(test, "그림 종류", kind)
    last = json.loads(test.get("plotly_chart")[-1].proto.spec)
    assert last["layout"]["title"]["text"] == title
    assert last["data"][0]["type"] == trace


@pytest.mark.parametrize("kind", ["상자 그림", "밀도(KDE)"])
def test_a_distribution_is_divided(show: Show, accidents: Dataset, kind: str) -> None:
    test = show("visualise")
    select(test, "그림 종류", kind)
    select(test, "숫자 열", "ECLO")
    select(test, "나눌 열", "기상상태")
    last = json.loads(test.get("plotly_chart")[-1].proto.spec)
    assert {trace["name"] for trace in last["data"]} == {"맑음", "비", "흐림"}
    assert "기상상태별 ECLO" in last["layout"]["title"]["text"]


def test_much_that_is_missing_is_warned_of(show: Show, tables: Any) -> None:
    tables(GAPPED, "빈 표")
    test = show("visualise")
    assert not test.exception
    assert "비고 67%" in texts(test, "warning")


def test_points_are_shown_with_what_happened(show: Show, accidents: Dataset) -> None:
    test = show("map")
    assert not test.exception
    layer = layers(test)["시험 사고"]
    assert layer["kind"] == "points"
    assert len(layer["items"]) == 36
    assert layer["fields"][:3] == ["사고일시", "사고유형", "ECLO"]
    assert layer["items"][0]["values"][0] == "2024-01-03 01:00"
    assert "36건을 모두 표시했습니다" in texts(test, "caption")


def test_more_rows_than_the_limit_are_sampled_and_it_is_said(show: Show, cameras: Dataset) -> None:
    test = show("map")
    test.select_slider[0].set_value(500)
    test.run()
    assert len(layers(test)["시험 CCTV"]["items"]) == 500
    assert "800건 중 500건을 고루 뽑아" in texts(test, "caption")


def test_a_table_of_dongs_becomes_circles(show: Show, tables: Any) -> None:
    lines = [line.rsplit(",", 2)[0] for line in ACCIDENTS.decode().splitlines()]
    tables("\n".join(lines).encode(), "동만 있는 사고")
    test = show("map")
    assert not test.exception
    layer = layers(test)["동만 있는 사고"]
    assert layer["kind"] == "circles"
    assert layer["fields"] == ["건수", "ECLO 평균"]
    assert {item["title"].split()[-1]: item["values"][0] for item in layer["items"]} == {
        "범어동": "12", "상인동": "12", "산격동": "12",
    }  # fmt: skip


def test_a_table_without_places_is_told_what_is_needed(show: Show, tables: Any) -> None:
    tables(GAPPED, "빈 표")
    test = show("map")
    assert not test.exception
    assert "위도·경도" in texts(test, "warning")
    assert frames(test) == []


def both(test: AppTest, *datasets: Dataset) -> None:
    """Chooses datasets to compare."""
    select(test, "비교할 데이터셋(2개 이상)", [dataset.id for dataset in datasets])


def test_one_dataset_cannot_be_compared(show: Show, accidents: Dataset) -> None:
    assert "두 개 이상" in texts(show("compare"), "info")


def test_how_near_accidents_are_to_cameras(show: Show, accidents: Dataset, cameras: Dataset) -> None:
    test = show("compare")
    both(test, accidents, cameras)
    near = {metric.label: metric.value for metric in test.metric}
    assert set(near) == {"200m 안", "가장 가까운 대상까지(중앙값)", "반경 안에 기준이 있는 대상"}
    shown = layers(test)
    count = int(near["200m 안"].removesuffix("건"))
    assert len(shown["시험 사고: 200m 안"]["items"]) == count
    assert len(shown["시험 사고: 200m 밖"]["items"]) == 36 - count
    test.slider[0].set_value(1_000)
    test.run()
    assert not test.exception
    wider = {metric.label: metric.value for metric in test.metric}
    assert int(wider["1,000m 안"].removesuffix("건")) >= count


def test_dongs_are_measured_from_their_middle_with_a_warning(show: Show, tables: Any, cameras: Dataset) -> None:
    lines = [line.rsplit(",", 2)[0] for line in ACCIDENTS.decode().splitlines()]
    coarse = tables("\n".join(lines).encode(), "동만 있는 사고")
    test = show("compare")
    both(test, coarse, cameras)
    assert "동의 중심" in texts(test, "caption")
    assert "36건 중" in texts(test, "markdown")


@pytest.mark.parametrize(("kind", "drawn"), [("범주", ["bar"]), ("숫자", ["scatter", "box"]), ("날짜", ["bar"])])
def test_distributions_stand_side_by_side(
    show: Show, accidents: Dataset, tables: Any, kind: str, drawn: list[str]
) -> None:
    other = tables(ACCIDENTS.replace("흐림".encode(), "눈".encode()), "다른 사고")
    test = show("compare")
    both(test, accidents, other)
    next(each for each in test.button_group if each.label == "열의 종류").set_value(kind)
    test.run()
    assert not test.exception
    figures = [json.loads(each.proto.spec) for each in test.get("plotly_chart")]
    compared = [each for each in figures if {trace["name"] for trace in each["data"]} == {"시험 사고", "다른 사고"}]
    assert [each["data"][0]["type"] for each in compared] == drawn


def test_cells_are_not_read_as_markdown() -> None:
    result = {
        "values": [{"value": "![x](https://example.org/a.png)", "count": 1, "share": 1.0}],
        "distinct": 1,
        "missing": 0,
    }
    assert "![" not in narration.value_counts(result).replace("\\!\\[", "")


def test_nothing_is_said_of_nothing() -> None:
    assert narration.value_counts({"values": [], "distinct": 0, "missing": 3}) == narration.NOTHING
    assert narration.week({}) == narration.NOTHING
    assert narration.trend("건수", [], []) == narration.NOTHING


def test_the_last_year_is_compared_with_the_one_before() -> None:
    months = [f"{year}-{month:02d}" for year in (2020, 2021) for month in range(1, 13)]
    text = narration.trend("건수", months, [10] * 12 + [11] * 12)
    assert "10.0% 높습니다" in text
    assert "높습니다" not in narration.trend("건수", months[:20], [10] * 20)
