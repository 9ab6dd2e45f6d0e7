"""What a batch gave: counts, classes, the scored table, and each bad row with its reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from hab_client import BatchJob
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.eclo import INTERPRETATIONS
from hab_core.schemas.jobs import Job
from hab_ui import backend
from hab_ui.charts import show_chart

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

_FIGURES = ["예측 ECLO", "하한", "상한", "백분위", "등급", "경고", "오류"]
"""The columns that the server adds to the table that was sent."""
_COLUMNS = {
    **{name: st.column_config.NumberColumn(format="%.2f") for name in _FIGURES[:3]},
    "백분위": st.column_config.NumberColumn(format="%.1f"),
    "오류": st.column_config.TextColumn(width="large"),
}
_MOST_ROWS = 1_000
_ALL, _BAD, _SEVERE = "전체", "오류 행", "심각 이상"


def show_results(job: BatchJob) -> None:
    """Shows what a job that has ended gave."""
    state = job.state
    _show_end(state)
    with st.container(horizontal=True):
        st.metric("전체", f"{state.total:,}", border=True)
        st.metric("예측", f"{state.completed:,}", border=True)
        st.metric("오류", f"{state.failed:,}", border=True)
    if not state.completed and not state.failed:
        return
    with backend.guarded("결과를 불러오는 중입니다…"):
        table = _table(job, state.job_id)
    st.download_button(
        "결과 CSV 내려받기",
        _content(job),
        f"eclo_{state.job_id}.csv",
        "text/csv",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="eclo_batch_download",
    )
    if state.completed:
        show_chart(_classes(table), "eclo_batch_classes")
    _show_table(table)


def _show_end(state: Job) -> None:
    """Says how a job ended."""
    if state.status == "completed":
        bad = f" {state.failed:,}건은 예측하지 못했습니다. 아래 표의 오류를 확인해주세요." if state.failed else ""
        (st.warning if state.failed else st.success)(f"예측이 끝났습니다.{bad}")
    elif state.status == "cancelled":
        st.info("작업이 취소되었습니다. 취소하기 전까지 예측한 행은 아래에 있습니다.")
    else:
        st.error(state.error.message if state.error else "작업이 완료되지 않았습니다.")


def _show_table(table: DataFrame) -> None:
    """Shows the rows, the figures first; of very many the first thousand."""
    bad = table[table["오류"].notna()].drop(columns=_FIGURES[:-1])
    views = {_ALL: table, _BAD: bad, _SEVERE: table[table["등급"].isin(INTERPRETATIONS[2:])]}
    names = [f"{name} {len(view):,}" for name, view in views.items()]
    chosen = st.segmented_control("보기", names, default=names[0], key="eclo_batch_view")
    view = list(views.values())[names.index(chosen) if chosen in names else 0]
    if not len(view):
        st.info("해당하는 행이 없습니다.")
        return
    st.dataframe(view.head(_MOST_ROWS), column_config=_COLUMNS, placeholder="")
    if len(view) > _MOST_ROWS:
        st.caption(f"처음 {_MOST_ROWS:,}행만 보여줍니다. 전체는 결과 CSV에 있습니다.")


@st.cache_data(scope="session", max_entries=1, show_spinner=False)
def _table(_job: BatchJob, job_id: str) -> DataFrame:  # noqa: ARG001  # the id is the key of the cache
    """Returns the scored table, row numbers from 1 as its index, read once in a session."""
    table = _job.to_pandas()
    table.index = range(1, len(table) + 1)
    table.index.name = "행"
    return table[[*_FIGURES, *(name for name in table.columns if name not in _FIGURES)]]


def _content(job: BatchJob) -> Callable[[], bytes]:
    """Returns the function that fetches the results when they are asked for."""

    def fetch() -> bytes:
        content = io.BytesIO()
        job.write_csv(content)
        return content.getvalue()

    return fetch


def _classes(table: DataFrame) -> ChartSpec:
    """Returns how many rows fell into each class."""
    counts = table["등급"].value_counts()
    series = ChartSeries(name="건수", x=list(INTERPRETATIONS), y=[int(counts.get(name, 0)) for name in INTERPRETATIONS])
    return ChartSpec(kind="bar", title="등급별 예측 건수", x="등급", y="건수", series=[series])
