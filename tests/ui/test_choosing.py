"""The boxes that all pages share: the choice goes along from page to page; without datasets they say what to do."""

from __future__ import annotations

from hab_client.dataset import Dataset
from tests.ui.conftest import Show


def test_a_chosen_dataset_is_shown(show: Show, accidents: Dataset) -> None:
    test = show("datasets")
    assert not test.exception
    assert test.session_state["hab_session"].dataset_id == accidents.id
