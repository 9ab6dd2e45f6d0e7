"""Values far from the rest, by quartiles and by median and median absolute deviation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hab_core.analysis.conditions import Conditions
from hab_core.analysis.parameters import ColumnName, OutlierMethod, RowLimit
from hab_core.analysis.statistics import numbers_of, sorted_quantiles
from hab_core.analysis.view import ROW, View
from hab_core.datasets.table import Table
from hab_core.schemas.analysis_figures import Outlier, OutlierBounds, OutlierResult

IQR_FACTOR = 1.5
ROBUST_Z_LIMIT = 3.5
_MAD_TO_SIGMA = 1 / 0.6744897501960817
_MEAN_DEVIATION_TO_SIGMA = 1.2533141373155003


class _Spread(NamedTuple):
    """Quartiles, median absolute deviation, and the deviation that stands for one σ; None where there is none."""

    q1: float | None
    median: float | None
    q3: float | None
    mad: float | None
    sigma: float | None


def get_outliers(
    table: Table,
    *,
    column: ColumnName,
    method: OutlierMethod = "iqr",
    limit: RowLimit = 20,
    conditions: Conditions = (),
) -> OutlierResult:
    """숫자 열에서 다른 값들과 동떨어진 값(이상치)을 찾습니다.

    두 기준의 경계와 개수를 함께 알려주고, method로 고른 기준을 벗어난 값 가운데 가장 극단적인 것을 나열합니다.
    iqr은 사분위수에서 IQR의 1.5배 넘게 벗어난 값, robust_z는 중앙값과 MAD로 구한 |z|가 3.5를 넘는 값입니다.
    """
    view = View(table, conditions)
    chosen = view.find_number(column, "column")
    frame = view.collect([chosen], numbered=True)
    series = frame[chosen.name]
    places = np.flatnonzero(series.is_not_null().to_numpy())
    values = numbers_of(series)
    spread = _spread(values)
    rules = [_iqr_rule(values, spread), _robust_rule(values, spread)]
    _explain_degenerate(view, values, spread)
    rule = rules[0] if method == "iqr" else rules[1]
    extreme = _most_extreme(values, rule, spread, limit)
    if rule.below + rule.above > limit:
        view.cut_note(f"이상치 {rule.below + rule.above:,}개 중 가장 극단적인 {limit}개만 나열합니다.")
    raw = series.gather(places[extreme]).to_list()
    scores = [_robust_z(float(values[i]), spread) for i in extreme]
    rows = [place + 1 for place in frame[ROW].gather(places[extreme]).to_list()]
    return OutlierResult(
        **view.said(series.len()),
        column=chosen.name,
        method=method,
        count=len(values),
        missing=series.len() - len(values),
        q1=spread.q1,
        median=spread.median,
        q3=spread.q3,
        mad=spread.mad,
        rules=rules,
        outliers=[Outlier(row=row, value=value, robust_z=z) for row, value, z in zip(rows, raw, scores, strict=True)],
    )


def _spread(values: NDArray[np.float64]) -> _Spread:
    """Returns the robust measures of spread.

    Where more than half of the values are equal the MAD is 0; the mean absolute deviation then stands in, as
    Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993) advise.
    """
    q1, median, q3 = sorted_quantiles(np.sort(values), [0.25, 0.5, 0.75])
    if median is None:
        return _Spread(None, None, None, None, None)
    with np.errstate(over="ignore"):
        deviations = np.sort(np.abs(values - median))
        mad = sorted_quantiles(deviations, [0.5])[0] or 0.0
        sigma = mad * _MAD_TO_SIGMA or float(deviations.mean()) * _MEAN_DEVIATION_TO_SIGMA
    return _Spread(q1, median, q3, mad, sigma or None)


def _iqr_rule(values: NDArray[np.float64], spread: _Spread) -> OutlierBounds:
    """Returns Tukey's fences."""
    if spread.q1 is None or spread.q3 is None:
        return _bounds("iqr", values, None, None)
    reach = IQR_FACTOR * (spread.q3 - spread.q1)
    return _bounds("iqr", values, spread.q1 - reach, spread.q3 + reach)


def _robust_rule(values: NDArray[np.float64], spread: _Spread) -> OutlierBounds:
    """Returns the bounds of the robust z score."""
    if spread.median is None or spread.sigma is None:
        return _bounds("robust_z", values, None, None)
    reach = ROBUST_Z_LIMIT * spread.sigma
    return _bounds("robust_z", values, spread.median - reach, spread.median + reach)


def _bounds(method: str, values: NDArray[np.float64], lower: float | None, upper: float | None) -> OutlierBounds:
    """Returns a rule with how many values lie outside it."""
    below = 0 if lower is None else int(np.count_nonzero(values < lower))
    above = 0 if upper is None else int(np.count_nonzero(values > upper))
    share = (below + above) / len(values) if len(values) else None
    return OutlierBounds(method=method, lower=lower, upper=upper, below=below, above=above, share=share)


def _robust_z(value: float, spread: _Spread) -> float | None:
    """Returns how many robust σ a value lies from the median."""
    return None if spread.median is None or spread.sigma is None else (value - spread.median) / spread.sigma


def _most_extreme(values: NDArray[np.float64], rule: OutlierBounds, spread: _Spread, limit: int) -> NDArray[np.intp]:
    """Returns the positions of the outliers farthest from the median, the farthest first, equals in table order."""
    if rule.lower is None or rule.upper is None or spread.median is None:
        return np.empty(0, dtype=np.intp)
    outside = np.flatnonzero((values < rule.lower) | (values > rule.upper))
    distance = np.abs(values[outside] - spread.median)
    if len(outside) > limit:
        keep = distance >= np.partition(distance, -limit)[-limit]
        outside, distance = outside[keep], distance[keep]
    return outside[np.argsort(-distance, kind="stable")[:limit]]


def _explain_degenerate(view: View, values: NDArray[np.float64], spread: _Spread) -> None:
    """Remarks where a rule says little because many values are equal."""
    if len(values) and spread.sigma is None:
        view.notes.append("모든 값이 같아 이상치가 없습니다.")
    elif len(values) and spread.q1 == spread.q3:
        view.notes.append("값의 절반 이상이 같아 IQR이 0입니다. 그와 다른 값은 모두 iqr 이상치로 셉니다.")
    if len(values) and spread.sigma is not None and spread.mad == 0:
        view.notes.append("MAD가 0이어서 robust_z는 평균 절대 편차로 계산했습니다.")
