"""The peer: a one-row pandas frame, a label encoder for each text column, ``LGBMRegressor.predict``.

This is how an application usually serves a scikit-learn style model: 500 trees, default threads, everything rebuilt
for each row, a table as a loop over its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from sklearn.preprocessing import LabelEncoder

TEXT = ("기상상태", "노면상태", "도로형태", "사고유형", "시간대", "시군구", "요일")
COLUMNS = (
    "기상상태",
    "노면상태",
    "도로형태",
    "사고시",
    "사고연",
    "사고월",
    "사고유형",
    "사고일",
    "시간대",
    "시군구",
    "요일",
)


class ReferencePredictor:
    """Predicts log1p(ECLO) from a dict of Korean names and texts."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], target: np.ndarray) -> None:
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        self.encoders = {name: LabelEncoder().fit(frame[name]) for name in TEXT}
        for name, encoder in self.encoders.items():
            frame[name] = encoder.transform(frame[name])
        self.model = LGBMRegressor(n_estimators=500, num_leaves=31, max_depth=18, random_state=0, verbose=-1)
        self.model.set_params(n_jobs=1).fit(frame, target)
        self.model.set_params(n_jobs=None)

    def predict(self, row: Mapping[str, Any], threads: int | None = None) -> float:
        """Returns the prediction of one row; on LightGBM's default number of threads where none is given."""
        frame = pd.DataFrame([row], columns=list(COLUMNS))
        for name, encoder in self.encoders.items():
            frame[name] = encoder.transform(frame[name])
        return float(self.model.predict(frame, **({} if threads is None else {"num_threads": threads}))[0])

    def predict_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[float]:
        """Returns the predictions of a table, row by row."""
        return [self.predict(row) for row in rows]
