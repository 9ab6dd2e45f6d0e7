"""What is in a dataset: how its file was read, its first rows, its columns."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from hab_client.phrases import COLUMN_TITLES, cell_of, column_facts, dataset_facts, geo_facts
from hab_core.schemas.datasets import KIND_LABELS, Cell, ColumnProfile, DatasetDetail
from hab_ui import backend
from hab_ui.formats import local_time, plain, share

MANY_MISSING = 0.3
"""The share of missing cells from which on a column is pointed out."""
_PREVIEWED = 100


def show_report(dataset: DatasetDetail) -> None:
    """Shows how the file was read: encoding, kinds of columns, coordinates, and what was odd about it."""
    kinds = Counter(KIND_LABELS[column.kind] for column in dataset.column_profiles)
    facts = {
        "파일": dataset_facts(dataset),
        "열 종류": ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()),
        "좌표": geo_facts(dataset.geo) if dataset.geo else "없음",
        "계산 열": f"{len(dataset.derived_columns)}개 (연·월·요일·시간대·구·동 등)"
        if dataset.derived_columns
        else "없음",
        "올린 때": local_time(dataset.uploaded_at),
    }
    st.markdown("\n".join(f"- **{title}** {plain(text)}" for title, text in facts.items()))
    for warning in [*dataset.warnings, *_gaps(dataset)]:
        st.warning(plain(warning), icon=":material/warning:")


def show_rows(dataset: DatasetDetail) -> None:
    """Shows the first rows."""
    with backend.guarded("행을 불러오는 중입니다…", stop=False):
        pages = backend.client().datasets.rows(dataset.id).pages()
        rows = next(pages).items[:_PREVIEWED]
        table = {column.name: [_cell(column, row[column.name]) for row in rows] for column in dataset.column_profiles}
        st.dataframe(table, hide_index=True, height=360, placeholder="")
        st.caption(f"전체 {dataset.rows:,}행 가운데 처음 {len(rows):,}행입니다.")


def show_columns(dataset: DatasetDetail) -> None:
    """Shows the profile of every column, and the columns that are computed from them."""
    profiles = [column_facts(column) for column in dataset.column_profiles]
    table = {title: [facts[place] for facts in profiles] for place, title in enumerate(COLUMN_TITLES)}
    table["결측"] = [
        f"{column.missing:,} ({share(column.missing, dataset.rows)})" for column in dataset.column_profiles
    ]
    st.dataframe(table, hide_index=True, height="content")
    if dataset.derived_columns:
        st.caption("아래 열은 저장하지 않고 필요할 때 계산합니다. 도구와 차트, 질문에서 그대로 쓸 수 있습니다.")
        derived = dataset.derived_columns
        st.dataframe(
            {
                "계산 열": [column.name for column in derived],
                "바탕 열": [", ".join(column.sources) for column in derived],
                "설명": [column.description for column in derived],
            },
            hide_index=True,
        )


def _gaps(dataset: DatasetDetail) -> list[str]:
    """Returns a warning where columns lack many of their cells."""
    gappy = [c.name for c in dataset.column_profiles if dataset.rows and c.missing / dataset.rows > MANY_MISSING]
    if not gappy:
        return []
    more = f" 외 {len(gappy) - 5}개" if len(gappy) > 5 else ""
    return [f"결측값이 {MANY_MISSING:.0%}를 넘는 열: {', '.join(gappy[:5])}{more}. 해석에 주의하세요."]


def _cell(column: ColumnProfile, value: Cell) -> Cell:
    """Returns a cell as people read it: a moment without the letter between day and hour."""
    return cell_of(column, value) if column.kind == "date" else value
