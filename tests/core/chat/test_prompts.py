from __future__ import annotations

import json

import polars as pl

from hab_core.chat.prompts import MAX_COLUMNS, describe, system_blocks
from hab_core.chat.sources import Source
from hab_core.datasets.table import Table


def test_only_short_labels_of_few_values_are_told() -> None:
    secret = "아주 긴 글자는 이름표가 아니므로 언어 모델에게 미리 알려주지 않아야 하는 셀의 내용입니다"
    frame = pl.DataFrame(
        {"짧은": ["가", "나"] * 60, "긴": [secret, "다"] * 60, "많은": [f"값{i}" for i in range(120)], "수": range(120)}
    )
    told = json.dumps(describe(Source("ds", "표", Table.from_frame(frame))), ensure_ascii=False)
    assert '"가"' in told
    assert secret not in told
    assert "값7" not in told
    assert "[0, 119]" in told


def test_a_wide_table_is_told_in_bounds() -> None:
    wide = Source("ds", "넓은 표", Table.from_frame(pl.DataFrame({f"열{i}" * 40: [1, 2] for i in range(300)})))
    told = describe(wide)
    assert len(told["columns"]) == MAX_COLUMNS
    assert told["more_columns"] == 300 - MAX_COLUMNS
    assert len(system_blocks([wide])[0]["text"]) < 20_000
