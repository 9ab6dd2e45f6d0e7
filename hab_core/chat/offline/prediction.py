"""Questions for a prediction of ECLO: the circumstances read from the words, or what is still missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from hab_core.chat.offline.calls import Call
from hab_core.chat.offline.text import Question, Token, choose, squeeze
from hab_core.chat.offline.words import SIGNALS, VALUE_SYNONYMS
from hab_core.regions import CITY, district_names, regions
from hab_core.schemas.eclo import ACCIDENT_TYPES, ROAD_SURFACES, WEATHERS

ASKING_BACK = "ECLO를 예측하려면 다음을 더 알려주세요"
LABELS = {
    "weather": "기상상태",
    "road_surface": "노면상태",
    "road_type": "도로형태",
    "accident_type": "사고유형",
    "district": "시군구(동까지)",
    "occurred_at": "사고일시(연·월·일·시)",
}
"""What a prediction needs, in the order in which it is asked for."""
_EXAMPLES = {
    "weather": ", ".join(WEATHERS),
    "road_surface": ", ".join(ROAD_SURFACES),
    "road_type": "교차로 - 교차로안, 단일로 - 기타 …",
    "accident_type": ", ".join(ACCIDENT_TYPES),
    "district": "대구광역시 수성구 상동",
    "occurred_at": "2022-01-01 01시",
}
_ROAD_TYPES = {
    "교차로 - 교차로안": ("교차로안", "교차로내", "교차로에서", "사거리", "네거리", "교차로"),
    "교차로 - 교차로부근": ("교차로부근", "교차로근처"),
    "교차로 - 교차로횡단보도내": ("교차로횡단보도", "교차로횡단보도내"),
    "단일로 - 기타": ("단일로기타", "단일로", "일반도로"),
    "단일로 - 터널": ("터널",),
    "단일로 - 교량": ("교량", "다리위"),
    "단일로 - 고가도로위": ("고가도로",),
    "단일로 - 지하차도(도로)내": ("지하차도", "지하도로"),
    "단일로 - 횡단보도상": ("횡단보도상", "횡단보도"),
    "단일로 - 횡단보도부근": ("횡단보도부근", "횡단보도근처"),
    "주차장 - 주차장": ("주차장",),
}
_ABOUT = re.compile(r"eclo|심각|위험|피해\s?(?:정도|규모|크기)|사고(?:가|를|의)?\s?(?:나|난|발생|일어)")
_COUNTED = re.compile(r"건수|몇\s?건|횟수|사고\s?수|내년|앞으로|늘어|줄어")
_MOMENT = re.compile(
    r"(?P<year>(?:19|20)\d\d)\s?[-./년]\s?(?P<month>\d{1,2})\s?[-./월]\s?(?P<day>\d{1,2})일?(?:\s?\([^)]*\))?(?:[월화수목금토일]요일)?"
    r"[,\st]*(?P<half>오전|오후|새벽|아침|저녁|밤|낮)?\s?(?P<hour>\d{1,2})\s?(?:시|:)\s?(?P<minute>\d{1,2})?"
)
_MOST_CASES = 20


def wants_prediction(question: Question) -> bool:
    """Whether a question asks how severe an accident would be, not how many there will be."""
    predicts = re.search(SIGNALS["predict"], question.text)
    return bool(predicts and _ABOUT.search(question.text)) and not _COUNTED.search(question.text)


def wants_forecast(question: Question) -> bool:
    """Whether a question asks what will be, which no tool answers."""
    return bool(re.search(SIGNALS["predict"], question.text)) and not wants_prediction(question)


def plan_prediction(question: Question) -> list[Call] | list[str]:
    """Returns the call that predicts, or the names of the fields that are missing.

    Several values of a field (비 올 때와 맑을 때) make several accidents, predicted together.
    """
    found = circumstances(question)
    missing = [name for name in LABELS if not found[name]]
    if missing:
        return missing
    cases = [dict(zip(LABELS, values, strict=True)) for values in product(*(found[name] for name in LABELS))]
    if len(cases) == 1:
        return [Call("predict_eclo", cases[0])]
    return [Call("predict_eclo_batch", {"accidents": cases[:_MOST_CASES]})]


def ask_back(missing: Sequence[str]) -> str:
    """Returns the sentences that ask for what a prediction still needs."""
    lines = [f"- {LABELS[name]}: 예) {_EXAMPLES[name]}" for name in missing]
    return f"{ASKING_BACK}.\n" + "\n".join(lines)


def circumstances(question: Question) -> dict[str, list[str]]:
    """Returns the values of each field that a question names, on the wire's names."""
    found: dict[str, list[str]] = {name: [] for name in LABELS}
    for token in choose(_candidates(question), [*LABELS]):
        if token.meaning not in found[token.kind]:
            found[token.kind].append(token.meaning)
    found["district"] = _districts(question)
    found["occurred_at"] = [moment for match in _MOMENT.finditer(question.text) if (moment := _moment(match))]
    if not found["road_surface"] and re.search(r"빗길", question.text):
        found["road_surface"] = ["젖음/습기"]
    return found


