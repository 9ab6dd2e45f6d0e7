"""데이터셋: uploading tables, and what there is to know and to do of each."""

from __future__ import annotations

import streamlit as st

from hab_client.phrases import size
from hab_core.schemas.datasets import Dataset, DatasetDetail
from hab_ui import backend, choosing, session
from hab_ui.datasets import managing, uploading, viewing
from hab_ui.formats import local_time, plain


def page() -> None:
    """Shows the page."""
    st.title("데이터셋")
    st.subheader("새 데이터 올리기", anchor=False)
    with st.container():  # so that what comes after stays where it is, and an open tab open
        uploading.show_upload()
    found: list[Dataset] = []
    with backend.guarded("데이터셋 목록을 불러오는 중입니다…"):
        found = choosing.datasets()
    if not found:
        st.info("아직 데이터셋이 없습니다. 위에서 CSV 파일을 올려 시작하세요.", icon=":material/arrow_upward:")
        return
    st.subheader(f"데이터셋 {len(found)}개", anchor=False)
    _show_list(found)
    chosen = choosing.one("자세히 볼 데이터셋", key="datasets_one")
    _show_one(chosen)


def _show_list(found: list[Dataset]) -> None:
    """Shows all datasets, the newest first."""
    st.dataframe(
        {
            "이름": [dataset.name for dataset in found],
            "행": [dataset.rows for dataset in found],
            "열": [dataset.columns for dataset in found],
            "크기": [size(dataset.size_bytes) for dataset in found],
            "올린 때": [local_time(dataset.uploaded_at) for dataset in found],
        },
        column_config={"행": st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        height="content" if len(found) <= 8 else 320,
    )


def _show_one(dataset: DatasetDetail) -> None:
    """Shows what is in a dataset and what can be done with it."""
    now = session.current()
    st.caption(plain(dataset.description) or "설명이 없습니다. 관리에서 적을 수 있습니다.")
    with st.expander("읽기 보고서", icon=":material/fact_check:", expanded=now.uploaded == dataset.id):
        viewing.show_report(dataset)
    rows, columns, sharing, managed = st.tabs(["미리보기", "열", "공유·받기", "관리"])
    with rows:
        viewing.show_rows(dataset)
    with columns:
        viewing.show_columns(dataset)
    with sharing:
        managing.show_sharing(dataset)
        managing.show_downloads(dataset)
    with managed:
        managing.show_editing(dataset)
        managing.show_deleting(dataset)
