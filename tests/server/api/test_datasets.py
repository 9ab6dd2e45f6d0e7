"""Datasets over HTTP: what goes in comes out, and stays until it is deleted."""

from __future__ import annotations

import gzip
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from tests.server.api.uploading import CSV, UPLOAD, accidents_csv, ids, send, upload

FIELDS = {
    "id", "name", "description", "rows", "columns", "size_bytes", "encoding", "content_hash", "uploaded_at", "warnings",
}  # fmt: skip
ENVELOPE = {"success", "timestamp", "request_id"}


@pytest.fixture(scope="module")
def taas(api: httpx.Client, shared_data: Path) -> dict[str, Any]:
    """Three years of accidents as TAAS publishes them."""
    packed = (shared_data / "accidents" / "taas_2007_2009_daegu.csv.gz").read_bytes()
    return upload(api, gzip.decompress(packed), "taas_2007_2009_daegu.csv")


def rows(api: httpx.Client, dataset: dict[str, Any], **query: Any) -> dict[str, Any]:
    """A page of rows."""
    response = api.get(f"/api/datasets/{dataset['id']}/rows", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_an_upload_says_what_was_read(api: httpx.Client) -> None:
    dataset = upload(api, CSV.encode("cp949"), name="구별.csv", description="시험")
    assert set(dataset) == FIELDS | ENVELOPE
    assert (dataset["name"], dataset["description"]) == ("구별.csv", "시험")
    assert (dataset["rows"], dataset["columns"], dataset["encoding"]) == (3, 3, "cp949")
    assert dataset["size_bytes"] == len(CSV.encode("cp949"))
    assert dataset["content_hash"].startswith("sha256:")
    assert api.get("/api/datasets").json()["items"][0] == {name: dataset[name] for name in FIELDS}


@pytest.mark.parametrize("file", ["대구 CCTV 정보.csv", "대구 어린이 보호 구역 정보.csv", "대구 주차장 정보.csv"])
def test_files_of_public_offices(api: httpx.Client, shared_data: Path, file: str) -> None:
    content = (shared_data / "facilities" / file).read_bytes()
    dataset = upload(api, content, file)
    assert dataset["encoding"] == "cp949"
    assert dataset["name"] == file
    detail = api.get(f"/api/datasets/{dataset['id']}").json()
    assert detail["geo"]["in_daegu"] > 0.9
    assert len(detail["column_profiles"]) == dataset["columns"]
    page = rows(api, dataset, limit=1)
    assert len(page["items"][0]) == len(page["columns"]) == dataset["columns"]


def test_the_detail_describes_columns_and_what_follows_from_them(api: httpx.Client, taas: dict[str, Any]) -> None:
    detail = api.get(f"/api/datasets/{taas['id']}").json()
    assert set(detail) == FIELDS | ENVELOPE | {"column_profiles", "derived_columns", "geo"}
    kinds = {column["name"]: column["kind"] for column in detail["column_profiles"]}
    assert (kinds["사고일시"], kinds["요일"], kinds["사망자수"]) == ("date", "category", "integer")
    assert {"사고일시.월", "시군구.구", "ECLO"} <= {column["name"] for column in detail["derived_columns"]}
    assert detail["columns"] == len(detail["column_profiles"])


def test_lists_are_paged_newest_first(api: httpx.Client) -> None:
    made = [upload(api, f"a\n{number}\n")["id"] for number in range(3)]
    newest = api.get("/api/datasets", params={"limit": 2}).json()
    assert [item["id"] for item in newest["items"]] == made[:0:-1]
    following = api.get("/api/datasets", params={"limit": 2, "cursor": newest["next_cursor"]}).json()
    assert following["items"][0]["id"] == made[0]


def test_pages_of_rows_fit_together(api: httpx.Client, taas: dict[str, Any]) -> None:
    whole = rows(api, taas, limit=200, columns="사고번호")["items"]
    found: list[list[Any]] = []
    cursor: str | None = None
    while len(found) < 200:
        page = rows(api, taas, limit=64, columns="사고번호", **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
    assert found[:200] == whole


def test_the_last_page_has_no_cursor(api: httpx.Client) -> None:
    dataset = upload(api)
    first = rows(api, dataset, limit=2)
    last = rows(api, dataset, limit=2, cursor=first["next_cursor"])
    assert last["items"] == [["중구", 8, "참고"]]
    assert last["next_cursor"] is None
    assert rows(api, dataset, limit=3)["next_cursor"] is None


def test_rows_are_sorted_and_filtered(api: httpx.Client, taas: dict[str, Any]) -> None:
    worst = rows(api, taas, sort="-ECLO,사고번호", columns=["ECLO", "사고일시.시"], limit=100)
    values = [row[0] for row in worst["items"]]
    assert values == sorted(values, reverse=True)
    after = rows(api, taas, sort="-ECLO,사고번호", columns="ECLO", limit=100, cursor=worst["next_cursor"])
    assert after["items"][0][0] <= values[-1]
    where = json.dumps([{"column": "시군구.구", "operator": "==", "value": "수성구"}])
    first = rows(api, taas, where=where, columns="시군구", limit=50)
    second = rows(api, taas, where=where, columns=["시군구", "사고번호"], limit=50, cursor=first["next_cursor"])
    assert all("수성구" in row[0] for row in first["items"] + second["items"])
    assert len(second["items"]) == 50


def test_nulls_come_last_and_ties_keep_the_order_of_the_file(api: httpx.Client) -> None:
    dataset = upload(api, "n,v\na,2\nb,\nc,1\nd,2\n")
    assert rows(api, dataset, sort="-v", columns="n")["items"] == [["a"], ["d"], ["c"], ["b"]]
    assert rows(api, dataset, sort="v", columns="n")["items"] == [["c"], ["a"], ["d"], ["b"]]


def test_names_with_commas_and_minus_signs_are_names(api: httpx.Client) -> None:
    dataset = upload(api, '"주소(도로명, 지번)",-a,a\nx,1,9\ny,2,8\n')
    page = rows(api, dataset, columns=["주소(도로명, 지번)", "a"], sort="-a")
    assert page["columns"] == ["주소(도로명, 지번)", "a"]
    assert [row[1] for row in page["items"]] == [9, 8]
    assert rows(api, dataset, sort="--a", columns="a")["items"] == [[8], [9]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"columns": "없는열"}, "columns"),
        ({"sort": "-없는열"}, "sort"),
        ({"where": "{"}, "where"),
        ({"where": "[1]"}, "where.0"),
        ({"where": '[{"column": "없는열", "operator": "==", "value": 1}]'}, "where.0.column"),
        ({"where": '[{"column": "건수", "operator": "~", "value": 1}]'}, "where.0.operator"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"limit": "201"}, "limit"),
        ({"limit": "0"}, "limit"),
    ],
)
def test_wrong_questions_about_rows_name_the_parameter(api: httpx.Client, query: dict[str, str], field: str) -> None:
    response = api.get(f"/api/datasets/{upload(api)['id']}/rows", params=query)
    assert response.status_code == 422
    assert field in [detail["field"] for detail in response.json()["error"]["details"]]


