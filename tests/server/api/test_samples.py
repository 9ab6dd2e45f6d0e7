"""Samples over HTTP: rows of the table, none twice, the same again, all where there are few."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.server.api.uploading import upload

LINES = ["n,구,위도,경도"] + [
    f"{n},{'수성구' if n % 3 else '중구'},{35.8 + n / 1e5},{128.6 + n / 1e5}" for n in range(900)
]


@pytest.fixture(scope="module")
def dataset(api: httpx.Client) -> dict[str, Any]:
    return upload(api, "\n".join(LINES))


def sample(api: httpx.Client, dataset: dict[str, Any], **query: Any) -> dict[str, Any]:
    response = api.get(f"/api/datasets/{dataset['id']}/sample", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_sample_holds_different_rows_of_the_table_in_its_order(api: httpx.Client, dataset: dict[str, Any]) -> None:
    found = sample(api, dataset, limit=100, columns="n,위도")
    assert (found["columns"], found["rows"]) == (["n", "위도"], 900)
    numbers = [n for n, _ in found["items"]]
    assert len(numbers) == 100
    assert numbers == sorted(set(numbers))
    assert max(numbers) - min(numbers) > 700, "drawn from the whole table"
    assert all(latitude == pytest.approx(35.8 + n / 1e5) for n, latitude in found["items"])


def test_the_same_question_has_the_same_answer(api: httpx.Client, dataset: dict[str, Any]) -> None:
    first, second = (sample(api, dataset, limit=50)["items"] for _ in range(2))
    assert first == second


def test_all_rows_come_where_there_are_no_more(api: httpx.Client, dataset: dict[str, Any]) -> None:
    assert [n for (n,) in sample(api, dataset, columns="n")["items"]] == list(range(900))


def test_conditions_come_before_the_draw(api: httpx.Client, dataset: dict[str, Any]) -> None:
    where = json.dumps([{"column": "구", "operator": "==", "value": "중구"}])
    found = sample(api, dataset, limit=40, columns=["n", "구"], where=where)
    assert found["rows"] == 300
    assert len(found["items"]) == 40
    assert {district for _, district in found["items"]} == {"중구"}


def test_nothing_is_a_sample_of_nothing(api: httpx.Client, dataset: dict[str, Any]) -> None:
    found = sample(api, dataset, where=json.dumps([{"column": "n", "operator": ">", "value": 10_000}]))
    assert (found["items"], found["rows"]) == ([], 0)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 20_001}, {"columns": "없는 열"}, {"where": "{"}, {"where": "x"}]
)
def test_a_wrong_question_names_the_parameter(
    api: httpx.Client, dataset: dict[str, Any], query: dict[str, Any]
) -> None:
    response = api.get(f"/api/datasets/{dataset['id']}/sample", params=query)
    assert response.status_code == 422
    assert next(iter(query)) in response.json()["error"]["details"][0]["field"]


def test_metres_of_a_korean_grid_come_as_degrees(api: httpx.Client) -> None:
    lines = ["이름,X좌표,Y좌표"] + [f"{n},{344_000 + n * 10},{364_000 + n * 10}" for n in range(60)]
    dataset = upload(api, "\n".join(lines))
    geo = api.get(f"/api/datasets/{dataset['id']}").json()["geo"]
    assert geo["systems"] != ["EPSG:4326"]
    names = [geo["latitude"], geo["longitude"]]
    where = json.dumps([{"column": names[0], "operator": "between", "value": [33.0, 38.7]}])
    found = sample(api, dataset, limit=20, columns=names, where=where)
    assert (found["rows"], len(found["items"])) == (60, 20)
    assert all(35 < latitude < 37 and 128 < longitude < 129 for latitude, longitude in found["items"])
