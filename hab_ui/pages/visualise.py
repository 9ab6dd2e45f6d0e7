"""시각화: the charts that suit a dataset, without asking; then one to one's own wishes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hab_core.errors import HabError
from hab_core.schemas.datasets import DatasetDetail
from hab_ui import backend, building, choosing, filters, gathering, suggesting
from hab_ui.charts import show_chart
from hab_ui.columns import mostly_missing
from hab_ui.filters import Condition
from hab_ui.plans import Plan
from hab_ui.wording import escape

_FIRST = 8


def page() -> None:
    """Shows the page."""
    st.title("시각화")
    detail = choosing.one(key="visualise_dataset")
    if not detail.rows:
        st.info("이 데이터셋에는 행이 없어 그릴 것이 없습니다. 다른 데이터셋을 선택해주세요.", icon=":material/info:")
        return
    _warn(detail)
    where = filters.show(detail, "visualise")
    automatic, own = st.tabs(["추천 그림", "직접 만들기"])
    with automatic:
        _suggested(detail, where)
    with own:
        _built(detail, where)


def _warn(detail: DatasetDetail) -> None:
    """Warns of columns that are missing so much that a chart of them says little."""
    gapped = mostly_missing(detail)
    if gapped:
        told = ", ".join(f"{escape(name)} {share:.0%}" for name, share in gapped[:8])
        more = f" 외 {len(gapped) - 8}개 열" if len(gapped) > 8 else ""
        st.warning(
            f"결측이 30%를 넘는 열이 있습니다: {told}{more}. 이 열의 그림은 주의해서 읽어주세요.",
            icon=":material/warning:",
        )


@st.fragment
def _suggested(detail: DatasetDetail, where: list[Condition]) -> None:
    """Shows the charts that suit the dataset: the first ones, all of them where they are asked for."""
    plans = suggesting.suggest(detail, where)
    if not plans:
        st.info("이 데이터셋에는 그림으로 볼 만한 범주·숫자·날짜 열이 없습니다.", icon=":material/info:")
        return
    rest = len(plans) - _FIRST
    everything = rest > 0 and st.toggle(f"나머지 그림 {rest}개도 보기", key=f"visualise-all-{detail.id}")
    show_plans(plans if everything else plans[:_FIRST], f"suggested-{detail.id}")


@st.fragment
def _built(detail: DatasetDetail, where: list[Condition]) -> None:
    """Shows the builder and its chart."""
    plan = building.show(detail, where)
    if plan is not None:
        show_plans([plan], f"built-{detail.id}", columns=1)


def show_plans(plans: Sequence[Plan], key: str, *, columns: int = 2) -> None:
    """Asks for everything at once and shows the charts, side by side where there is room."""
    with backend.guarded("그림을 그리는 중입니다…"):
        found = iter(gathering.answers([question for plan in plans for question in plan.questions]))
    answered = [[next(found) for _ in plan.questions] for plan in plans]
    for start in range(0, len(plans), columns):
        places = st.columns(columns)
        for i, place in enumerate(places[: len(plans) - start], start=start):
            with place.container(border=True):
                _show(plans[i], answered[i], f"{key}-{i}")


def _show(plan: Plan, answers: Sequence[object], key: str) -> None:
    """Shows one chart, or why there is none."""
    failed = next((each for each in answers if isinstance(each, HabError)), None)
    if failed is not None:
        st.markdown(f"**{escape(plan.title)}**")
        backend.show_failure(failed)
        return
    drawn = plan.draw(answers)
    if drawn.spec is None:
        st.markdown(f"**{escape(plan.title)}**")
        st.caption(drawn.note)
    else:
        show_chart(drawn.spec, key, note=drawn.note)
