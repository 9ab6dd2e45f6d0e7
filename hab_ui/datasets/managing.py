"""What is done with a dataset: renaming, downloading, sharing, deleting it."""

from __future__ import annotations

import io
from functools import partial

import streamlit as st

from hab_client.dataset import Format
from hab_core.schemas.datasets import MAX_DESCRIPTION, MAX_NAME, DatasetDetail
from hab_ui import backend, choosing, session
from hab_ui.formats import local_time, plain

_FORMATS: dict[Format, tuple[str, str]] = {
    "csv": ("CSV 받기", "text/csv"),
    "parquet": ("Parquet 받기", "application/vnd.apache.parquet"),
}


def show_sharing(dataset: DatasetDetail) -> None:
    """Shows the link that shares a dataset, or the button that makes one."""
    shares = session.current().shares
    if dataset.id not in shares:
        st.caption("링크를 받은 사람은 누구나 이 데이터셋을 볼 수 있습니다. 링크는 기한이 지나면 저절로 닫힙니다.")
        if st.button("공유 링크 만들기", icon=":material/link:", key="datasets_share"):
            with backend.guarded("링크를 만드는 중입니다…"):
                shares[dataset.id] = backend.client().datasets.get(dataset.id).share()
                st.rerun()
        return
    link = shares[dataset.id]
    st.code(link.url, language=None, wrap_lines=True)
    st.caption(f"{local_time(link.expires_at)}까지 열립니다. 오른쪽 위의 단추로 복사하세요.")
    if st.button("링크 취소", icon=":material/link_off:", key="datasets_unshare"):
        with backend.guarded("링크를 닫는 중입니다…"):
            link.revoke()
            del shares[dataset.id]
            session.current().tell("info", "공유 링크를 취소했습니다.")
            st.rerun()


def show_downloads(dataset: DatasetDetail) -> None:
    """Shows the buttons that download the table; the file is fetched when one is pressed."""
    for column, (format_, (label, media_type)) in zip(st.columns(2), _FORMATS.items(), strict=True):
        column.download_button(
            label,
            partial(_content, dataset.id, format_),
            file_name=f"{dataset.name.removesuffix('.csv')}.{format_}",
            mime=media_type,
            icon=":material/download:",
            on_click="ignore",
            key=f"datasets_download_{format_}",
            width="stretch",
        )


def show_editing(dataset: DatasetDetail) -> None:
    """Shows the form that renames and describes a dataset."""
    with st.form(f"datasets_edit_{dataset.id}", border=False):
        name = st.text_input("이름", value=dataset.name, max_chars=MAX_NAME)
        description = st.text_area("설명", value=dataset.description, max_chars=MAX_DESCRIPTION, height=80)
        changed = st.form_submit_button("저장", icon=":material/save:")
    if changed:
        with backend.guarded("저장하는 중입니다…", stop=False):
            backend.client().datasets.update(dataset.id, name=name, description=description)
            choosing.forget()
            session.current().tell("success", "이름과 설명을 저장했습니다.")
            st.rerun()


def show_deleting(dataset: DatasetDetail) -> None:
    """Shows the button that deletes a dataset, behind one that asks."""
    with st.popover("삭제", icon=":material/delete:"):
        st.write(
            f"데이터셋 ‘{plain(dataset.name)}’. 정말 삭제할까요? 되돌릴 수 없습니다. 이미 만든 예측 기록은 남습니다."
        )
        if not st.button("삭제합니다", type="primary", key="datasets_delete"):
            return
    with backend.guarded("삭제하는 중입니다…"):
        backend.client().datasets.delete(dataset.id)
        choosing.forget()
        session.current().tell("success", f"데이터셋을 삭제했습니다: {plain(dataset.name)}")
        st.rerun()


def _content(dataset_id: str, format_: Format) -> bytes:
    """Returns the file of a dataset."""
    sink = io.BytesIO()
    backend.client().datasets.download(dataset_id, sink, format_)
    return sink.getvalue()
