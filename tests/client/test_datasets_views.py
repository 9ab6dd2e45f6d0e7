"""What a notebook shows of datasets, share links and tools: complete, escaped, without the network."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hab_client.answers import DatasetAnswer, DatasetDetailAnswer, ShareAnswer, ToolRunAnswer
from hab_client.dataset import Dataset, Share
from hab_client.phrases import size
from tests.client.notebook import ENVELOPE, NASTY, Checked, shown

FIELDS: dict[str, Any] = ENVELOPE | {
    "id": "ds_1",
    "name": NASTY,
    "description": NASTY,
    "rows": 12_345,
    "columns": 2,
    "size_bytes": 2_000_000,
    "encoding": "cp949",
    "content_hash": "sha256:00",
    "uploaded_at": "2026-01-01T00:00:00Z",
    "warnings": [NASTY],
}
TOP = {"value": NASTY, "count": 1, "share": 0.5}
COLUMNS = [
    {"name": NASTY, "kind": "category", "missing": 3, "distinct": 2, "top_values": [TOP]},
    {"name": "속도", "kind": "number", "missing": 0, "distinct": 9, "min": 0.5, "max": 99.5},
    {"name": "빈 열", "kind": "text", "missing": 12_345, "distinct": 0},
]
GEO = {
    "latitude": "위도",
    "longitude": "경도",
    "columns": ["X", "Y"],
    "systems": ["EPSG:5174", "EPSG:5181"],
    "swapped": True,
    "confidence": 0.9,
    "in_daegu": 0.5,
    "note": NASTY,
}


def without_network(info: Any) -> Dataset:
    return Dataset(None, info)  # type: ignore[arg-type]  # asking it anything fails


def test_a_dataset_shows_what_was_last_heard_of_it() -> None:
    dataset = without_network(DatasetAnswer.model_validate(FIELDS))
    text = shown(dataset).text
    for expected in (NASTY, "ds_1", "12,345행 × 2열", "CP949", "1.9 MB", f"⚠ {NASTY}"):
        assert expected in text
    assert "열 " not in text.replace("2열", "")
    assert "12345×2" in repr(dataset)
    assert bool(dataset)


def test_a_profile_shows_columns_and_place() -> None:
    detail = DatasetDetailAnswer.model_validate(FIELDS | {"column_profiles": COLUMNS, "geo": GEO})
    for text in (shown(without_network(detail)).text, shown(detail).text):
        for expected in ("범주", "숫자", "0.5 – 99.5", "X, Y", "EPSG:5174 또는 EPSG:5181", "서로 바뀜", "확신도 90%"):
            assert expected in text


def test_a_very_wide_table_is_cut() -> None:
    many = [{**COLUMNS[1], "name": f"열{i}"} for i in range(1_000)]
    text = shown(without_network(DatasetDetailAnswer.model_validate(FIELDS | {"column_profiles": many}))).text
    assert "열39" in text
    assert "열40" not in text
    assert "외 960열" in text


def test_an_empty_dataset_is_still_something() -> None:
    dataset = without_network(DatasetAnswer.model_validate(FIELDS | {"rows": 0, "warnings": [], "description": ""}))
    assert len(dataset) == 0
    assert dataset
    assert "⚠" not in shown(dataset).text


def test_a_share_shows_its_link_and_hides_it_elsewhere() -> None:
    link = {"share_id": "share_1", "token": "secret", "url": "http://x/?share=secret&a=<b>"}
    fields = ENVELOPE | link | {"expires_at": "2026-01-01T00:00:00Z"}
    share = Share(None, ShareAnswer.model_validate(fields))  # type: ignore[arg-type]
    page = share._repr_html_()
    assert "http://x/?share=secret&a=<b>" in Checked(page).text
    assert "<a" not in page
    assert "secret" not in repr(share)
    assert "share_1" in repr(share)


def run(text: str, **changes: Any) -> ToolRunAnswer:
    fields = {"tool": "t", "arguments": {}, "result": {}, "text": text, "duration_ms": 1.2, "truncated": False}
    return ToolRunAnswer.model_validate(ENVELOPE | fields | changes)


def test_the_text_of_a_tool_is_shown_as_html() -> None:
    answer = run(
        "앞 **굵게** 뒤\n\n| 값 | 건수 |\n| --- | --- |\n| a\\|b | 1 |\n| &lt;c&gt; | 2 |\n\n- 참고: 끝", truncated=True
    )
    checked = shown(answer)
    assert re.sub(r"\s+", " ", checked.text).strip() == "앞 굵게 뒤 값 건수 a|b 1 <c> 2 - 참고: 끝 t · 1 ms · 결과 일부"
    page = answer._repr_html_()
    assert page.count("<tr>") == 3
    assert page.count("<b>") == 1


@pytest.mark.parametrize(
    "text",
    ["", NASTY, "**", "|", "| a", "|---|", "| |\n|", "**<b>**", "&lt;script&gt;", "\\|", "| **a|b** |", "a\r\nb"],
)
def test_any_text_makes_a_whole_page(text: str) -> None:
    page = run(text)._repr_html_()
    checked = Checked(page)
    assert checked.tags <= {"div", "b", "table", "tr", "td", "th"}
    assert "<script" not in page


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1024**2, "1.0 MB"), (52_428_800, "50.0 MB")]
)
def test_sizes_are_readable(count: int, told: str) -> None:
    assert size(count) == told
