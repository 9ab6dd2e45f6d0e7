"""The way to Claude: the user's key and model, for this browser session only."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from hab_client.keys import find_api_key
from hab_ui import session

MODELS = ("claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5")
"""Names to choose from; any other can be typed."""
_KEY, _MODEL = "chat_api_key", "chat_model_name"
_DEFAULT = "서버 기본 모델"


class Access(NamedTuple):
    """What a question takes along: key and model; without a key the server's own analyst answers."""

    api_key: str | None
    model: str | None


def show_access() -> Access:
    """Shows the entry of the key and the choice of the model, and returns what questions are to use.

    A key that is kept beside HAB is used, but never sent to the browser, where anyone who opens the page could read
    it: the entry shows dots in its place.
    """
    now = session.current()
    kept = find_api_key()
    st.session_state[_KEY] = now.api_key
    st.text_input(
        "Claude API 키",
        type="password",
        key=_KEY,
        on_change=_keep_key,
        autocomplete="off",
        placeholder="●●●●●●●● (저장된 키 사용)" if kept else "sk-ant-…",
        help="이 브라우저 세션에서만 쓰며 저장하지 않습니다. 질문할 때 Claude에만 전달합니다.",
    )
    key = now.api_key or kept
    if key is None:
        st.caption("키가 없으면 기본 분석(오프라인)이 답합니다.")
        return Access(None, None)
    if not st.toggle("Claude로 답하기", value=True, key="chat_with_claude"):
        return Access(None, None)
    return Access(key, _choose_model(now))


def _choose_model(now: session.Session) -> str | None:
    """Shows the choice of the model; None is the server's own."""
    options = [_DEFAULT, *MODELS]
    if now.chat_model and now.chat_model not in options:
        options.append(now.chat_model)
    st.session_state[_MODEL] = now.chat_model or _DEFAULT
    st.selectbox(
        "모델",
        options,
        key=_MODEL,
        on_change=_keep_model,
        accept_new_options=True,
        help="목록에 없는 모델은 이름을 입력하세요.",
    )
    return now.chat_model


def _keep_key() -> None:
    """Keeps the key that was typed for this browser session."""
    session.current().api_key = str(st.session_state[_KEY] or "").strip()


def _keep_model() -> None:
    """Keeps the model that was chosen."""
    chosen = str(st.session_state[_MODEL] or _DEFAULT).strip()
    session.current().chat_model = None if chosen == _DEFAULT else chosen
