"""The one way from a page to the server: the shared client, and what a user sees where a call fails.

A page calls like this, and its code goes on only where the call went well::

    with backend.guarded("데이터셋을 불러오는 중입니다…"):
        detail = backend.client().datasets.detail(dataset_id)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import streamlit as st

from hab_client import HabClient
from hab_client.phrases import failure
from hab_core.errors import ConnectionFailed, HabError
from hab_ui import session
from hab_ui.formats import plain
from hab_ui.settings import UiSettings

RETRY_SECONDS = 5.0
"""After how long a page that could not reach the server tries again by itself."""
ASK_FOR_HELP_AFTER = 3
"""The failure in a row from which on the user is sent to the administrator."""
ASK_FOR_HELP = "관리자에게 문의하세요"
_UNEXPECTED = "화면을 표시하는 중에 문제가 생겼습니다. 새로고침해도 같은 문제가 생기면 관리자에게 문의하세요."
log = logging.getLogger(__name__)


def client() -> HabClient:
    """Returns the client that all sessions share; it keeps nothing of any user."""
    return client_of(UiSettings.from_environment().backend_url)


@st.cache_resource(show_spinner=False, max_entries=2, on_release=HabClient.close)
def client_of(url: str) -> HabClient:
    """Returns the client of the server at ``url``; all sessions share it."""
    return HabClient(url)


@contextmanager
def guarded(waiting: str = "", *, stop: bool = True) -> Iterator[None]:
    """Shows ``waiting`` while the block runs, and a Korean message in place of a failure.

    Args:
        waiting: What is being waited for; nothing is shown where it is empty.
        stop: Whether the page ends at a failure. Where it does not, names that the block would have set are unset.
            A server that cannot be reached always ends the page, which then tries again by itself.
    """
    try:
        with st.spinner(waiting, show_time=False) if waiting else nullcontext():
            yield
    except ConnectionFailed as error:
        _show_unreachable(error)
        st.stop()
    except HabError as error:
        show_failure(error)
        if stop:
            st.stop()


@contextmanager
def boundary() -> Iterator[None]:
    """Lets nothing out of a page that would become a traceback in the browser; counts runs without a server."""
    now = session.current()
    now.unreachable, now.whole_page = False, True
    try:
        with guarded():
            yield
    except Exception as error:  # noqa: BLE001  # a user gets one sentence, the log the rest
        show_unexpected(error)
    finally:
        now.whole_page = False
        if not now.unreachable:
            now.failures = 0


def show_failure(error: HabError) -> None:
    """Shows a failure as the contract words it."""
    st.error(plain(failure(error)), icon=":material/error:")


def show_unexpected(error: Exception) -> bool:
    """Logs what nobody expected and tells the user in one sentence; returns True: there is no more to show."""
    log.error("page failed", exc_info=error)
    st.error(_UNEXPECTED, icon=":material/error:")
    return True


def _show_unreachable(error: ConnectionFailed) -> None:
    """Says that the server cannot be reached and tries again by itself; from the third time on names who can help."""
    now = session.current()
    if not now.whole_page:
        st.rerun()  # from a fragment to the page, which notices as well and is the one that tries again
    if not now.unreachable:
        now.unreachable, now.failures = True, now.failures + 1
    lost = now.failures >= ASK_FOR_HELP_AFTER
    st.error(f"{error.message} {ASK_FOR_HELP}" if lost else error.message, icon=":material/cloud_off:")
    _try_again(time.monotonic())


@st.fragment(run_every=RETRY_SECONDS)
def _try_again(failed_at: float) -> None:
    """Makes the page anew when it is time, or when the user asks for it."""
    asked = st.button("지금 다시 시도", icon=":material/refresh:", key="hab_try_again")
    st.caption(f"{RETRY_SECONDS:.0f}초마다 자동으로 다시 연결합니다.")
    if asked or time.monotonic() - failed_at > RETRY_SECONDS / 2:
        st.rerun()
