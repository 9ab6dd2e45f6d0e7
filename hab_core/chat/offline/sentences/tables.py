"""The table as a whole, its gaps and its place, in words."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import number, percent
from hab_core.chat.offline.particles import topic
from hab_core.chat.offline.reading import Reading
from hab_core.chat.offline.sentences.phrasing import Result, counted, noun
from hab_core.schemas.datasets import KIND_LABELS

_GAPS = 8
_FINDINGS = 4
_NAMES = 12


def missing_values(result: Result, _reading: Reading) -> str:
    """Returns which columns have gaps."""
    columns = result["columns"]
    if len(columns) == 1:
        return f"{columns[0]['column']}의 빈 값은 {columns[0]['missing']:,}개({percent(columns[0]['share'])})입니다."
    gaps = [each for each in columns if each["missing"]][:_GAPS]
    if not gaps:
        return "빈 값이 있는 열은 없습니다."
    listed = ", ".join(f"{each['column']} {each['missing']:,}개({percent(each['share'])})" for each in gaps)
    return (
        f"빈 값이 있는 열은 {result['columns_with_missing']:,}개이고, 빈 값은 모두 {result['missing_cells']:,}개"
        f"({percent(result['missing_share'])})입니다. 많은 순으로 {listed}입니다."
    )


def missing_pattern(result: Result, reading: Reading) -> str:
    """Returns what the gaps depend on."""
    if not result["findings"]:
        return "빈 값이 있는 열이 없어 분석할 결측이 없습니다."
    said = [
        f"{topic(each['column'])} {each['missing']:,}개({percent(each['share'])})가 비어 있습니다. "
        f"{each['explanation']}"
        for each in result["findings"][:_FINDINGS]
    ]
    together = next((pair for pair in result["pairs"] if pair["together"]), None)
    if together is not None:
        both = " · ".join(together["columns"])
        said.insert(0, f"{both} 열은 {counted(together['together'], reading)}에서 함께 비어 있습니다.")
    return " ".join(said)


def geo_bounds(result: Result, reading: Reading) -> str:
    """Returns where the rows lie."""
    if result["south"] is None:
        return "좌표가 있는 자료가 없습니다."
    center = result["center"]
    return (
        f"위치는 위도 {result['south']:.4f}–{result['north']:.4f}, 경도 {result['west']:.4f}–{result['east']:.4f} "
        f"범위이고, "
        f"중심은 위도 {center['latitude']:.4f}, 경도 {center['longitude']:.4f}입니다(남북 "
        f"{number(result['height_km'])}km, "
        f"동서 {number(result['width_km'])}km, 좌표가 있는 {counted(result['count'], reading)})."
    )


def dataframe_info(result: Result, reading: Reading) -> str:
    """Returns the table as a whole."""
    names = ", ".join(each["name"] for each in result["columns"][:_NAMES])
    more = " 등" if len(result["columns"]) > _NAMES else ""
    return (
        f"{reading.lexicon.source.name}: {noun(reading)} {counted(result['rows'], reading)}, "
        f"열 {result['column_count']:,}개입니다. 열은 {names}{more}입니다. "
        f"빈 값은 {result['missing_cells']:,}개({percent(result['missing_share'])})입니다."
    )


def data_types(result: Result, _reading: Reading) -> str:
    """Returns the kinds of the stored columns."""
    by_kind: dict[str, list[str]] = {}
    for each in result["columns"]:
        if not each["derived"]:
            by_kind.setdefault(str(KIND_LABELS.get(each["kind"], each["kind"])), []).append(each["name"])
    return " ".join(
        f"{kind}: {', '.join(names[:_NAMES])}{' 등' if len(names) > _NAMES else ''}." for kind, names in by_kind.items()
    )
