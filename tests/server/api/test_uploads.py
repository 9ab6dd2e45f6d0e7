"""Everything that may be wrong with an upload: what each gives, and that nothing is left of it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.core.datasets.nasty import NASTY, Nasty, Refused
from tests.server.api.uploading import CSV, UPLOAD, ids, send, upload

MEGABYTE = 1024 * 1024
STATUS = {"invalid_input": 422, "unsupported_file_type": 415}
BOUNDARY = "boundary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(disposition: str, content: bytes = b"a\n1\n") -> bytes:
    """One part of a form, as a program writes it that escapes nothing."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    """A whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def left_over(home: Path) -> list[Path]:
    """Files of uploads under way."""
    return [*(home / "uploads").iterdir(), *(home / "datasets").glob("*.tmp")]


@pytest.mark.parametrize("nasty", NASTY, ids=[nasty.name for nasty in NASTY])
def test_every_nasty_file_is_read_or_refused(api: httpx.Client, home: Path, nasty: Nasty) -> None:
    before = ids(api)
    response = send(api, nasty.make())
    if isinstance(nasty.gives, Refused):
        assert response.status_code == STATUS[nasty.gives.code]
        assert response.json()["error"]["code"] == nasty.gives.code
        assert ids(api) == before
    else:
        assert response.status_code == 201
        dataset_id = response.json()["id"]
        assert api.get(f"/api/datasets/{dataset_id}").status_code == 200
        assert api.get(f"/api/datasets/{dataset_id}/rows").status_code == 200
        assert api.delete(f"/api/datasets/{dataset_id}").status_code == 200
    assert left_over(home) == []


def test_another_type_is_told_in_the_contracts_words(api: httpx.Client) -> None:
    error = send(api, b"PK\x03\x04" + b"x" * 100, "자료.csv").json()["error"]
    assert (error["code"], error["message"]) == ("unsupported_file_type", "CSV 형식만 지원됩니다.")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\자료\\사고.csv", "사고.csv"),
        ("/", "upload.csv"),
        ("..", "upload.csv"),
        ("CON", "CON"),
        ("가" * 300 + ".csv", "가" * 196 + ".csv"),
        ("a\r\nSet-Cookie: b.csv", "aSet-Cookie: b.csv"),
        ('따옴표".csv', '따옴표".csv'),
        ("\u202ecsv.exe", "csv.exe"),
        ("a\x00b.csv", "ab.csv"),
        ("<script>alert(1)<", "<script>alert(1)<"),
    ],
)
def test_file_names_are_only_shown(api: httpx.Client, home: Path, sent: str, shown: str) -> None:
    dataset = upload(api, CSV, sent)
    assert dataset["name"] == shown
    stored = {file.name for file in home.rglob("*") if file.is_file()}
    assert f"{dataset['id']}.parquet" in stored
    assert not [name for name in stored if "passwd" in name or "사고" in name or "CON" in name]
    disposition = api.get(f"/api/datasets/{dataset['id']}/download").headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[\w.%~-]+", disposition)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_names_of_programs_that_escape_nothing(api: httpx.Client, encoding: str) -> None:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="대구 사고.csv"\r\n\r\n'
    body = head.encode(encoding) + b"a\n1\n\r\n" + form()
    response = api.post(UPLOAD, content=body, headers=FORM)
    assert response.json()["name"] == "대구 사고.csv"


def test_a_file_without_a_name(api: httpx.Client) -> None:
    response = api.post(UPLOAD, content=form(part('name="file"')), headers=FORM)
    assert (response.status_code, response.json()["name"]) == (201, "upload.csv")


def test_name_and_description_of_the_form(api: httpx.Client) -> None:
    dataset = upload(api, name="a.csv", description="두 줄\n설명")
    assert (dataset["name"], dataset["description"]) == ("a.csv", "두 줄\n설명")
    response = api.post(UPLOAD, files={"file": ("a.csv", b"a\n1\n")}, data={"name": " 이름 ", "description": " "})
    assert (response.json()["name"], response.json()["description"]) == ("이름", "")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "가" * 201}, "name"),
        ({"name": "a\r\nb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"description": "가" * 2_001}, "description"),
        ({"title": "a"}, "title"),
    ],
)
def test_bad_fields_are_named(api: httpx.Client, fields: dict[str, str], field: str) -> None:
    before = ids(api)
    response = api.post(UPLOAD, files={"file": ("a.csv", b"a\n1\n")}, data=fields)
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["field"] == field
    assert ids(api) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"nonsense", 422),
        (form(), 422),
        (part('name="file"; filename="a.csv"'), 422),
        (form(part('name="file"; filename="a.csv"'), part('name="file"; filename="b.csv"')), 422),
        (form(part('name="name"'), part('name="name"')), 422),
        (form(part('name="name"', b"\xff\xfe"), part('name="file"')), 422),
        (form(part("filename=x")), 422),
        (form(part('name="description"', b"x" * 70_000), part('name="file"')), 422),
        (form(part('name="file"; x="' + "y" * 70_000 + '"')), 422),
        (b"--" + BOUNDARY.encode() + b"\r\n" + b"X: y\r\n" * 10_000, 422),
    ],
    ids=[
        "empty", "nonsense", "no part", "cut off", "two files", "name twice", "bytes as text", "no name",
        "long field", "long header", "many headers",
    ],
)  # fmt: skip
def test_forms_that_are_none(api: httpx.Client, home: Path, body: bytes, status: int) -> None:
    before = ids(api)
    response = api.post(UPLOAD, content=body, headers=FORM)
    assert response.status_code == status
    assert response.json()["error"]["code"] == "invalid_input"
    assert ids(api) == before
    assert left_over(home) == []


