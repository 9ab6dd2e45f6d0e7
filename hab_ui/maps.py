"""Maps: layers as data, shown by Leaflet in a frame of its own, with nothing from another machine.

Leaflet comes from an installed package (see ``hab_ui.assets``). Without map tiles, which only the setting ``TILE_URL``
brings, the 동 themselves are the base: their extent as circles, their names as words.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from hab_core.schemas.datasets import Region
from hab_ui import assets, backend
from hab_ui.charts.figures import PALETTE
from hab_ui.settings import UiSettings

HEIGHT = 560
BASE = "동의 범위(참고)"
DAEGU = (35.8714, 128.6014)
"""Daegu's city hall: where an empty map looks."""
_HERE = Path(__file__).parent / "assets"
_KM = 1000.0

LayerKind = Literal["points", "circles", "heat", "lines"]


@dataclass(frozen=True)
class Item:
    """One thing on the map.

    Attributes:
        at: Latitude and longitude, degrees (WGS 84).
        values: What its popup says, in the order of the layer's fields.
        title: The popup's first line; the layer's name where empty.
        radius: Of a circle, pixels.
        color: Of a circle; the layer's where empty.
        to: The other end of a line.
    """

    at: tuple[float, float]
    values: tuple[Any, ...] = ()
    title: str = ""
    radius: float = 0.0
    color: str = ""
    to: tuple[float, float] | None = None


@dataclass(frozen=True)
class Layer:
    """Things that are switched on and off together."""

    name: str
    kind: LayerKind
    items: Sequence[Item]
    fields: Sequence[str] = ()
    color: str = PALETTE[0]


@dataclass(frozen=True)
class Picture:
    """Everything a map shows, but for the theme."""

    layers: Sequence[Layer]
    regions: Sequence[Region] = ()
    tile_url: str = ""
    tile_attribution: str = ""

    def data(self) -> dict[str, Any]:
        """Returns the map as its script takes it."""
        return {
            "center": DAEGU,
            "base": BASE,
            "tiles": self.tile_url,
            "attribution": self.tile_attribution,
            "places": [_place(region) for region in self.regions],
            "districts": _districts(self.regions),
            "layers": [
                asdict(layer) | {"name": name} for name, layer in zip(_distinct(self.layers), self.layers, strict=True)
            ],
        }


def show_map(layers: Sequence[Layer], *, height: int = HEIGHT) -> None:
    """Shows layers on a map of Daegu.

    Raises:
        HabError: The places of Daegu could not be asked for.
    """
    settings = UiSettings.from_environment()
    picture = Picture(layers, regions(backend.client().base_url), settings.tile_url, settings.tile_attribution)
    st.iframe(page_of(picture, dark=st.context.theme.type == "dark"), height=height)


@st.cache_resource(show_spinner=False, max_entries=2)
def regions(url: str) -> Sequence[Region]:
    """Returns Daegu's 동 as the server at ``url`` has them."""
    return tuple(backend.client_of(url).regions())


def page_of(picture: Picture, *, dark: bool = False) -> str:
    """Returns the page that draws a map; no text of the data can leave the script element it stands in."""
    data = json.dumps(picture.data(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    scripts = [assets.LEAFLET_JS, *([assets.HEAT_JS] if any(each.kind == "heat" for each in picture.layers) else [])]
    tags = "".join(f'<script src="{html.escape(address)}"></script>' for address in scripts)
    return (
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8">'
        f'<link rel="stylesheet" href="{assets.LEAFLET_CSS}">'
        f"<style>@font-face{{font-family:HABKorean;src:url({assets.FONT})}}{_asset('map.css')}</style></head>"
        f'<body class="{"dark" if dark else "light"}"><div id="map"></div>{tags}'
        f"<script>const MAP={safe};{_asset('map.js')}</script></body></html>"
    )


def district_of(name: str) -> str:
    """Returns the 구 or 군 of a place's full name, e.g. 수성구 of 대구광역시 수성구 상동."""
    parts = name.split()
    return parts[1] if len(parts) > 1 else name


def _place(region: Region) -> dict[str, Any]:
    """Returns a 동 as the script takes it."""
    name = region.name.split()[-1]
    return {"at": (region.latitude, region.longitude), "radius": region.radius_km * _KM, "name": name}


def _districts(regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Returns the 구 with the mean of their 동 as their place."""
    found: dict[str, list[Region]] = {}
    for region in regions:
        found.setdefault(district_of(region.name), []).append(region)
    return [{"name": name, "at": middle(parts)} for name, parts in found.items()]


def middle(regions: Sequence[Region]) -> tuple[float, float]:
    """Returns the mean of the centres of some places."""
    count = len(regions)
    return sum(each.latitude for each in regions) / count, sum(each.longitude for each in regions) / count


def _distinct(layers: Sequence[Layer]) -> list[str]:
    """Returns the names of the layers, numbered where two are the same."""
    seen: dict[str, int] = {}
    names = []
    for layer in layers:
        seen[layer.name] = seen.get(layer.name, 0) + 1
        names.append(layer.name if seen[layer.name] == 1 else f"{layer.name} ({seen[layer.name]})")
    return names


def _asset(name: str) -> str:
    """Returns one of HAB's own scripts or styles."""
    return (_HERE / name).read_text(encoding="utf-8")
