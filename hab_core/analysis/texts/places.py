"""Places in words and pictures."""

from __future__ import annotations

from hab_core.analysis.texts.markdown import cell, name, number
from hab_core.schemas.analysis import ChartSeries, ChartSpec
from hab_core.schemas.analysis_figures import GeoBounds


def geo_bounds(result: GeoBounds) -> str:
    """Returns the bounds, the centre and the size."""
    source = f"좌표 열 {', '.join(name(each) for each in result.columns)}({cell(result.system)})"
    if not result.count:
        return f"{source}에 한국 안의 좌표가 없습니다."
    return (
        f"{source}, 좌표가 있는 {result.count:,}행(없는 행 {result.missing:,}개).\n\n"
        f"- 범위: 위도 {_degrees(result.south)} ~ {_degrees(result.north)}, 경도 {_degrees(result.west)} ~ "
        f"{_degrees(result.east)}\n"
        f"- 중심(평균): {_degrees(result.center.latitude)}, {_degrees(result.center.longitude)}\n"
        f"- 크기: 남북 {number(result.height_km)} km, 동서 {number(result.width_km)} km"
    )


def geo_chart(result: GeoBounds) -> ChartSpec | None:
    """Returns the bounding box and the centre on a map."""
    if not result.count:
        return None
    west, east, south, north = result.west, result.east, result.south, result.north
    box = ChartSeries(name="범위", x=[west, east, east, west, west], y=[south, south, north, north, south])
    center = ChartSeries(name="중심", x=[result.center.longitude], y=[result.center.latitude])
    return ChartSpec(kind="map", title="좌표 범위", x="경도", y="위도", series=[box, center])


def _degrees(value: float | None) -> str:
    """Returns degrees to about ten metres."""
    return "-" if value is None else f"{value:.4f}"
