"""The form of one accident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

import streamlit as st

from hab_core.schemas.datasets import Region
from hab_core.schemas.eclo import KOREA, YEARS, ModelInfo
from hab_ui.eclo.places import short_place
from hab_ui.eclo.variations import Accident

_USUAL = {"weather": "맑음", "road_surface": "건조", "road_type": "교차로 - 교차로안", "accident_type": "차대차"}
_USUAL_DISTRICT = "대구광역시 수성구 범어동"
_FIELDS = ("weather", "road_surface", "road_type", "accident_type")


def accident_form(model: ModelInfo, regions: Sequence[Region]) -> Accident | None:
    """Shows the form and returns the accident when it is sent; what was chosen stays while other pages are open."""
    with st.form("eclo_form", border=True):
        chosen = _circumstances(model)
        district = _district([region.name for region in regions])
        occurred_at = _moment()
        sent = st.form_submit_button("심각도 예측하기", type="primary", icon=":material/insights:", width="stretch")
    if not sent:
        return None
    return {**chosen, "district": district, "occurred_at": occurred_at.isoformat(timespec="minutes")}


def _circumstances(model: ModelInfo) -> dict[str, str]:
    """Shows the fields whose values the model knows, two a line, and returns what is chosen."""
    features = {feature.name: feature for feature in model.features}
    columns = st.columns(2)
    chosen = {}
    for place, name in enumerate(_FIELDS):
        feature = features[name]
        values = feature.valid_values or [_USUAL[name]]
        with columns[place % 2]:
            chosen[name] = _choice(feature.label, values, _USUAL[name], f"eclo_{name}")
    return chosen


def _district(names: list[str]) -> str:
    """Shows the search of a place and returns its full name."""
    return _choice(
        "동 검색 (시군구)",
        names,
        _USUAL_DISTRICT,
        "eclo_district",
        help="동 이름의 일부를 입력하면 찾을 수 있습니다. 예: 범어",
    )


def _choice(label: str, values: list[str], usual: str, key: str, help: str | None = None) -> str:  # noqa: A002
    """Shows one choice and returns it."""
    return str(
        st.selectbox(
            label,
            values,
            index=values.index(usual) if usual in values else 0,
            key=key,
            format_func=short_place,
            help=help,
            filter_mode="contains",
            persist_state="session",
        )
    )


def _moment() -> datetime:
    """Shows the choice of date and hour and returns the local moment; at first now, in Korea."""
    now = datetime.now(KOREA)
    columns = st.columns(2)
    day = columns[0].date_input(
        "사고 날짜",
        value=now.date(),
        min_value=date(YEARS[0], 1, 1),
        max_value=date(YEARS[1], 12, 31),
        format="YYYY-MM-DD",
        key="eclo_date",
        persist_state="session",
    )
    hour = columns[1].selectbox(
        "사고 시각",
        range(24),
        index=now.hour,
        format_func=lambda hour: f"{hour}시",
        key="eclo_hour",
        persist_state="session",
    )
    return datetime.combine(day, time(int(hour)))
