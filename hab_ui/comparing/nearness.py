"""Proximity: how many rows of one dataset lie near a row of another, and how far the others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hab_core.errors import HabError
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.datasets import DatasetDetail, Region
from hab_ui import backend, filters, gathering, maps, places, proximity
from hab_ui.charts import show_chart
from hab_ui.charts.figures import PALETTE
from hab_ui.filters import Condition
from hab_ui.gathering import Question
from hab_ui.maps import Item, Layer
from hab_ui.proximity import Nearest
from hab_ui.wording import escape, percent

MOST_POINTS = 5_000
_RADII = (50, 1_000, 50)
_FIRST_RADIUS = 200
_MOST_LINES = 300
_BINS = 40
_FARTHEST = 2_000.0
_BY_AREA = "좌표가 없어 **동의 중심**으로 계산했습니다. 동의 반지름(수백 m)보다 가까운 거리는 믿을 수 없습니다."


@dataclass(frozen=True)
class Placed:
    """The places of a dataset: points, or the centres of 동 with the rows that each stands for.

    Attributes:
        items: The places as the map shows them.
        weights: How many rows each stands for.
        fields: What the popups say.
        rows: How many rows have a place, drawn or not.
        note: What has to be said of them, in Markdown.
    """

    items: list[Item]
    weights: list[int]
    fields: list[str]
    rows: int
    note: str


def can_be_placed(detail: DatasetDetail) -> bool:
    """Tells whether the rows of a dataset have places to measure from."""
    area = places.area_of(detail)
    return detail.geo is not None or (area is not None and area.precise)


@st.fragment
def show(details: Sequence[DatasetDetail]) -> None:
    """Shows the settings, the answer in figures, the distances and the map."""
    one, other, radius, where = _settings(details)
    with backend.guarded("거리를 계산하는 중입니다…"):
        regions = maps.regions(backend.client().base_url)
        found = gathering.answers([_question(one, where), _question(other, [])])
        for answer in found:
            if isinstance(answer, HabError):
                raise answer
        things, others = _placed(one, found[0], regions), _placed(other, found[1], regions)
        if not things.items or not others.items:
            st.info("조건에 맞는 행 가운데 위치가 있는 행이 없습니다.", icon=":material/info:")
            return
        nearest = proximity.nearest([each.at for each in things.items], [each.at for each in others.items])
        _figures((one, things), (other, others), nearest, radius)
        show_chart(_distances(nearest, things, one, other), "near-distances", note=_told(nearest, things, radius))
        maps.show_map(_layers((one, things), (other, others), nearest, radius))
    for detail, placed in ((one, things), (other, others)):
        st.caption(f"**{escape(detail.name)}** — {placed.note}")


def _settings(details: Sequence[DatasetDetail]) -> tuple[DatasetDetail, DatasetDetail, int, list[Condition]]:
    """Shows the settings: from what, to what, how near, of which rows."""
    by_id = {detail.id: detail for detail in details}
    names = {detail.id: detail.name for detail in details}
    left, right = st.columns(2)
    first = left.selectbox("기준 데이터셋", list(by_id), format_func=names.__getitem__, key="near-one")
    rest = [each for each in by_id if each != first]
    second = right.selectbox("대상 데이터셋", rest, format_func=names.__getitem__, key="near-other")
    low, high, step = _RADII
    radius = st.slider("반경(m)", low, high, _FIRST_RADIUS, step, key="near-radius")
    return by_id[first], by_id[second], radius, filters.show(by_id[first], "near")


def _question(detail: DatasetDetail, where: list[Condition]) -> Question:
    """Returns the question for the places of a dataset."""
    if detail.geo is not None:
        return places.points_question(detail.id, detail.geo, places.fact_columns(detail), MOST_POINTS, where)
    area = places.area_of(detail)
    if area is None:
        raise ValueError("a dataset without places cannot be measured")
    return places.area_question(detail, area, None, where)


def _placed(detail: DatasetDetail, answer: Any, regions: Sequence[Region]) -> Placed:
    """Returns the places of a dataset."""
    if detail.geo is not None:
        items = places.points(answer)
        sampled = f"좌표가 있는 {answer.rows:,}건 중 {len(items):,}건을 고루 뽑아 계산했습니다."
        note = sampled if len(items) < answer.rows else f"좌표가 있는 {answer.rows:,}건을 모두 계산했습니다."
        return Placed(items, [1] * len(items), places.fact_columns(detail), answer.rows, note)
    area = places.area_of(detail)
    counts, unplaced = places.area_counts(answer, area, None, regions) if area is not None else ([], 0)
    items = [Item(each.at, (f"{each.rows:,}",), each.name) for each in counts]
    rows = sum(each.rows for each in counts)
    lost = f" 위치를 찾지 못한 {unplaced:,}건은 뺐습니다." if unplaced else ""
    return Placed(items, [each.rows for each in counts], ["건수"], rows, f"{_BY_AREA} {rows:,}건.{lost}")


def _figures(
    one: tuple[DatasetDetail, Placed], other: tuple[DatasetDetail, Placed], nearest: Nearest, radius: int
) -> None:
    """Shows the answer in figures."""
    (detail, things), (target, others) = one, other
    reach = proximity.within(nearest, things.weights, radius)
    middle = proximity.median(nearest, things.weights)
    total = sum(things.weights)
    st.markdown(
        f"**{escape(detail.name)}** {total:,}건 중 **{reach.rows:,}건**({percent(reach.share)})이 "
        f"**{escape(target.name)}** {len(others.items):,}곳 가운데 한 곳의 {radius:,}m 안에 있습니다."
    )
    places_ = st.columns(3)
    places_[0].metric(
        f"{radius:,}m 안", f"{reach.rows:,}건", percent(reach.share), delta_color="off", delta_arrow="off"
    )
    places_[1].metric("가장 가까운 대상까지(중앙값)", f"{middle:,.0f} m")
    places_[2].metric("반경 안에 기준이 있는 대상", f"{reach.others:,} / {len(others.items):,}곳")


def _distances(nearest: Nearest, things: Placed, one: DatasetDetail, other: DatasetDetail) -> ChartSpec:
    """Returns how the distances to the nearest spread."""
    edges, counts = proximity.histogram(nearest, things.weights, _FARTHEST, _BINS)
    series = ChartSeries(name="건수", x=edges, y=counts)
    title = f"{one.name}에서 가장 가까운 {other.name}까지의 거리"
    return ChartSpec(kind="histogram", title=title, x="거리(m)", y="건수", series=[series])


def _told(nearest: Nearest, things: Placed, radius: int) -> str:
    """Says how the share grows with the radius, and how much lies beyond the picture."""
    radii = [each for each in (50, 100, 200, 500, 1_000) if each != radius]
    parts = [f"{each:,}m {percent(proximity.within(nearest, things.weights, each).share)}" for each in radii]
    far = 1 - proximity.within(nearest, things.weights, _FARTHEST).share
    beyond = f" {_FARTHEST:,.0f}m보다 먼 {percent(far)}는 그림에 없습니다." if far else ""
    return f"다른 반경에서는 {', '.join(parts)}입니다.{beyond}"


def _layers(
    one: tuple[DatasetDetail, Placed], other: tuple[DatasetDetail, Placed], nearest: Nearest, radius: int
) -> list[Layer]:
    """Returns the layers of the map: what is near, what is not, the others, and lines to the nearest."""
    (detail, things), (target, others) = one, other
    metres = nearest.metres.tolist()
    near = [item for item, distance in zip(things.items, metres, strict=True) if distance <= radius]
    far = [item for item, distance in zip(things.items, metres, strict=True) if distance > radius]
    lines = [
        Item(item.at, (f"{distance:,.0f} m",), to=others.items[which].at)
        for item, distance, which in zip(things.items, metres, nearest.which.tolist(), strict=True)
        if distance <= radius
    ]
    step = max(1, -(-len(lines) // _MOST_LINES))
    return [
        Layer(f"{target.name}", "points", others.items, others.fields, PALETTE[0]),
        Layer(f"{detail.name}: {radius:,}m 밖", "points", far, things.fields, "#8a8f98"),
        Layer(f"{detail.name}: {radius:,}m 안", "points", near, things.fields, PALETTE[1]),
        Layer(f"가장 가까운 대상(선 {len(lines[::step]):,}개)", "lines", lines[::step], ["거리"], PALETTE[6]),
    ]
