"""AI 질의응답: questions about datasets."""

from __future__ import annotations

import streamlit as st

from hab_client import Conversation
from hab_core.schemas.chat import INCOMPLETE_NOTICE, MAX_DATASETS, MAX_MESSAGE
from hab_core.schemas.datasets import Dataset
from hab_ui import backend, choosing
from hab_ui.chat import conversations
from hab_ui.chat.access import show_access
from hab_ui.chat.asking import Question, ask, left_in, show_failed
from hab_ui.chat.messages import AVATARS, show_messages
from hab_ui.chat.questions import example_questions
from hab_ui.markdown import safe
from hab_ui.wording import escape

_EVERY = 2.0
_MANY = 8


def page() -> None:
    """Shows the page."""
    st.title("AI 질의응답", anchor=False)
    client = backend.client()
    current = conversations.opened(client)
    with st.sidebar:
        access = show_access()
        conversations.show_list(client, current)
    with backend.guarded("데이터셋 목록을 불러오는 중입니다…"):
        datasets = choosing.datasets()
    if current is None and not datasets:
        choosing.ask_for_data()
        return
    chosen = _choose(datasets) if current is None else current.dataset_ids
    picked = _examples(chosen) if current is None else _show(current, datasets)
    show_failed()
    typed = st.chat_input("데이터에 대해 물어보세요", max_chars=MAX_MESSAGE, submit_mode="disable", key="chat_question")
    question = str(typed or picked or "").strip()
    if question and chosen:
        ask(client, Question(question, chosen, current), access)
    elif question:
        st.warning("데이터셋을 하나 이상 선택해주세요.")


def _choose(datasets: list[Dataset]) -> list[str]:
    """Shows the datasets that can be asked about and returns those that are chosen."""
    st.markdown(f"**질문할 데이터셋** (최대 {MAX_DATASETS}개)")
    with st.container(border=True, height=220 if len(datasets) > _MANY else "content"):
        return choosing.boxes(datasets, key="chat_dataset", most=MAX_DATASETS)


def _examples(chosen: list[str]) -> str | None:
    """Shows three questions to begin with and returns the one that is clicked."""
    if not chosen:
        st.info("데이터셋을 하나 이상 선택하면 질문할 수 있습니다.", icon=":material/check_box:")
        return None
    with backend.guarded("예시 질문을 준비하는 중입니다…"):
        questions = example_questions(choosing.profile(chosen[0]))
    st.markdown("**이렇게 물어보세요**")
    clicked = [each for each in questions if st.button(each, icon=":material/help:", key=f"chat_example_{each}")]
    return next(iter(clicked), None)


def _show(current: Conversation, datasets: list[Dataset]) -> str | None:
    """Shows the open conversation; returns its last question where it is to be asked again."""
    names = {dataset.id: dataset.name for dataset in datasets}
    about = ", ".join(names.get(each, "삭제된 데이터셋") for each in current.dataset_ids)
    st.subheader(escape(current.title), anchor=False)
    st.caption(f":material/table: {escape(about)} · 다른 데이터셋은 새 대화에서 물어볼 수 있습니다.")
    conversations.show_actions(current)
    show_messages(current.messages)
    return _last(current)


def _last(current: Conversation) -> str | None:
    """Shows how an answer that is not whole stands; returns its question where it is to be asked again."""
    if not current.messages:
        return None
    asked = [message.content for message in current.messages if message.role == "user"]
    last, left = current.messages[-1], left_in(current)
    if last.role == "user" and left is not None:
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            st.markdown(safe(left.text), anchors=False)
            st.caption(f":orange[:material/info:] {INCOMPLETE_NOTICE}")
    elif last.role == "user":
        _await_answer(current)
        return None
    elif not last.incomplete:
        return None
    return asked[-1] if st.button("다시 질문하기", icon=":material/replay:", key="chat_again") else None


@st.fragment(run_every=_EVERY)
def _await_answer(current: Conversation) -> None:
    """Waits for an answer that is being written for another page, which may be this one before a reload."""
    with backend.guarded():
        current.refresh()
    if current.messages and current.messages[-1].role == "assistant":
        st.rerun()
    with st.chat_message("assistant", avatar=AVATARS["assistant"]):
        st.caption(":material/hourglass_top: 답변을 만들고 있습니다…")
