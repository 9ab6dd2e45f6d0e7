"""Daegu's places."""

from __future__ import annotations

from hab_client._resource import Listing, Resource
from hab_client._transport import Call
from hab_core.schemas.common import Page
from hab_core.schemas.datasets import Region


class Regions(Resource):
    """``client.regions``: call it for every 법정동 and 리 of Daegu."""

    def __call__(self) -> list[Region]:
        """Returns the places by code, each with its centre (degrees, WGS 84) and radius (km)."""
        return list(Listing(lambda params: self._ask(Page[Region], Call("GET", "/api/regions", params))))
