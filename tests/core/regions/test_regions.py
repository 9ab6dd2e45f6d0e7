from __future__ import annotations

import subprocess
import sys

from hab_core import regions


def test_every_place_of_daegu_is_there_once() -> None:
    places = regions.regions()
    assert len(places) == 399
    assert len({place.code for place in places}) == len({place.name for place in places}) == 399
    assert all(35.5 < place.latitude < 36.4 and 128.3 < place.longitude < 128.9 for place in places)
    assert all(0 < place.radius_km < 10 for place in places)


def test_a_place_is_found_by_its_name_however_it_is_spaced() -> None:
    found = regions.find("대구광역시  수성구 상동 ")
    assert found is not None
    assert found.name == "대구광역시 수성구 상동"
    assert regions.find("대구광역시 수성구 없는동") is None


def test_the_nine_gu_and_gun_have_centres_inside_their_places() -> None:
    names = [district.name.split()[1] for district in regions.districts()]
    assert sorted(names) == sorted(["중구", "동구", "서구", "남구", "북구", "수성구", "달서구", "달성군", "군위군"])
    for district in regions.districts():
        inside = [place for place in regions.regions() if place.name.startswith(f"{district.name} ")]
        assert min(place.latitude for place in inside) <= district.latitude <= max(p.latitude for p in inside)
        assert min(place.longitude for place in inside) <= district.longitude <= max(p.longitude for p in inside)


def test_the_gu_of_a_place_needs_no_known_dong() -> None:
    assert regions.gu_of("대구광역시 수성구 없는동") == "대구광역시 수성구"
    assert regions.gu_of("대구광역시 군위군 군위읍 동부리") == "대구광역시 군위군"
    assert regions.gu_of("서울특별시 강남구 역삼동") is None
    assert regions.gu_of("대구광역시 강남구 역삼동") is None
    assert regions.gu_of("수성구 상동") is None


def test_regions_load_neither_numpy_nor_polars() -> None:
    code = "import sys; from hab_core.regions import regions; regions(); print({'numpy', 'polars'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