def test_a_page_beyond_the_end_is_empty(api: httpx.Client) -> None:
    dataset = upload(api)
    far = "WzIxNDc0ODM2NDdd"  # the largest position
    page = rows(api, dataset, cursor=far)
    assert (page["items"], page["next_cursor"]) == ([], None)


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(api: httpx.Client) -> None:
    dataset = upload(api, name="구별 현황.csv")
    response = api.get(f"/api/datasets/{dataset['id']}/download")
    assert response.content == "\ufeff구,건수,비고\r\n수성구,3,'=1+1\r\n달서구,-5,\r\n중구,8,참고\r\n".encode()
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "filename*=UTF-8''%EA%B5%AC%EB%B3%84%20%ED%98%84%ED%99%A9.csv" in response.headers["content-disposition"]


def test_both_formats_hold_the_whole_table(api: httpx.Client, taas: dict[str, Any]) -> None:
    url = f"/api/datasets/{taas['id']}/download"
    parquet = pl.read_parquet(io.BytesIO(api.get(url, params={"format": "parquet"}).content))
    csv = pl.read_csv(io.BytesIO(api.get(url, params={"format": "csv"}).content), infer_schema=False)
    assert (parquet.height, parquet.width) == (csv.height, csv.width) == (taas["rows"], taas["columns"])
    again = upload(api, api.get(url).content)
    assert again["rows"] == taas["rows"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_the_caller_holds_is_not_sent_again(api: httpx.Client, kind: str) -> None:
    url = f"/api/datasets/{upload(api)['id']}/download?format={kind}"
    etag = api.get(url).headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = api.get(url, headers={"If-None-Match": held})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert api.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    head = api.head(url)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


def test_an_unknown_format_is_refused(api: httpx.Client) -> None:
    response = api.get(f"/api/datasets/{upload(api)['id']}/download?format=xlsx")
    assert response.status_code == 422


def test_a_dataset_is_renamed_and_described(api: httpx.Client) -> None:
    url = f"/api/datasets/{upload(api)['id']}"
    assert api.patch(url, json={"name": "새 이름"}).json()["name"] == "새 이름"
    changed = api.patch(url, json={"description": "설명"}).json()
    assert (changed["name"], changed["description"]) == ("새 이름", "설명")
    assert api.patch(url, json={"description": ""}).json()["description"] == ""


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "a\nb"}, {"name": "a\u0000"}, {"name": "x" * 201}, {"rows": 1}, {"name": 1}]
)
def test_a_bad_change_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    url = f"/api/datasets/{upload(api)['id']}"
    assert api.patch(url, json=body).status_code == 422
    assert api.get(url).json()["name"] == "구별.csv"


