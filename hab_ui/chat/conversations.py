"""Conversations: which one is open, the list of them, and what can be done with one."""

from __future__ import annotations

from itertools import islice

import streamlit as st

from hab_client import Conversation, HabClient, NotFound
from hab_core.schemas.chat import MAX_TITLE
from hab_ui import backend, session
from hab_ui.charts.showing import file_name
from hab_ui.formats import local_time
from hab_ui.wording import escape

_PARAMETER = "conversation"
"""Where the address keeps the open conversation, so that a reload finds it again."""
_STEP = 15
_SHOWN = "chat_conversations_shown"


def opened(client: HabClient) -> Conversation | None:
    """Returns the conversation that the address names, or that was open when the page was left; None for a new one."""
    now = session.current()
    now.conversation_id = st.query_params.get(_PARAMETER) or now.conversation_id
    if now.conversation_id is None:
        return None
    with backend.guarded("대화를 불러오는 중입니다…"):
        found = _found(client, now.conversation_id)
    if found is None:
        close()
        st.warning("대화를 찾을 수 없어 새 대화를 시작합니다.")
        return None
    st.query_params[_PARAMETER] = found.id
    return found


def open_(conversation_id: str) -> None:
    """Makes a conversation the open one."""
    session.current().conversation_id = conversation_id
    st.query_params[_PARAMETER] = conversation_id


def close() -> None:
    """Makes room for a new conversation."""
    session.current().conversation_id = None
    st.query_params.pop(_PARAMETER, None)


def show_list(client: HabClient, current: Conversation | None) -> None:
    """Shows the way to a new conversation and to the earlier ones, the newest first."""
    st.button("새 대화", icon=":material/add_comment:", on_click=close, width="stretch", key="chat_new")
    shown = st.session_state.setdefault(_SHOWN, _STEP)
    with backend.guarded("대화 목록을 불러오는 중입니다…"):
        found = list(islice(client.conversations.list(), shown + 1))
    if not found:
        st.caption("아직 대화가 없습니다.")
    for conversation in found[:shown]:
        st.button(
            escape(conversation.title),
            key=f"chat_open_{conversation.id}",
            on_click=open_,
            args=(conversation.id,),
            type="primary" if current is not None and conversation.id == current.id else "tertiary",
            icon=":material/chat_bubble:",
            help=local_time(conversation.info.updated_at),
            width="stretch",
        )
    if len(found) > shown:
        st.button("더 보기", on_click=_show_more, key="chat_more", width="stretch")


def show_actions(conversation: Conversation) -> None:
    """Shows what can be done with the open conversation: rename, export, delete."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("이름 바꾸기", icon=":material/edit:", key="chat_rename"):
            _rename(conversation)
        st.download_button(
            "내보내기",
            conversation.to_markdown(),
            f"{file_name(conversation.title)}.md",
            "text/markdown",
            on_click="ignore",
            icon=":material/download:",
            key="chat_export",
        )
        with st.popover("삭제", icon=":material/delete:", key="chat_delete"):
            _delete(conversation)


def _found(client: HabClient, conversation_id: str) -> Conversation | None:
    """Returns a conversation with its messages; None where there is none, it was deleted for instance."""
    try:
        return client.conversations.get(conversation_id)
    except NotFound:
        return None


def _rename(conversation: Conversation) -> None:
    """Shows the entry of another title."""
    title = st.text_input("대화 이름", conversation.title, max_chars=MAX_TITLE, key=f"chat_title_{conversation.id}")
    if st.button("저장", type="primary", disabled=not title.strip(), key="chat_rename_save"):
        with backend.guarded("이름을 바꾸는 중입니다…"):
            conversation.rename(title, conversation.version)
        if conversation.notice:
            session.current().tell("info", conversation.notice)
        st.rerun()


def _delete(conversation: Conversation) -> None:
    """Asks whether a conversation is to be deleted for good."""
    st.markdown("이 대화를 삭제할까요? 되돌릴 수 없습니다.")
    if st.button("대화 삭제", type="primary", key="chat_delete_sure"):
        with backend.guarded("대화를 삭제하는 중입니다…"):
            conversation.delete()
        close()
        session.current().tell("success", "대화를 삭제했습니다.")
        st.rerun()


def _show_more() -> None:
    """Lets the list grow."""
    st.session_state[_SHOWN] += _STEP
