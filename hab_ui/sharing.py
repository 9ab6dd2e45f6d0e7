"""Links that share a dataset: ``UI_URL/?share=TOKEN`` opens it for anyone."""

from __future__ import annotations

import streamlit as st

from hab_core.errors import NotFound, ShareLinkExpired
from hab_ui import backend, choosing, navigation, session
from hab_ui.formats import plain

_UNKNOWN = "이 공유 링크로 열 수 있는 데이터셋이 없습니다. 링크를 다시 확인해주세요."


def receive() -> None:
    """Opens the dataset that the address shares; says so on 홈 where the link has expired or never was one."""
    token = st.query_params.get("share")
    if not token:
        return
    name = _opened(token)
    del st.query_params["share"]
    if name is not None:
        session.current().tell("success", f"공유된 데이터셋을 열었습니다: {plain(name)}")
    navigation.go("home" if name is None else "datasets")


def _opened(token: str) -> str | None:
    """Chooses the dataset behind a token and returns its name; None where the link leads nowhere."""
    now = session.current()
    with backend.guarded("공유된 데이터셋을 여는 중입니다…"):
        try:
            shared = backend.client().datasets.shared(token)
        except ShareLinkExpired as error:
            now.tell("error", error.message)
            return None
        except NotFound:
            now.tell("error", _UNKNOWN)
            return None
        choosing.forget()
        now.choose(shared.id)
        return shared.name
    return None
