"""What tests of the user interface share: a whole HAB with a small model, and the script run as Streamlit runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from hab_client import HabClient
from hab_client.dataset import Dataset

PATIENCE = 60.0
"""Seconds for one run of the script on a busy machine."""
ACCIDENTS = (
    "사고일시,시군구,기상상태,노면상태,도로형태,사고유형,사망자수,중상자수,경상자수,부상신고자수,위도,경도\n"
    + "".join(
        f"2024-{month:02d}-{day:02d} {hour:02d}:00,대구광역시 {place},{weather},건조,단일로 - 기타,차대차 - 추돌,"
        f"0,{day % 2},{hour % 3},0,{35.8 + day / 200},{128.5 + month / 100}\n"
        for month, weather in ((1, "맑음"), (6, "비"), (9, "흐림"))
        for day, place in ((3, "수성구 범어동"), (12, "달서구 상인동"), (25, "북구 산격동"))
        for hour in (1, 8, 14, 19)
    )
).encode()
"""A small table of accidents with places and dates."""

Show = Callable[..., AppTest]


@pytest.fixture
def accidents(client: HabClient) -> Iterator[Dataset]:
    """A small dataset, gone after the test where that did not delete it."""
    dataset = client.datasets.upload(ACCIDENTS, name="시험 사고")
    yield dataset
    if any(one.id == dataset.id for one in client.datasets.list()):
        dataset.delete()


@pytest.fixture
def show(client: HabClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """Makes a page with the real server: ``show("datasets")``; query parameters are keywords."""
    monkeypatch.setenv("BACKEND_URL", client.base_url)

    def run(name: str, **query: str) -> AppTest:
        test = AppTest.from_function(_script, args=(name,), default_timeout=PATIENCE)
        for parameter, text in query.items():
            test.query_params[parameter] = text
        return test.run()

    yield run
    st.cache_resource.clear()


def _script(name: str) -> None:
    """The script with another first page; what it needs it imports, for only its text is used."""
    from hab_ui.app import main

    main(name)


def texts(test: AppTest, kind: str) -> str:
    """Returns all texts of a kind of element, ``"error"`` for instance, that a page shows."""
    elements: Any = getattr(test, kind)
    return "\n".join(str(element.value) for element in elements)