def test_a_deleted_dataset_is_gone_with_its_file(api: httpx.Client, home: Path) -> None:
    dataset_id = upload(api)["id"]
    file = home / "datasets" / f"{dataset_id}.parquet"
    assert file.exists()
    url = f"/api/datasets/{dataset_id}"
    assert api.delete(url).json()["id"] == dataset_id
    assert not file.exists()
    assert dataset_id not in ids(api)
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/rows"),
        ("GET", "/sample"),
        ("GET", "/download"),
        ("POST", "/share"),
    ):
        response = api.request(method, url + path)
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("name", ["ds_", "ds_%00", "..%2f..%2fetc", "pred_1", "ds_" + "a" * 300, "%F0%9F%9A%97"])
def test_what_is_no_id_is_not_found(api: httpx.Client, name: str) -> None:
    assert api.get(f"/api/datasets/{name}").status_code == 404
    assert api.delete(f"/api/datasets/{name}").status_code == 404


def test_a_dataset_that_a_job_uses_stays_and_what_came_of_it_outlives_it(api: httpx.Client) -> None:
    dataset = upload(api, accidents_csv(3))
    job = api.post("/api/predict/eclo/batch", json={"dataset_id": dataset["id"]})
    assert job.status_code == 202
    assert job.json()["total"] == 3
    refused = api.delete(f"/api/datasets/{dataset['id']}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "dataset_in_use")
    assert refused.json()["error"]["message"] == "사용 중인 데이터셋은 삭제할 수 없습니다"
    assert api.delete(f"/api/predict/eclo/batch/{job.json()['job_id']}").json()["status"] == "cancelled"
    assert api.delete(f"/api/datasets/{dataset['id']}").status_code == 200
    assert api.get(f"/api/predict/eclo/batch/{job.json()['job_id']}").json()["total"] == 3


def test_a_dataset_without_accidents_makes_no_batch(api: httpx.Client) -> None:
    response = api.post("/api/predict/eclo/batch", json={"dataset_id": upload(api)["id"]})
    assert response.status_code == 422
    assert "기상상태" in response.json()["error"]["message"]
    assert api.post("/api/predict/eclo/batch", json={"dataset_id": "ds_0"}).status_code == 404
    both = {"dataset_id": "ds_0", "accidents": [{}]}
    assert api.post("/api/predict/eclo/batch", json=both).status_code == 422


def test_the_same_key_and_file_is_one_dataset(api: httpx.Client) -> None:
    files = {"file": ("a.csv", b"a\n77\n")}
    headers = {"Idempotency-Key": "upload-1"}
    first = api.post(UPLOAD, files=files, headers=headers)
    again = api.post(UPLOAD, files=files, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    other = api.post(UPLOAD, files={"file": ("a.csv", b"a\n78\n")}, headers=headers)
    assert other.status_code == 422
    renamed = api.post(UPLOAD, files=files, data={"name": "b"}, headers=headers)
    assert renamed.status_code == 422


def test_a_file_that_was_refused_does_not_use_up_its_key(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "upload-2"}
    assert api.post(UPLOAD, files={"file": ("a.csv", b"")}, headers=headers).status_code == 422
    assert api.post(UPLOAD, files={"file": ("a.csv", b"a\n1\n")}, headers=headers).status_code == 201


def test_the_same_file_twice_is_two_datasets_and_a_warning(api: httpx.Client) -> None:
    first = upload(api, "a\n4711\n", name="처음.csv")
    second = upload(api, "a\n4711\n", name="다음.csv")
    assert first["warnings"] == []
    assert first["id"] != second["id"]
    assert first["content_hash"] == second["content_hash"]
    assert [warning for warning in second["warnings"] if "처음.csv" in warning and first["id"] in warning]


def test_one_file_ten_times_at_once(api: httpx.Client) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: send(api, "a\n815\n"), range(10))]
    assert len({answer["id"] for answer in answers}) == 10
    assert sum(not answer["warnings"] for answer in answers) == 1
