"""Where an accident is, on a small map."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import EcloPrediction
from hab_ui.eclo.places import short_place
from hab_ui.eclo.scale import colour_of
from hab_ui.maps import Item, Layer, show_map

_HEIGHT = 400
_RADIUS = 16.0


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
    show_map([Layer("예측한 사고", "circles", [place], ("예측 ECLO", "등급"), colour)], height=_HEIGHT)
    st.caption("동의 중심을 표시합니다.")
