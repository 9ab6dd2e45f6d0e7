"""Scripts, styles and the font that other packages carry, served from where those are installed; HAB copies none."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

LEAFLET_JS = "/assets/leaflet/leaflet.js"
LEAFLET_CSS = "/assets/leaflet/leaflet.css"
JQUERY_JS = "/assets/jquery/jquery.min.js"
HEAT_JS = "/assets/folium/leaflet_heat.min.js"
ICON = Path(__file__).with_name("icon.svg")
"""HAB's own; a Material symbol as the icon of the browser's tab would be fetched from another machine."""
FONT = "/assets/fonts/NotoSansKR-Regular.otf"

_FOLDERS = {
    "/assets/leaflet": ("js_lib_leaflet", "static/js_lib_leaflet"),
    "/assets/jquery": ("xstatic.pkg.jquery", "data"),
    "/assets/folium": ("folium", "templates"),
}
"""Address, package, and the folder in it that holds nothing but what browsers load."""
_KEPT = {"Cache-Control": "public, max-age=86400"}


def routes() -> list[BaseRoute]:
    """Returns the routes of all assets.

    Raises:
        ModuleNotFoundError: A package of ``hab-client[ui]`` is not installed.
    """
    folders = [Mount(address, StaticFiles(directory=_inside(*place))) for address, place in _FOLDERS.items()]
    return [*folders, Route(FONT, _font)]


def _font(_request: Request) -> FileResponse:
    """Answers with the Korean font, which browsers ask for only where the machine has none."""
    return FileResponse(_inside("pylopdf_fonts_ko", "NotoSansKR-Regular.otf"), media_type="font/otf", headers=_KEPT)


def _inside(package: str, path: str) -> Path:
    """Returns a path inside an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return Path(next(iter(spec.submodule_search_locations))) / path
