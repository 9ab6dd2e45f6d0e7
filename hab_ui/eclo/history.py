"""Every prediction made, the newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import streamlit as st

from hab_client import HabClient, HabError
from hab_core.schemas.eclo import ModelInfo, PredictionRecord
from hab_ui import backend
from hab_ui.eclo.places import short_place
from hab_ui.formats import local_time

_KEY = "eclo_history"
_ROWS = 50
_SOURCES = {"single": "단건", "batch": "일괄"}
_SHOWN = ("weather", "road_surface", "road_type", "accident_type", "district", "occurred_at")


@dataclass
class _Reader:
    """A list that is read as far as somebody has turned its pages.

    Attributes:
        source: What is still to be read.
        records: What was read.
        page: The page that is shown, from 0.
    """

    source: Iterator[PredictionRecord]
    records: list[PredictionRecord] = field(default_factory=list)
    page: int = 0

    def shown(self) -> list[PredictionRecord]:
        """Returns the records of the page, read where they were not yet; one more says whether there is a next."""
        missing = (self.page + 1) * _ROWS + 1 - len(self.records)
        if missing > 0:
            self.records.extend(islice(self.source, missing))
        return self.records[self.page * _ROWS : (self.page + 1) * _ROWS]

    @property
    def has_next(self) -> bool:
        """Whether something follows the page."""
        return len(self.records) > (self.page + 1) * _ROWS


def show_history(client: HabClient, model: ModelInfo) -> None:
    """Shows a page of the history and the way to the next."""
    asked = st.button("새로고침", icon=":material/refresh:", key="eclo_history_refresh")
    if asked or _KEY not in st.session_state:
        st.session_state[_KEY] = _Reader(iter(client.eclo.history()))
    reader: _Reader = st.session_state[_KEY]
    with backend.guarded("예측 이력을 불러오는 중입니다…"):
        records = _read(reader)
    if not records:
        st.info("아직 예측이 없습니다. 사고 한 건이나 CSV 파일을 예측하면 여기에 쌓입니다.")
        return
    labels = {feature.name: feature.label for feature in model.features}
    st.dataframe([_row(record, labels) for record in records], hide_index=True)
    _show_turning(reader)


def forget() -> None:
    """Lets the history be read anew: call it after every prediction."""
    st.session_state.pop(_KEY, None)


def _read(reader: _Reader) -> list[PredictionRecord]:
    """Returns the records of the page; a list that broke off is begun anew the next time."""
    try:
        return reader.shown()
    except HabError:
        del st.session_state[_KEY]
        raise


def _row(record: PredictionRecord, labels: dict[str, str]) -> dict[str, Any]:
    """Returns a prediction as a line of the table."""
    told = {labels.get(name, name): _told(record.features.get(name)) for name in _SHOWN}
    return {
        "예측 시각": local_time(record.created_at),
        "구분": _SOURCES[record.source],
        "ECLO": round(record.eclo, 2),
        "등급": record.interpretation,
        **told,
        "모델": record.model_version,
        "예측 ID": record.prediction_id,
    }


def _told(value: Any) -> str:
    """Returns a circumstance as people write it."""
    return "" if value is None else short_place(str(value)).replace("T", " ")


def _show_turning(reader: _Reader) -> None:
    """Shows the buttons to the page before and the page after."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("이전", icon=":material/chevron_left:", disabled=reader.page == 0, key="eclo_history_before"):
            reader.page -= 1
            st.rerun()
        st.markdown(f"{reader.page + 1}쪽", width="content")
        if st.button("다음", icon=":material/chevron_right:", disabled=not reader.has_next, key="eclo_history_after"):
            reader.page += 1
            st.rerun()
