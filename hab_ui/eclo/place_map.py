"""Where an accident is, on a small map."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import EcloPrediction
from hab_ui.charts.figures import GREY
from hab_ui.eclo.places import short_place
from hab_ui.eclo.scale import colour_of
from hab_ui.maps import Item, Layer, district_of, show_map

_HEIGHT = 400
_RADIUS, _SMALL = 16.0, 4.0


def show_place(district: str, prediction: EcloPrediction, regions: Sequence[Region]) -> None:
    """Shows the 동 of an accident in the colour of its class; nothing where it is not among the regions."""
    here = next((region for region in regions if region.name == district), None)
    if here is None:
        return
    colour = colour_of(prediction.interpretation)
    place = Item(
        (here.latitude, here.longitude),
        (f"{prediction.eclo:.2f}", prediction.interpretation),
        title=short_place(district),
        radius=_RADIUS,
        color=colour,
    )
    st.markdown(f"**사고 위치: {short_place(district)}**")
    around = [
        Item((each.latitude, each.longitude), title=short_place(each.name), radius=_SMALL)
        for each in regions
        if each.code != here.code and district_of(each.name) == district_of(district)
    ]
    layers = [
        Layer("같은 구·군의 동", "circles", around, color=GREY),
        Layer("예측한 사고", "circles", [place], ("예측 ECLO", "등급"), colour),
    ]
    show_map(layers, height=_HEIGHT)
    st.caption("큰 원은 사고가 난 동, 작은 원은 같은 구·군의 다른 동입니다.")
