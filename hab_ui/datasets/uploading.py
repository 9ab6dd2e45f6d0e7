"""Uploading a file: what it seems to be before it is sent, how far it has gone, how it was read."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from hab_client import Dataset
from hab_client.phrases import size
from hab_core.errors import HabError, UnsupportedFileType
from hab_core.schemas.datasets import MAX_DESCRIPTION, MAX_NAME
from hab_ui import backend, choosing, session
from hab_ui.datasets.peeking import Peek, peek
from hab_ui.formats import plain
from hab_ui.settings import UiSettings

_HINT = "엑셀에서는 ‘다른 이름으로 저장 → CSV UTF-8’로 저장한 뒤 올려주세요."


def show_upload() -> None:
    """Shows the box for a file and, once there is one, what it is and the button that sends it."""
    now = session.current()
    # any file is taken, so that what is none of ours is refused in our own words
    file = st.file_uploader("CSV 파일", type=None, key=f"datasets_file_{now.uploads}", label_visibility="collapsed")
    if file is None:
        st.caption(
            "CP949·UTF-8·UTF-16, 쉼표·탭·세미콜론 구분을 자동으로 알아봅니다. 공공데이터포털 CSV를 그대로 올리세요."
        )
        return
    seen = _looked_at(file)
    if seen is None:
        return
    _show_peek(file, seen)
    with st.form("datasets_upload", border=False):
        name = st.text_input("이름", value=file.name.removesuffix(".csv"), max_chars=MAX_NAME)
        description = st.text_input("설명 (선택)", max_chars=MAX_DESCRIPTION)
        sent = st.form_submit_button("올리기", type="primary", icon=":material/upload:")
    if sent:
        _send(file, name.strip(), description.strip())


def _looked_at(file: UploadedFile) -> Peek | None:
    """Returns the beginning of a file; None, with a message, where it will not be accepted."""
    try:
        return peek(file.name, file.getvalue(), UiSettings.from_environment().max_upload_mb)
    except HabError as error:
        backend.show_failure(error)
        if isinstance(error, UnsupportedFileType):
            st.caption(_HINT)
        return None


def _show_peek(file: UploadedFile, seen: Peek) -> None:
    """Shows what can be told of a file before the server has read it."""
    st.caption(f"{plain(file.name)} · {size(file.size)} · 인코딩 {seen.encoding} · {len(seen.header)}열로 보입니다")
    if seen.rows:
        titles = _distinct(seen.header)
        cells = {
            title: [row[place] if place < len(row) else "" for row in seen.rows] for place, title in titles.items()
        }
        st.dataframe(cells, hide_index=True, height="content")


def _distinct(header: list[str]) -> dict[int, str]:
    """Returns the titles of columns by their place; blank and repeated ones get their number."""
    return {
        place: title if title.strip() and title not in header[:place] else f"{title} ({place + 1})".strip()
        for place, title in enumerate(header)
    }


def _send(file: UploadedFile, name: str, description: str) -> None:
    """Sends a file to the server, chooses the new dataset and shows the page anew."""
    bar = st.progress(0.0, "보내는 중입니다…")

    def advance(sent: int, total: int | None) -> None:
        part = sent / total if total else 1.0
        bar.progress(part, "서버가 읽는 중입니다…" if part >= 1 else f"보내는 중입니다… {part:.0%}")

    with backend.guarded(stop=False):
        file.seek(0)
        dataset = backend.client().datasets.upload(
            file, name=name or None, description=description or None, on_progress=advance
        )
        _take(dataset)
        st.rerun()
    bar.empty()


def _take(dataset: Dataset) -> None:
    """Chooses a new dataset and empties the box for the next file."""
    now = session.current()
    choosing.forget()
    now.choose(dataset.id)
    now.uploaded = dataset.id
    now.uploads += 1
    now.tell(
        "success", f"데이터셋을 올렸습니다: {plain(dataset.name)}, {dataset.info.rows:,}행 × {dataset.info.columns:,}열"
    )
