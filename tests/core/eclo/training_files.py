"""Made-up accident files in the two shapes that training reads, seeded."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

ROADS = ("단일로 - 기타", "교차로 - 교차로안", "교차로 - 교차로부근")
PLACES = ("대구광역시 수성구 상동", "대구광역시 중구 동인동1가", "대구광역시 달성군 다사읍 매곡리")
TAAS = (
    "사고번호", "사고일시", "요일", "시군구", "사망자수", "중상자수", "경상자수", "부상신고자수",
    "사고유형", "노면상태", "기상상태", "도로형태",
)  # fmt: skip
COMPETITION = ("ID", "사고일시", "요일", "기상상태", "도로형태", "노면상태", "사고유형", "ECLO")


def taas_rows(count: int, years: Sequence[int] = (2014, 2018), seed: int = 0) -> list[list[str]]:
    """Returns the rows of a TAAS export; more people are hurt at night and between cars."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        moment = _moment(chance, years)
        kind = chance.choice(("차대차 - 추돌", "차대사람 - 횡단중", "차량단독 - 공작물충돌"))
        minor = 1 + (moment.hour < 6) + (kind.startswith("차대차") and chance.random() < 0.5)
        when = f"{moment.year}년 {moment.month}월 {moment.day}일 {moment.hour:02}시"
        surface, weather = chance.choice((("건조", "맑음"), ("습기", "비"), ("결빙", "눈")))
        rows.append(
            [str(number), when, "월요일", chance.choice(PLACES), "0", str(int(chance.random() < 0.2)), str(minor),
             str(chance.randrange(2)), kind, surface, weather, chance.choice(ROADS)]
        )  # fmt: skip
    return rows


def competition_rows(count: int, years: Sequence[int] = (2019, 2020), seed: int = 1) -> list[list[str]]:
    """Returns the rows of a competition file, without 시군구."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        moment = _moment(chance, years)
        kind = chance.choice(("차대차", "차대사람", "차량단독"))
        eclo = 3 * (1 + (moment.hour < 6)) + chance.randrange(3)
        when = f"{moment.year}-{moment.month:02}-{moment.day:02} {moment.hour:02}"
        rows.append([f"A_{number}", when, "월요일", "맑음", chance.choice(ROADS), "젖음/습기", kind, str(eclo)])
    return rows


def to_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *rows])
    return text.getvalue()


def _moment(chance: random.Random, years: Sequence[int]) -> datetime:
    """Returns a random hour of the years, first to last."""
    start = datetime(years[0], 1, 1)
    hours = int((datetime(years[-1] + 1, 1, 1) - start).total_seconds()) // 3600
    return start + timedelta(hours=chance.randrange(hours))
