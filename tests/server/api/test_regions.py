"""Daegu's places over HTTP."""

from __future__ import annotations

import httpx

from hab_core.regions import regions


def test_every_place_in_one_page(api: httpx.Client) -> None:
    page = api.get("/api/regions").json()
    assert page["next_cursor"] is None
    assert len(page["items"]) == len(regions())
    assert page["items"][0] == regions()[0]._asdict()


def test_pages_where_they_are_asked_for(api: httpx.Client) -> None:
    found: list[str] = []
    cursor: str | None = None
    while not found or cursor is not None:
        query = {"limit": "150"} | ({"cursor": cursor} if cursor else {})
        page = api.get("/api/regions", params=query).json()
        found += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == [place.code for place in regions()]
    assert api.get("/api/regions?limit=0").status_code == 422
    assert api.get("/api/regions?cursor=x").status_code == 422


def test_who_holds_the_places_need_not_load_them_again(api: httpx.Client) -> None:
    first = api.get("/api/regions")
    assert "max-age" in first.headers["cache-control"]
    again = api.get("/api/regions", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.head("/api/regions").headers["etag"] == first.headers["etag"]
