"""Maps as data: what a layer holds, where places are, and that no text of the data becomes part of the page."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from hab_core.datasets.profile import profile_table
from hab_core.datasets.reading import read_csv
from hab_core.schemas.datasets import DatasetDetail, Region
from hab_ui import places
from hab_ui.maps import Item, Layer, Picture, page_of
from hab_ui.places import Area
from tests.ui.conftest import ACCIDENTS

NASTY = '</script><img src=x onerror="alert(1)"><!-- \u2028'
REGIONS = [
    Region(code="1", name="대구광역시 수성구 범어동", latitude=35.86, longitude=128.63, radius_km=0.9),
    Region(code="2", name="대구광역시 수성구 상동", latitude=35.84, longitude=128.63, radius_km=0.5),
    Region(code="3", name="대구광역시 달성군 옥포읍", latitude=35.79, longitude=128.46, radius_km=2.0),
]


def detail_of(csv: bytes) -> DatasetDetail:
    """Returns what the server says of a table."""
    frame, _ = read_csv(csv)
    known = profile_table(frame).model_dump()
    return DatasetDetail(
        id="ds_1", name="표", size_bytes=1, encoding="utf-8", content_hash="", uploaded_at="2026-01-01T00:00:00Z",
        **{name: value for name, value in known.items() if name != "complete_rows"},
    )  # fmt: skip


def grouped(*groups: tuple[str | None, int, float | None]) -> Any:
    """Returns what group_by_aggregate answers."""
    found = [{"keys": [name], "count": count, "values": [value]} for name, count, value in groups]
    return SimpleNamespace(result={"groups": found})


def test_no_text_leaves_its_script() -> None:
    layer = Layer(NASTY, "points", [Item((35.8, 128.6), (NASTY,), NASTY)], [NASTY])
    page = page_of(Picture([layer], REGIONS))
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script"), "the data closes no script"
    data = re.search(r"const MAP=(\{.*?\});//", page, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["layers"][0]["items"][0]["values"] == [NASTY]


def test_everything_a_map_loads_is_served_here() -> None:
    page = page_of(Picture([Layer("가", "heat", [])], REGIONS))
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page) + re.findall(r"url\(([^)]+)\)", page)
    assert all(address.startswith("/assets/") for address in addresses)
    assert any("heat" in address for address in addresses)
    assert "http" not in page.replace("https://www.w3.org", "")


def test_tiles_come_only_where_they_are_set() -> None:
    assert Picture([]).data()["tiles"] == ""
    tiles = "https://tiles.example/{z}/{x}/{y}.png"
    assert Picture([], (), tiles, "만든 이").data()["tiles"] == tiles


def test_layers_of_the_same_name_are_numbered() -> None:
    picture = Picture([Layer("가", "points", []), Layer("가", "points", []), Layer("나", "points", [])])
    assert [layer["name"] for layer in picture.data()["layers"]] == ["가", "가 (2)", "나"]


def test_districts_lie_amid_their_places() -> None:
    districts = {each["name"]: each["at"] for each in Picture([], REGIONS).data()["districts"]}
    assert districts["수성구"] == pytest.approx((35.85, 128.63))
    assert set(districts) == {"수성구", "달성군"}


def test_rows_are_placed_by_their_dong_former_names_included() -> None:
    run = grouped(
        ("대구광역시 수성구 상동", 5, 3.5), ("대구광역시 달성군 옥포면", 2, None), ("어디", 4, 1.0), (None, 1, 2.0)
    )
    counts, unplaced = places.area_counts(run, Area("시군구", precise=True), "ECLO", REGIONS)
    assert [(each.name.split()[-1], each.rows, each.value) for each in counts] == [
        ("상동", 5, 3.5),
        ("옥포면", 2, None),
    ]
    assert unplaced == 5


def test_rows_that_name_only_a_district_lie_in_its_middle() -> None:
    counts, _ = places.area_counts(grouped(("수성구", 3, None)), Area("구", precise=False), None, REGIONS)
    assert counts[0].at == pytest.approx((35.85, 128.63))


def test_circles_grow_with_the_count_and_redden_with_the_value() -> None:
    run = grouped(("대구광역시 수성구 상동", 100, 9.0), ("대구광역시 수성구 범어동", 25, 1.0))
    counts, _ = places.area_counts(run, Area("시군구", precise=True), "ECLO", REGIONS)
    large, small = places.circles(counts, "ECLO")
    assert large.radius == pytest.approx(2 * small.radius), "the area is the count"
    assert (small.color, large.color) == ("hsl(52, 90%, 52%)", "hsl(0, 90%, 40%)")
    assert large.values == ("100", 9)
    assert {each.color for each in places.circles(counts, None)} == {""}


def test_accidents_tell_when_what_and_how_bad() -> None:
    detail = detail_of(ACCIDENTS)
    assert places.fact_columns(detail)[:3] == ["사고일시", "사고유형", "ECLO"]
    assert detail.geo is not None
    question = places.points_question(detail.id, detail.geo, ["사고일시"], 10, [])
    assert json.loads(question.arguments)["columns"] == ["위도", "경도", "사고일시"]
    assert places.area_of(detail) == Area("시군구", precise=True)


def test_moments_are_shown_without_seconds() -> None:
    sample = SimpleNamespace(items=[[35.8, 128.6, "2024-01-03T08:00:00", 4.0, 0.12345, None]])
    assert places.points(sample) == [Item((35.8, 128.6), ("2024-01-03 08:00", 4, 0.12, None))]


def test_a_table_without_places_has_none() -> None:
    detail = detail_of("이름,값\n가,1\n나,2\n".encode())
    assert detail.geo is None
    assert places.area_of(detail) is None
