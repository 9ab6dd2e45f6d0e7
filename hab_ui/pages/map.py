"""지도: where the rows of datasets lie, as points, as heat, or by 동; several datasets as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from hab_core.errors import HabError
from hab_core.schemas.datasets import DatasetDetail, GeoInfo, Region
from hab_ui import backend, choosing, filters, gathering, maps, places
from hab_ui.charts.figures import PALETTE
from hab_ui.columns import columns_of
from hab_ui.filters import Condition
from hab_ui.gathering import Question
from hab_ui.maps import Layer
from hab_ui.places import Area
from hab_ui.wording import escape

POINTS, HEAT, AREAS = "점", "열지도", "동별"
DEFAULT_LIMIT = 5_000
_LIMITS = (500, 1_000, 2_000, 5_000, 10_000)


class Wish(NamedTuple):
    """How one dataset shall be shown: by its coordinates or by the areas that it names."""

    detail: DatasetDetail
    place: GeoInfo | Area
    kind: str
    facts: list[str]
    value: str | None
    where: list[Condition]
    limit: int
    color: str


def page() -> None:
    """Shows the page."""
    st.title("지도")
    chosen = choosing.several("데이터셋(여러 개를 고르면 층으로 겹칩니다)", key="map_datasets")
    if not chosen:
        st.info("지도에 표시할 데이터셋을 선택해주세요.", icon=":material/info:")
        return
    for detail in chosen:
        if not _kinds(detail):
            st.warning(f"**{escape(detail.name)}**: {places.NEEDED}", icon=":material/location_off:")
    placed = [detail for detail in chosen if _kinds(detail)]
    if placed:
        _map(placed)


@st.fragment
def _map(details: Sequence[DatasetDetail]) -> None:
    """Shows the settings of the map and the map."""
    limit = st.select_slider(
        "점의 최대 개수",
        _LIMITS,
        DEFAULT_LIMIT,
        format_func="{:,}".format,
        key="map-limit",
        help="데이터셋마다 이보다 많은 행은 고루 뽑아 표시하고, 뽑았다고 알려드립니다.",
    )
    wishes = [_wish(detail, limit, PALETTE[i % len(PALETTE)]) for i, detail in enumerate(details)]
    with backend.guarded("지도를 그리는 중입니다…"):
        regions = maps.regions(backend.client().base_url)
        found = gathering.answers([_question(wish) for wish in wishes])
        layers, notes = _layers(wishes, found, regions)
        maps.show_map(layers)
    for note in notes:
        st.caption(note)


def _kinds(detail: DatasetDetail) -> list[str]:
    """Returns the ways in which a dataset can be shown, the best first."""
    points = [POINTS, HEAT] if detail.geo else []
    return points + ([AREAS] if places.area_of(detail) else [])


def _place(detail: DatasetDetail, kind: str) -> GeoInfo | Area:
    """Returns where the rows are taken to lie."""
    place = places.area_of(detail) if kind == AREAS else detail.geo
    if place is None:
        raise ValueError(f"a dataset without places cannot be shown as {kind}")
    return place


def _wish(detail: DatasetDetail, limit: int, color: str) -> Wish:
    """Shows the settings of one layer and returns them."""
    kinds = _kinds(detail)
    with st.expander(f"{escape(detail.name)} 표시 설정", icon=":material/layers:"):
        kind: str = st.segmented_control(
            "표시 방식", kinds, default=kinds[0], key=f"map-kind-{detail.id}", required=True
        )
        facts, value = [], None
        if kind == POINTS:
            facts = st.multiselect(
                "팝업에 보일 열",
                [column.name for column in columns_of(detail)],
                places.fact_columns(detail),
                max_selections=places.MOST_FACTS + 3,
                placeholder="열을 선택하세요",
                key=f"map-facts-{detail.id}",
            )
        elif kind == AREAS:
            value = _value(detail)
        where = filters.show(detail, "map")
    return Wish(detail, _place(detail, kind), kind, facts, value, where, limit, color)


def _value(detail: DatasetDetail) -> str | None:
    """Asks what the colour of a 동 shows."""
    measures = [column.name for column in columns_of(detail) if column.is_measure]
    first = "ECLO" if "ECLO" in measures else None
    options = [None, *measures]
    return st.selectbox(
        "색으로 보일 값",
        options,
        options.index(first),
        format_func=lambda name: "건수만" if name is None else f"{name} 평균",
        key=f"map-value-{detail.id}",
    )


def _question(wish: Wish) -> Question:
    """Returns what a layer needs."""
    if isinstance(wish.place, Area):
        return places.area_question(wish.detail, wish.place, wish.value, wish.where)
    return places.points_question(wish.detail.id, wish.place, wish.facts, wish.limit, wish.where)


def _layers(
    wishes: Sequence[Wish], answers: Sequence[object], regions: Sequence[Region]
) -> tuple[list[Layer], list[str]]:
    """Returns the layers, and what has to be said of each."""
    layers, notes = [], []
    for wish, answer in zip(wishes, answers, strict=True):
        if isinstance(answer, HabError):
            backend.show_failure(answer)
            continue
        if isinstance(wish.place, Area):
            layer, note = _areas(wish, wish.place, answer, regions)
        else:
            layer, note = _points(wish, wish.place, answer)
        layers.append(layer)
        notes.append(f"**{escape(wish.detail.name)}** — {note}")
    return layers, notes


def _points(wish: Wish, geo: GeoInfo, sample: object) -> tuple[Layer, str]:
    """Returns a layer of points or heat."""
    items = places.points(sample)
    layer = Layer(wish.detail.name, "heat" if wish.kind == HEAT else "points", items, wish.facts, wish.color)
    rows: int = getattr(sample, "rows", 0)
    if not items:
        return layer, "조건에 맞는 행 가운데 한국 안의 좌표가 있는 행이 없습니다."
    shown = f"좌표가 있는 {rows:,}건"
    note = (
        f"{shown} 중 {len(items):,}건을 고루 뽑아 표시했습니다."
        if len(items) < rows
        else f"{shown}을 모두 표시했습니다."
    )
    return layer, f"{note} {escape(geo.note)}" if geo.note else note


def _areas(wish: Wish, area: Area, run: object, regions: Sequence[Region]) -> tuple[Layer, str]:
    """Returns a layer of circles, one for each 동 or 구."""
    counts, unplaced = places.area_counts(run, area, wish.value, regions)
    fields = ["건수", *([f"{wish.value} 평균"] if wish.value else [])]
    color = places.WARM if wish.value else wish.color
    layer = Layer(wish.detail.name, "circles", places.circles(counts, wish.value), fields, color)
    if not counts:
        return layer, "이름을 아는 대구의 동이 없습니다."
    most = max(counts, key=lambda each: each.rows)
    unit = "동·리" if area.precise else "구·군"
    note = f"{unit} {len(counts):,}곳, 가장 많은 곳은 **{escape(most.name)}**({most.rows:,}건)입니다. 원의 넓이는 건수"
    note += f", 색은 {escape(wish.value)} 평균(노랑에서 빨강으로 높아짐)입니다." if wish.value else "입니다."
    return layer, f"{note} 위치를 찾지 못한 {unplaced:,}건은 뺐습니다." if unplaced else note
