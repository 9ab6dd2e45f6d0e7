"""What a page does where the server fails it: the contract's words, another try, no traceback."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.running import free_port
from tests.ui.conftest import PATIENCE, texts


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server at all."""
    monkeypatch.setenv("BACKEND_URL", f"http://127.0.0.1:{free_port()}")
    st.cache_resource.clear()


def _home() -> None:
    from hab_ui.app import main

    main()


def _broken() -> None:
    from hab_ui import backend

    with backend.boundary():
        raise ValueError("secret inside")


def _refused() -> None:
    import streamlit as st

    from hab_core.errors import QueueFull
    from hab_ui import backend

    with backend.guarded(stop=False):
        raise QueueFull
    st.write("after")
    with backend.guarded():
        raise QueueFull
    st.write("never")


@pytest.mark.usefixtures("nowhere")
def test_no_server_is_said_counted_and_in_the_end_handed_to_the_administrator() -> None:
    test = AppTest.from_function(_home, default_timeout=PATIENCE).run()
    for _ in range(2):
        assert texts(test, "error") == "서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."
        test.run()
    assert "서버에 연결할 수 없습니다" in texts(test, "error")
    assert [one.label for one in test.button] == ["지금 다시 시도"]
    assert "관리자에게 문의하세요" in texts(test, "error")
    assert not test.exception


def test_what_nobody_expected_is_one_sentence() -> None:
    test = AppTest.from_function(_broken, default_timeout=PATIENCE).run()
    assert "관리자에게 문의하세요" in texts(test, "error")
    assert "secret" not in texts(test, "error")
    assert not test.exception


def test_a_failure_ends_the_page_unless_it_is_only_a_part() -> None:
    test = AppTest.from_function(_refused, default_timeout=PATIENCE).run()
    assert texts(test, "error").splitlines() == ["서버가 혼잡합니다. 잠시 후 다시 시도해주세요"] * 2
    assert texts(test, "markdown") == "after"


def _remembering(text: str) -> None:
    import streamlit as st

    from hab_ui import session

    now = session.current()
    now.api_key = now.api_key or text
    st.write(now.api_key)
    st.caption(repr(now))


def test_sessions_share_nothing_and_do_not_show_the_key() -> None:
    first = AppTest.from_function(_remembering, args=("sk-one",), default_timeout=PATIENCE).run()
    second = AppTest.from_function(_remembering, args=("sk-two",), default_timeout=PATIENCE).run()
    assert (texts(first.run(), "markdown"), texts(second, "markdown")) == ("sk-one", "sk-two")
    assert "sk-" not in texts(first, "caption")
