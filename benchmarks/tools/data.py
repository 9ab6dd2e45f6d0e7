"""A synthetic table in the shape of Daegu's accident records: 28 columns, drawn by seed."""

from __future__ import annotations

import numpy as np
import polars as pl

_DISTRICTS = [
    f"대구광역시 {gu} {dong}동"
    for gu in ("중구", "동구", "서구", "남구", "북구", "수성구", "달서구", "달성군")
    for dong in "가나다라마바사아자차카타파하거너더러머버서어저처커"
]
_TYPES = [
    f"{kind} - {detail}"
    for kind in ("차대차", "차대사람", "차량단독")
    for detail in ("추돌", "측면충돌", "횡단중", "기타")
]
_ROADS = [
    f"{kind} - {detail}" for kind in ("교차로", "단일로", "기타") for detail in ("안", "부근", "횡단보도내", "기타")
]
_CLASSES: dict[str, list[str]] = {
    "요일": [f"{day}요일" for day in "월화수목금토일"],
    "사고내용": ["경상사고", "중상사고", "부상신고사고", "사망사고"],
    "법규위반": [
        "안전운전불이행",
        "안전거리미확보",
        "신호위반",
        "교차로운행방법위반",
        "보행자보호의무위반",
        "중앙선침범",
        "기타",
    ],
    "노면상태": ["건조", "젖음/습기", "적설", "서리/결빙", "침수", "기타"],
    "기상상태": ["맑음", "흐림", "비", "눈", "안개", "기타"],
    "가해운전자 차종": ["승용", "화물", "이륜", "승합", "자전거", "원동기", "건설기계", "특수", "기타불명"],
    "가해운전자 성별": ["남", "여", "기타불명"],
    "가해운전자 연령": [f"{age}세" for age in range(16, 90)],
    "가해운전자 상해정도": ["상해없음", "경상", "중상", "부상신고", "사망", "기타불명"],
    "피해운전자 차종": ["승용", "보행자", "이륜", "화물", "승합", "자전거", "기타불명"],
    "피해운전자 성별": ["남", "여", "기타불명"],
    "피해운전자 상해정도": ["경상", "중상", "상해없음", "부상신고", "사망", "기타불명"],
}
_GAPPED = ("피해운전자 차종", "피해운전자 성별", "피해운전자 상해정도")


def synthetic(rows: int, seed: int = 7) -> pl.DataFrame:
    """Returns the table; classes are skewed, gaps depend on the accident's type."""
    draw = np.random.default_rng(seed)
    hours = draw.integers(0, 24 * 365 * 12, rows).astype("timedelta64[h]")
    columns: dict[str, object] = {
        "사고번호": [f"{number:016d}" for number in range(2007010100100000, 2007010100100000 + rows)],
        "사고일시": (np.datetime64("2007-01-01T00", "h") + hours).astype("datetime64[us]"),
        "시군구": _skewed(draw, _DISTRICTS, rows),
        "사고유형": _skewed(draw, _TYPES, rows),
        "도로형태": _skewed(draw, _ROADS, rows),
    }
    for name, rate in (("사망자수", 0.011), ("중상자수", 0.33), ("경상자수", 0.99), ("부상신고자수", 0.12)):
        columns[name] = draw.poisson(rate, rows)
    columns |= {name: _skewed(draw, values, rows) for name, values in _CLASSES.items()}
    columns |= {"위도": 35.6 + draw.random(rows) * 0.4, "경도": 128.35 + draw.random(rows) * 0.5}
    columns |= {
        name: np.round(draw.gamma(2.0, 10.0, rows), 2) for name in ("제한속도", "도로폭", "기온", "강수량", "교통량")
    }
    frame = pl.DataFrame(columns)
    alone = pl.col("사고유형").str.starts_with("차량단독")
    gaps = [pl.when(~alone).then(pl.col(name)).alias(name) for name in _GAPPED]
    noise = pl.Series(draw.random(rows) < 0.03)
    gaps += [pl.when(~noise).then(pl.col(name)).alias(name) for name in ("기온", "강수량")]
    return frame.with_columns(gaps)


def _skewed(draw: np.random.Generator, values: list[str], rows: int) -> pl.Series:
    """Returns values with frequencies that fall as 1/rank, as classes of accidents do."""
    weights = 1.0 / np.arange(1, len(values) + 1)
    picks = draw.choice(len(values), rows, p=weights / weights.sum())
    return pl.Series(values).gather(pl.Series(picks))