@pytest.mark.parametrize(
    "kind", ["text/csv", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 300, ""]
)
def test_a_body_that_is_no_form(api: httpx.Client, kind: str) -> None:
    response = api.post(UPLOAD, content=b"a\n1\n", headers={"Content-Type": kind})
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_file_type"


def too_large(response: httpx.Response) -> bool:
    """Whether an answer is the contract's 413."""
    error = response.json()["error"]
    expected = ("file_too_large", "파일 크기는 50MB를 초과할 수 없습니다")
    return response.status_code == 413 and (error["code"], error["message"]) == expected


def parts_of(size: int) -> Iterator[bytes]:
    """A form with a file of ``size`` bytes, piece by piece."""
    yield part('name="file"; filename="a.csv"', b"")[:-2]
    line = b"1,2,3,4,5,6,7,8,9\n" * 4096
    for _ in range(size // len(line)):
        yield line
    yield b"1" * (size % len(line))
    yield b"\r\n" + form()


@pytest.mark.parametrize("size", [50 * MEGABYTE + 1, 70 * MEGABYTE])
def test_too_large_a_file_without_its_length(api: httpx.Client, home: Path, size: int) -> None:
    before = ids(api)
    assert too_large(api.post(UPLOAD, content=parts_of(size), headers=FORM))
    assert ids(api) == before
    assert left_over(home) == []


@pytest.mark.parametrize("size", [50 * MEGABYTE + 1, 70 * MEGABYTE])
def test_too_large_a_file_with_its_length(api: httpx.Client, size: int) -> None:
    length = sum(len(each) for each in parts_of(size))
    assert too_large(api.post(UPLOAD, content=parts_of(size), headers=FORM | {"Content-Length": str(length)}))


def test_the_largest_file_is_accepted(api: httpx.Client) -> None:
    content = b"n,t\n" + b"1,abcdefgh\n" * (50 * MEGABYTE // 11 - 1)
    content += b"1," + b"x" * (50 * MEGABYTE - len(content) - 2)
    assert len(content) == 50 * MEGABYTE
    dataset = upload(api, content)
    assert dataset["size_bytes"] == 50 * MEGABYTE
    assert api.delete(f"/api/datasets/{dataset['id']}").status_code == 200


@pytest.mark.parametrize("announced", [True, False], ids=["with length", "in chunks"])
def test_a_plain_socket_that_sends_all_before_it_reads_hears_the_413(api: httpx.Client, announced: bool) -> None:
    size = 60 * MEGABYTE
    length = f"Content-Length: {sum(map(len, parts_of(size)))}" if announced else "Transfer-Encoding: chunked"
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n{length}\r\n\r\n"
    with socket.create_connection((api.base_url.host, api.base_url.port or 80), timeout=30) as connection:
        connection.sendall(head.encode())
        for piece in parts_of(size):
            connection.sendall(piece if announced else b"%x\r\n%s\r\n" % (len(piece), piece))
        if not announced:
            connection.sendall(b"0\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        content = answer.read()
    assert answer.status == 413
    assert json.loads(content)["error"]["code"] == "file_too_large"


def test_a_client_that_asks_first_is_told_before_it_sends(api: httpx.Client) -> None:
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n"
        f"Content-Length: {80 * MEGABYTE}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((api.base_url.host, api.base_url.port or 80), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")


def test_the_batch_receives_files_the_same_way(api: httpx.Client) -> None:
    url = "/api/predict/eclo/batch"
    assert too_large(api.post(url, content=parts_of(60 * MEGABYTE), headers=FORM))
    assert api.post(url, files={"other": b"x"}).status_code == 422
    assert api.post(url, content=b"", headers=FORM).status_code == 422


def test_odd_names_of_columns_are_only_names(api: httpx.Client) -> None:
    names = ["__class__", '"; drop table datasets; --', "${jndi:ldap://x}", "a.b", "한글 열", "=1+1"]
    head = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    dataset = upload(api, f"{head}\n1,2,3,4,5,6\n2,3,4,5,6,7\n")
    url = f"/api/datasets/{dataset['id']}"
    page: dict[str, Any] = api.get(f"{url}/rows").json()
    assert page["columns"] == names
    for position, name in enumerate(names):
        cells = api.get(f"{url}/rows", params={"columns": [name], "sort": [f"-{name}"]}).json()["items"]
        assert cells == [[position + 2], [position + 1]]
        run = api.post(f"{url}/tools/get_column_statistics", json={"arguments": {"column": name}})
        assert run.status_code == 200
    assert "'=1+1" in api.get(f"{url}/download").text
