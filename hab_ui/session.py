"""What one browser session remembers from page to page: typed, private to it, gone with it.

Streamlit forgets the state of a widget when its page is left; what shall outlive that is kept here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page

from hab_client import Share

_KEY = "hab_session"

Tone = Literal["success", "info", "warning", "error"]


@dataclass
class Session:
    """The memory of one browser session.

    Attributes:
        dataset_id: The dataset that was chosen last, on whichever page.
        dataset_ids: The datasets that were chosen last where several may be; None before the first choice.
        api_key: The user's key for Claude, in this browser session only: never stored, logged or shown.
        chat_model: The Claude model that was chosen; the server's own where None.
        conversation_id: The conversation that is open.
        uploads: How many files were uploaded.
        uploaded: The dataset that was uploaded last and whose report is shown open.
        shares: The links made in this session, by the id of their dataset; whoever has one has the dataset.
        failures: How many page runs in a row could not reach the server.
        unreachable: Whether the present run could not.
        whole_page: Whether the whole page is being made, not only a fragment of it.
        pages: The pages of the navigation by name, as the present run has made them.
        notices: What the next page run tells the user, once.
    """

    dataset_id: str | None = None
    dataset_ids: list[str] | None = None
    api_key: str = field(default="", repr=False)
    chat_model: str | None = None
    conversation_id: str | None = None
    uploads: int = 0
    uploaded: str | None = None
    shares: dict[str, Share] = field(default_factory=dict, repr=False)
    failures: int = 0
    unreachable: bool = False
    whole_page: bool = False
    pages: dict[str, Page] = field(default_factory=dict, repr=False)
    notices: list[tuple[Tone, str]] = field(default_factory=list)

    def choose(self, dataset_id: str) -> None:
        """Chooses a dataset that has just come, on every page: what was chosen of others before is over."""
        self.dataset_id, self.dataset_ids = dataset_id, None

    def tell(self, tone: Tone, text: str) -> None:
        """Keeps a notice for the next page run, which may be of another page."""
        self.notices.append((tone, text))


def current() -> Session:
    """Returns the memory of the browser session whose page is being made."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session


def show_notices() -> None:
    """Shows what was kept for this run, in a place of its own: what comes after stays where it was."""
    session = current()
    waiting, session.notices = session.notices, []
    with st.container():
        for tone, text in waiting:
            {"success": st.success, "info": st.info, "warning": st.warning, "error": st.error}[tone](text)
