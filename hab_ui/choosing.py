"""Choosing datasets: the boxes that all pages share, what they say where there is nothing to choose, and profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from hab_core.schemas.datasets import Dataset, DatasetDetail
from hab_ui import backend, navigation, session
from hab_ui.wording import escape

_FRESH = 5.0
"""Seconds for which a list is not asked for again; changes made here are seen at once, see :func:`forget`."""
_PROFILE_FRESH = 60.0


def datasets() -> list[Dataset]:
    """Returns every dataset, the newest first; raises as the client does."""
    return list(_datasets(backend.client().base_url))


def profile(dataset_id: str) -> DatasetDetail:
    """Returns a dataset with its profile; raises as the client does."""
    return _profile(backend.client().base_url, dataset_id)


def forget() -> None:
    """Lets lists and profiles be asked for anew: call it after every change of a dataset."""
    _datasets.clear()
    _profile.clear()


def one(label: str = "데이터셋", *, key: str) -> DatasetDetail:
    """Shows a box to choose a dataset and returns the chosen one with its profile.

    The choice is kept from page to page. Where there are no datasets the page ends, saying what to do.
    """
    found = _found()
    now = session.current()
    if now.dataset_id not in found:
        now.dataset_id = next(iter(found))
    st.session_state[key] = now.dataset_id
    chosen = st.selectbox(label, list(found), format_func=found.__getitem__, key=key, on_change=_keep_one, args=(key,))
    return _shown_profile(chosen)


def several(label: str = "데이터셋", *, key: str, most: int = 8) -> list[DatasetDetail]:
    """Shows a box to choose up to ``most`` datasets and returns the chosen ones with their profiles, perhaps none.

    The choice is kept from page to page. Where there are no datasets the page ends, saying what to do.
    """
    found = _found()
    st.session_state[key] = _kept(found)[:most]
    chosen = st.multiselect(
        label,
        list(found),
        format_func=found.__getitem__,
        max_selections=most,
        placeholder="데이터셋을 선택하세요",
        key=key,
        on_change=_keep_several,
        args=(key,),
    )
    return [_shown_profile(dataset_id) for dataset_id in chosen]


def boxes(offered: Sequence[Dataset], *, key: str, most: int) -> list[str]:
    """Shows a box to check for each of the datasets and returns the ids of those that are, ``most`` at most.

    The choice is kept from page to page. Once ``most`` are checked, the others cannot be.
    """
    keys = {dataset.id: f"{key}_{dataset.id}" for dataset in offered}
    chosen = _kept(keys)[:most]
    for dataset in offered:
        # Written in every run: what only the first run tells is lost to the browser where another cuts that run short.
        st.session_state[keys[dataset.id]] = dataset.id in chosen
        st.checkbox(
            _caption(escape(dataset.name), dataset.rows),
            key=keys[dataset.id],
            disabled=len(chosen) >= most and dataset.id not in chosen,
            on_change=_keep_boxes,
            args=(keys,),
        )
    return [dataset.id for dataset in offered if dataset.id in chosen]


def ask_for_data() -> None:
    """Says how to get a first dataset."""
    st.info("아직 데이터셋이 없습니다. CSV 파일을 올리면 바로 시작할 수 있습니다.", icon=":material/upload_file:")
    navigation.link("datasets", "데이터셋 올리기")


@st.cache_resource(ttl=_FRESH, max_entries=4, show_spinner=False)
def _datasets(url: str) -> Sequence[Dataset]:
    """Returns the datasets of the server at ``url``."""
    return tuple(dataset.info for dataset in backend.client_of(url).datasets.list())


@st.cache_resource(ttl=_PROFILE_FRESH, max_entries=64, show_spinner=False)
def _profile(url: str, dataset_id: str) -> DatasetDetail:
    """Returns the profile of a dataset of the server at ``url``; a dataset's content never changes."""
    return backend.client_of(url).datasets.detail(dataset_id)


def _found() -> dict[str, str]:
    """Returns the captions of the datasets by their id; ends the page where there are none."""
    found: list[Dataset] = []
    with backend.guarded("데이터셋 목록을 불러오는 중입니다…"):
        found = datasets()
    if not found:
        ask_for_data()
        st.stop()
    return {dataset.id: _caption(dataset.name, dataset.rows) for dataset in found}


def _caption(name: str, rows: int) -> str:
    """Returns what a box calls a dataset."""
    return f"{name} ({rows:,}행)"


def _kept(found: Mapping[str, str]) -> list[str]:
    """Returns the datasets chosen last that are still there; without any, the one of the other pages' box."""
    now = session.current()
    left = [dataset_id for dataset_id in now.dataset_ids or [] if dataset_id in found]
    if left or now.dataset_ids == []:
        return left
    now.dataset_ids = [now.dataset_id if now.dataset_id and now.dataset_id in found else next(iter(found))]
    return now.dataset_ids


def _keep_one(key: str) -> None:
    """Remembers the choice beyond the page."""
    session.current().dataset_id = st.session_state[key]


def _keep_several(key: str) -> None:
    """Remembers the choice beyond the page."""
    session.current().dataset_ids = list(st.session_state[key])


def _keep_boxes(keys: Mapping[str, str]) -> None:
    """Remembers the choice beyond the page."""
    session.current().dataset_ids = [dataset_id for dataset_id, key in keys.items() if st.session_state[key]]


def _shown_profile(dataset_id: str) -> DatasetDetail:
    """Returns a profile; ends the page with a message where it cannot be had."""
    with backend.guarded("데이터셋을 불러오는 중입니다…"):
        return profile(dataset_id)
    raise AssertionError("a failure ends the page")
