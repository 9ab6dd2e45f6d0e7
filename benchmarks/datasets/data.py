"""Synthetic accidents of 28 columns, as large as wanted."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.accidents import table
from hab_core.datasets.samples import to_csv

_VEHICLES = ("승용", "화물", "이륜", "승합", "자전거")
_INJURIES = ("상해없음", "경상", "중상", "부상신고", "사망")
_RULES = ("안전운전불이행", "안전거리미확보", "신호위반", "교차로운행방법위반", "중앙선침범")


def wide_accidents(rows: int) -> pl.DataFrame:
    """Returns accidents with drivers and measurements: 28 columns, about 300 bytes a row in UTF-8."""
    rng = np.random.default_rng(1)
    people = {
        f"{side}운전자 {what}": rng.choice(words, rows)
        for side in ("가해", "피해")
        for what, words in (("차종", _VEHICLES), ("상해정도", _INJURIES), ("성별", ("남", "여")))
    }
    figures = {f"측정값{number}": rng.normal(50, 10, rows).round(3) for number in range(1, 5)}
    ages = {"나이": rng.integers(18, 90, rows), "법규위반": rng.choice(_RULES, rows)}
    return table(rows).with_columns(**people, **figures, **ages)


def wide_csv(rows: int, encoding: str) -> bytes:
    """Returns them as a file."""
    return to_csv(wide_accidents(rows)).decode("utf-8-sig").encode(encoding)
