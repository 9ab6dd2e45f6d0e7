"""What the tests of datasets over HTTP share: small files, and uploads that have to work."""

from __future__ import annotations

from typing import Any

import httpx

UPLOAD = "/api/datasets/upload"
CSV = "구,건수,비고\n수성구,3,=1+1\n달서구,-5,\n중구,8,참고\n"


def upload(api: httpx.Client, content: str | bytes = CSV, name: str = "구별.csv", **fields: str) -> dict[str, Any]:
    """Uploads a file and returns the dataset."""
    response = send(api, content, name, **fields)
    assert response.status_code == 201, response.text
    return dict(response.json())


def send(api: httpx.Client, content: str | bytes = CSV, name: str = "구별.csv", **fields: str) -> httpx.Response:
    """Uploads a file."""
    data = content.encode() if isinstance(content, str) else content
    return api.post(UPLOAD, files={"file": (name, data)}, data=fields)


def ids(api: httpx.Client) -> list[str]:
    """The ids of the newest 200 datasets."""
    return [item["id"] for item in api.get("/api/datasets", params={"limit": 200}).json()["items"]]


def accidents_csv(rows: int) -> str:
    """A CSV of accidents as TAAS writes them."""
    head = "사고일시,요일,시군구,기상상태,노면상태,도로형태,사고유형\n"
    line = "2022-01-{day:02} {hour:02},,대구광역시 수성구 상동,맑음,건조,교차로 - 교차로안,차대차\n"
    return head.replace("요일,", "") + "".join(
        line.replace(",,", ",").format(day=index % 28 + 1, hour=index % 24) for index in range(rows)
    )
