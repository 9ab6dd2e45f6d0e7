"""Many accidents at once: a CSV file or a dataset goes in, the job is followed, the scored table comes out."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hab_client import BatchJob, HabClient, NotFound
from hab_core.schemas.eclo import KOREA, MAX_BATCH_ROWS
from hab_core.schemas.jobs import Job
from hab_ui import backend, choosing
from hab_ui.eclo import history
from hab_ui.eclo.batch_results import show_results

_PARAMETER = "job"
"""Where the address keeps the job, so that a reload finds it again."""
_EVERY = 1.0
_FILE, _DATASET = "CSV 파일", "저장된 데이터셋"
_TEMPLATE = (
    "\ufeff사고일시,기상상태,노면상태,도로형태,사고유형,시군구\r\n"
    "2026-01-01 08,맑음,건조,교차로 - 교차로안,차대차,대구광역시 수성구 상동\r\n"
    "2026-01-02 23,비,젖음/습기,단일로 - 기타,차대사람,대구광역시 중구 동인동1가\r\n"
)


def show_batch(client: HabClient) -> None:
    """Shows the job that the address names, or the way to start one."""
    job_id = st.query_params.get(_PARAMETER)
    if job_id is None:
        _show_start(client)
        return
    try:
        with st.spinner("작업을 불러오는 중입니다…", show_time=False):
            job = client.jobs.get(job_id)
    except NotFound as error:
        backend.show_failure(error)
        _offer_new()
        return
    if job.finished:
        show_results(job)
        _offer_new()
    else:
        _follow(job)


def _show_start(client: HabClient) -> None:
    """Shows the choice of what to predict."""
    st.markdown(
        f"사고 목록의 ECLO를 한꺼번에 예측합니다. 최대 {MAX_BATCH_ROWS:,}행이며, "
        "열 이름은 TAAS의 한글 이름이나 API의 영어 이름을 씁니다."
    )
    source = st.segmented_control("입력", [_FILE, _DATASET], default=_FILE, key="eclo_batch_source")
    if source == _DATASET:
        _show_dataset(client)
    else:
        _show_upload(client)


def _show_upload(client: HabClient) -> None:
    """Takes a file of any kind: the server says in Korean what it cannot read."""
    st.download_button(
        "양식 내려받기",
        _TEMPLATE,
        "eclo_batch_template.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="eclo_batch_template",
    )
    file = st.file_uploader("사고 목록 CSV", key="eclo_batch_file")
    if st.button("일괄 예측 시작", type="primary", disabled=file is None, key="eclo_batch_start") and file is not None:
        _start(lambda: client.eclo.predict_batch(file), "파일을 보내는 중입니다…")


def _show_dataset(client: HabClient) -> None:
    """Takes a dataset that is on the server."""
    dataset = choosing.one("데이터셋", key="eclo_batch_dataset")
    if st.button("일괄 예측 시작", type="primary", key="eclo_batch_start_dataset"):
        _start(lambda: client.eclo.predict_batch(dataset_id=dataset.id), "작업을 시작하는 중입니다…")


def _start(begin: Callable[[], BatchJob], waiting: str) -> None:
    """Starts a job and goes to it."""
    with backend.guarded(waiting):
        st.query_params[_PARAMETER] = begin().id
    history.forget()
    st.rerun()


@st.fragment(run_every=_EVERY)
def _follow(job: BatchJob) -> None:
    """Shows how far a job is, once a second, until it has ended."""
    with backend.guarded():
        job.refresh()
    if job.finished:
        st.rerun()
    state = job.state
    st.progress(min(max(job.progress, 0.0), 1.0), text=_standing(state))
    if st.button("취소", icon=":material/cancel:", key="eclo_batch_cancel"):
        with backend.guarded("취소하는 중입니다…"):
            job.cancel()
        st.rerun()


def _standing(state: Job) -> str:
    """Returns how a job stands in one line."""
    if state.status == "queued":
        return f"대기 중입니다. 전체 {state.total:,}건"
    done = f"{state.completed + state.failed:,} / {state.total:,}건 ({state.progress:.0%})"
    failed = f" · 오류 {state.failed:,}건" if state.failed else ""
    end = state.estimated_completion_at
    return f"예측하는 중입니다. {done}{failed}" + (f" · {end.astimezone(KOREA):%H:%M:%S} 완료 예정" if end else "")


def _offer_new() -> None:
    """Shows the way back to the start."""
    if st.button("다른 파일 예측하기", icon=":material/add:", key="eclo_batch_new"):
        del st.query_params[_PARAMETER]
        st.rerun()
