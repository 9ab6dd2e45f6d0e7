"""Where the rows of a dataset lie: by coordinates, or by the 동 or 구 that they name; and what is asked for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from hab_core.schemas.datasets import DatasetDetail, GeoInfo, Region
from hab_ui import gathering
from hab_ui.columns import by_rule, columns_of
from hab_ui.filters import Condition
from hab_ui.gathering import Question
from hab_ui.maps import Item, district_of, middle

NEEDED = (
    "이 데이터셋에는 위치가 없습니다. 지도에는 **위도·경도**(또는 한국 TM 좌표) 열이나, "
    "'대구광역시 수성구 상동'처럼 적힌 **시군구** 열이 필요합니다."
)
MOST_FACTS = 5
WARM = "hsl(26, 90%, 46%)"
"""What a layer is marked with whose circles go from yellow to red."""
_KOREA = {"latitude": [33.0, 38.7], "longitude": [124.5, 132.0]}
_LARGEST, _SMALLEST = 28.0, 4.0
_MOST_GROUPS = 500
_TELLING = ("사고유형", "ECLO", "사고내용", "기상상태")
_NAMES = ("시설명", "주차장명", "위치명", "장소", "도로명주소", "지번주소")
"""How the columns end that say which thing a point is, the most telling first."""
_FEW = range(2, 21)


class Area(NamedTuple):
    """The column that names a place, and whether it names a 동 or only a 구."""

    column: str
    precise: bool


class AreaCount(NamedTuple):
    """The rows of one place: where it is, how many there are, and the mean of what was asked for."""

    name: str
    at: tuple[float, float]
    rows: int
    value: float | None


def area_of(detail: DatasetDetail) -> Area | None:
    """Returns the column that names places; None where there is none."""
    dong = next((each for each in detail.derived_columns if each.rule == "dong"), None)
    if dong is not None:
        return Area(dong.sources[0], precise=True)
    gu = by_rule(detail, "gu")
    return None if gu is None else Area(gu, precise=False)


def fact_columns(detail: DatasetDetail) -> list[str]:
    """Returns the columns that a popup shows unless others are chosen: when, what, how bad, its name."""
    columns = columns_of(detail)
    present = {column.name for column in columns}
    found = [column.name for column in columns if column.kind == "date" and column.rule is None][:1]
    found += [name for name in _TELLING if name in present]
    found += [column.name for end in _NAMES for column in columns if column.name.endswith(end) and column.distinct]
    found += [column.name for column in columns if column.is_class and column.distinct in _FEW]
    return list(dict.fromkeys(found))[:MOST_FACTS]


def points_question(
    dataset_id: str, geo: GeoInfo, facts: Sequence[str], n: int, where: Sequence[Condition]
) -> Question:
    """Returns the question for points: a sample of the rows whose coordinates lie in Korea."""
    names = {"latitude": geo.latitude, "longitude": geo.longitude}
    inside = [{"column": name, "operator": "between", "value": _KOREA[axis]} for axis, name in names.items()]
    return gathering.sample(dataset_id, [*names.values(), *facts], n, [*where, *inside])


def points(sample: Any) -> list[Item]:
    """Returns the points of a sample; its first two columns are the coordinates, the others the facts."""
    return [Item((row[0], row[1]), tuple(map(_plain, row[2:]))) for row in sample.items]


def area_question(detail: DatasetDetail, area: Area, value: str | None, where: Sequence[Condition]) -> Question:
    """Returns the question for the rows of each place, with the mean of a column where one is named."""
    return gathering.tool(
        "group_by_aggregate", detail.id, group_by=area.column, value_column=value, aggregate="mean" if value else None,
        by="group", limit=_MOST_GROUPS, conditions=where,
    )  # fmt: skip


def area_counts(run: Any, area: Area, value: str | None, regions: Sequence[Region]) -> tuple[list[AreaCount], int]:
    """Returns the places that are known with their rows, and how many rows lie in none of them."""
    centers = _centers(area, regions)
    known, unplaced = [], 0
    for group in run.result["groups"]:
        name, count = str(group["keys"][0]), group["count"]
        if name in centers:
            mean = group["values"][0] if value else None
            known.append(AreaCount(name, centers[name], count, mean))
        else:
            unplaced += count
    return known, unplaced


def circles(counts: Sequence[AreaCount], value: str | None) -> list[Item]:
    """Returns circles: the area by the count; with a value, the colour by the value, from yellow to red."""
    most = max((each.rows for each in counts), default=1)
    ranks = _ranks([each.value for each in counts])
    found = []
    for each in counts:
        radius = max(_SMALLEST, _LARGEST * math.sqrt(each.rows / most))
        color = "" if value is None or each.value is None else _color(ranks[each.value])
        facts = (f"{each.rows:,}", *(() if value is None else (_plain(each.value),)))
        found.append(Item(each.at, facts, each.name, radius, color))
    return found


def _centers(area: Area, regions: Sequence[Region]) -> dict[str, tuple[float, float]]:
    """Returns the centres of the places by the name that the column has."""
    if area.precise:
        return _with_former_names({each.name: (each.latitude, each.longitude) for each in regions})
    parts: dict[str, list[Region]] = {}
    for each in regions:
        parts.setdefault(district_of(each.name), []).append(each)
    return {name: middle(own) for name, own in parts.items()}


def _with_former_names(centers: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Returns places by name, those that became a 읍 by the 면 that they were, too; older accidents name that."""
    former = {f"{name[:-1]}면": at for name, at in centers.items() if name.endswith("읍")}
    return former | centers


def _ranks(values: Sequence[float | None]) -> dict[float, float]:
    """Returns the rank of each different value, 0 to 1."""
    ordered = sorted({value for value in values if value is not None})
    return {value: i / max(1, len(ordered) - 1) for i, value in enumerate(ordered)}


def _color(rank: float) -> str:
    """Returns a colour from yellow over orange to red."""
    return f"hsl({round(52 - 52 * rank)}, 90%, {round(52 - 12 * rank)}%)"


def _plain(value: Any) -> Any:
    """Returns a cell as a popup shows it: moments without seconds, numbers without long tails."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 2)
    if isinstance(value, str) and len(value) == 19 and value[10] == "T":
        return value.replace("T", " ")[:16]
    return value