def _candidates(question: Question) -> Iterator[Token]:
    """Yields every place where a circumstance may be named."""
    for field, words in _surfaces().items():
        for surface, value in words:
            for start, end in question.occurrences(surface):
                yield Token(field, start, end, value)


def _surfaces() -> dict[str, list[tuple[str, str]]]:
    """Returns the surfaces of the values of each field."""
    fields: Mapping[str, Sequence[str]] = {
        "weather": WEATHERS, "road_surface": ROAD_SURFACES, "accident_type": ACCIDENT_TYPES,
    }  # fmt: skip
    found: dict[str, list[tuple[str, str]]] = {}
    for field, values in fields.items():
        named = [value for value in values if value != "기타"]
        found[field] = [
            (squeeze(word), value)
            for value in named
            for word in (*value.split("/"), value, *VALUE_SYNONYMS.get(value, ()))
        ]
    found["road_type"] = [(squeeze(word), value) for value, words in _ROAD_TYPES.items() for word in (value, *words)]
    return found


def _districts(question: Question) -> list[str]:
    """Returns the places of Daegu that are named, in full; a 구 alone is not enough to say where."""
    gu = [name for name in district_names() if question.compact.find(squeeze(name.split()[-1])) >= 0]
    found = [
        region.name
        for region in regions()
        if any(True for _ in question.occurrences(squeeze(region.name.split()[-1]))) and _inside(region.name, gu)
    ]
    longest = [
        name
        for name in found
        if not any(name != other and other.endswith(name.split()[-1]) and len(other) > len(name) for other in found)
    ]
    same_place = {name.split()[-1] for name in longest}
    return longest if gu or len(longest) == len(same_place) == 1 else []


def _inside(name: str, gu: list[str]) -> bool:
    """Whether a place lies in one of the 구 that are named, or none is named."""
    return not gu or any(name.startswith(f"{each} ") for each in gu) or (name.startswith(CITY) and not gu)


def _moment(match: re.Match[str]) -> str | None:
    """Returns a moment as ISO 8601, or None where it is none."""
    hour = int(match["hour"])
    if match["half"] in ("오후", "저녁", "밤") and 1 <= hour < 12 and not (match["half"] == "밤" and hour < 6):
        hour += 12
    month, day, minute = int(match["month"]), int(match["day"]), int(match["minute"] or 0)
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59):
        return None
    return f"{match['year']}-{month:02}-{day:02}T{hour:02}:{minute:02}"


def arguments_of(call: Call) -> dict[str, Any]:
    """Returns the circumstances of a prediction under their Korean labels, for the answer."""
    return {LABELS[name].split("(")[0]: value for name, value in call.arguments.items() if name in LABELS}
