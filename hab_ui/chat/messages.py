"""The messages of a conversation: what was asked, what was answered, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hab_client.phrases import MODES, unverified_facts
from hab_core.schemas.analysis import ChartSpec
from hab_core.schemas.chat import CACHE_NOTICE, INCOMPLETE_NOTICE, Message, ToolCall
from hab_ui.charts import show_chart
from hab_ui.chat import receipts
from hab_ui.markdown import safe

AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:"}


def show_messages(messages: Sequence[Message]) -> None:
    """Shows messages, the oldest first."""
    for message in messages:
        with st.chat_message(message.role, avatar=AVATARS[message.role]):
            if message.role == "user":
                st.markdown(safe(message.content))
            else:
                _show_answer(message)


def _show_answer(message: Message) -> None:
    """Shows an answer with everything that belongs to it."""
    _show_badges(message)
    st.markdown(receipts.marked(message.content, message.receipts), anchors=False)
    _show_notice(message)
    for index, chart in enumerate(_charts(message.tool_calls)):
        show_chart(chart, f"chat_chart_{message.id}_{index}")
    _show_tools(message.tool_calls)
    _show_receipts(message)
    _show_tokens(message)


def _show_tools(calls: Sequence[ToolCall]) -> None:
    """Shows which tools ran, with what, for how long, and which failed."""
    if not calls:
        return
    took = sum(call.duration_ms for call in calls)
    with st.expander(f"사용한 분석 도구 {len(calls)}개 · {took:,.0f} ms", icon=":material/build:"):
        for number, call in enumerate(calls, 1):
            st.markdown(f"**{number}. {safe(call.name)}** · {call.duration_ms:,.0f} ms")
            st.json(call.input, expanded=True)
            if call.error is not None:
                st.warning(safe(call.error.message))


def _charts(calls: Sequence[ToolCall]) -> list[ChartSpec]:
    """Returns the pictures of the tool calls, each once: a tool may be asked the same again."""
    found: list[ChartSpec] = []
    for call in calls:
        if call.chart is not None and call.chart not in found:
            found.append(call.chart)
    return found


def _show_badges(message: Message) -> None:
    """Shows who answered, and whether the answer was there already."""
    with st.container(horizontal=True, gap="small"):
        if message.mode == "offline":
            st.badge(f"오프라인 · {MODES['offline']}", color="orange", icon=":material/bolt:")
        elif message.mode == "claude":
            st.badge(MODES["claude"], color="violet", icon=":material/auto_awesome:")
        if message.cache_hit:
            st.badge(CACHE_NOTICE, color="blue", icon=":material/cached:")


def _show_notice(message: Message) -> None:
    """Shows what else is to be said of an answer, each notice once."""
    lines = [line for line in (message.notice or "").splitlines() if line != CACHE_NOTICE or not message.cache_hit]
    if message.incomplete and INCOMPLETE_NOTICE not in lines:
        lines.append(INCOMPLETE_NOTICE)
    for line in lines:
        st.caption(f":orange[:material/info:] {safe(line)}")


def _show_receipts(message: Message) -> None:
    """Shows where each figure comes from; figures without a source are named outside of what folds away."""
    missing = unverified_facts(message)
    if missing:
        st.warning(safe(missing))
    if not message.receipts:
        return
    with st.expander(f"수치의 출처 · {receipts.counts(message.receipts)}", icon=":material/fact_check:"):
        st.caption(receipts.LEGEND)
        st.dataframe(receipts.rows(message.receipts, message.tool_calls), hide_index=True)


def _show_tokens(message: Message) -> None:
    """Shows how many tokens an answer took."""
    used = message.token_usage
    if used is not None and (used.input or used.output):
        st.caption(f"토큰 사용량: 입력 {used.input:,} · 출력 {used.output:,}")
