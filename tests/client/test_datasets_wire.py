"""Datasets on the wire: what is sent, what is sent again, and answers that no good server gives."""

from __future__ import annotations

import gzip
import io
import json
import os
from email import message_from_bytes
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest

from hab_client import ConnectionFailed, Dataset, HabClient, InvalidInput, RequestInProgress, UnexpectedAnswer
from hab_core.schemas.analysis import AnyOf, Condition
from tests.client.wire_server import DATASET, Asked, Reply, answer, failure, raw, serving, success
from tests.conftest import name_of

CSV = "가,나\n1,2\n".encode()
STORED = success(**DATASET)
CUT = raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 500\r\n\r\nhalf a ta")


def form_of(asked: Asked) -> dict[str, tuple[str | None, bytes]]:
    """Returns the parts of a multipart body by name: the file name and the content."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    found = {}
    for part in message_from_bytes(head + asked.body).get_payload():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        found[name] = (part.get_filename(), content)
    return found


def uploaded(file: Any, **options: Any) -> dict[str, tuple[str | None, bytes]]:
    with serving(STORED) as server, HabClient(server.url) as client:
        client.datasets.upload(file, **options)
    return form_of(server.asked[0])


def test_a_file_goes_out_with_its_texts() -> None:
    form = uploaded(CSV, name="이름", description="설명")
    assert form["name"][1].decode() == "이름"
    assert form["description"][1].decode() == "설명"
    assert form["file"] == ("rows.csv", CSV)
    assert set(uploaded(CSV)) == {"file"}


def test_what_may_be_handed_over(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.csv", tmp_path / "packed.csv.gz"
    plain.write_bytes(CSV)
    packed.write_bytes(gzip.compress(CSV))
    assert uploaded(plain)["file"] == ("plain.csv", CSV)
    assert uploaded(str(packed))["file"] == ("packed.csv", CSV)
    assert uploaded(io.BytesIO(CSV))["file"] == ("rows.csv", CSV)
    assert uploaded(pd.DataFrame({"가": [1], "나": [2]}))["file"] == ("rows.csv", CSV)
    with plain.open("rb") as file:
        assert uploaded(file)["file"] == ("plain.csv", CSV)
        assert not file.closed
    with gzip.open(packed) as unpacked:
        assert uploaded(unpacked)["file"] == ("packed.csv", CSV)


def test_an_open_file_is_sent_from_where_it_stands() -> None:
    file = io.BytesIO(b"title line\n" + CSV)
    file.readline()
    seen: list[tuple[int, int | None]] = []
    assert uploaded(file, on_progress=lambda *now: seen.append(now))["file"][1] == CSV
    assert seen[-1] == (len(CSV), len(CSV))
    assert not file.closed


def test_a_stream_that_cannot_go_back_is_sent_whole_and_again() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        with os.fdopen(writing, "wb") as end:
            end.write(CSV)
        busy = failure(503, "database_unavailable", Retry_After="0")
        with serving(busy, STORED) as server, HabClient(server.url) as client:
            client.datasets.upload(pipe)
        assert [form_of(asked)["file"][1] for asked in server.asked] == [CSV, CSV]


def test_an_upload_that_was_cut_off_is_repeated_under_its_own_key() -> None:
    with serving(raw(b""), STORED, STORED) as server, HabClient(server.url) as client:
        client.datasets.upload(io.BytesIO(CSV))
        client.datasets.upload(CSV)
        client.datasets.upload(CSV, idempotency_key="mine")
    keys = [asked.headers["idempotency-key"] for asked in server.asked]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] == "mine"
    assert [form_of(asked)["file"][1] for asked in server.asked] == [CSV] * 4


def test_progress_counts_each_try_from_the_start() -> None:
    content = b"a\n" + b"1\n" * 100_000
    seen: list[tuple[int, int | None]] = []
    busy = failure(503, "storage_unavailable", Retry_After="0")
    with serving(busy, STORED) as server, HabClient(server.url) as client:
        client.datasets.upload(content, on_progress=lambda *now: seen.append(now))
    counts = [count for count, _ in seen]
    assert counts.count(len(content)) >= 2
    assert len(set(counts)) > 2
    assert {total for _, total in seen} == {len(content)}


@pytest.mark.parametrize(
    ("file", "options", "told"),
    [
        ("none.csv", {}, "파일이 없습니다"),
        ("bad\x00name.csv", {}, "파일을 읽을 수 없습니다"),
        (5, {}, "int"),
        (None, {}, "NoneType"),
        (io.StringIO("a\n1\n"), {}, "'rb'"),
        (CSV, {"name": "\ud800"}, "name"),
        (CSV, {"description": 5}, "description"),
        (CSV, {"idempotency_key": "두 칸"}, "Idempotency-Key"),
    ],
    ids=name_of,
)
def test_what_cannot_be_sent_is_refused_before(file: Any, options: Any, told: str) -> None:
    with serving(STORED) as server, HabClient(server.url) as client:
        with pytest.raises(InvalidInput, match=told):
            client.datasets.upload(file, **options)
        assert server.asked == []


def test_a_closed_file_is_refused() -> None:
    file = io.BytesIO(CSV)
    file.close()
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidInput):
        client.datasets.upload(file)


@pytest.mark.skipif(os.name == "nt", reason="needs names of bytes")
def test_a_name_that_is_no_text_is_sent_as_far_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xb0\xa1.csv")  # CP949 on a UTF-8 system
    path.write_bytes(CSV)
    assert uploaded(path)["file"][1] == CSV


@pytest.mark.parametrize("dataset_id", ["", ".", "..", None, 5])
def test_an_id_never_leads_elsewhere(dataset_id: Any) -> None:
    with serving(STORED) as server, HabClient(server.url) as client:
        for call in (client.datasets.get, client.datasets.delete, client.datasets.shared, client.datasets.revoke):
            with pytest.raises(InvalidInput):
                call(dataset_id)
        assert server.asked == []


def test_ids_and_tokens_stay_one_part_of_the_address() -> None:
    detail = success(**DATASET)
    with serving(detail) as server, HabClient(server.url) as client:
        client.datasets.get("a/../b?c")
        client.datasets.shared("x/y")
        client.datasets.shared("http://localhost:8501/?share=tok%2Ben&other=1")
    assert [asked.target for asked in server.asked] == [
        "/api/datasets/a%2F..%2Fb%3Fc",
        "/api/shared/x%2Fy",
        "/api/shared/tok%2Ben",
    ]


def test_a_query_of_rows_as_it_is_sent() -> None:
    page = success(columns=["가"], items=[[1]], next_cursor=None)
    with serving(page) as server, HabClient(server.url) as client:
        monday = Condition(column="요일", operator="==", value="월요일")
        either = AnyOf(any_of=[monday, Condition(column="속도", operator="is_null")])
        assert list(client.datasets.rows("ds_1", ["가,나", "다"], sort="-가", where=[monday, either])) == [{"가": 1}]
    query = parse_qsl(urlsplit(server.asked[0].target).query)
    assert [pair for pair in query if pair[0] != "where"] == [
        ("limit", "200"),
        ("columns", "가,나"),
        ("columns", "다"),
        ("sort", "-가"),
    ]
    simple = {"column": "요일", "operator": "==", "value": "월요일"}
    assert json.loads(dict(query)["where"]) == [simple, {"any_of": [simple, {"column": "속도", "operator": "is_null"}]}]


def test_a_list_that_repeats_itself_ends() -> None:
    page = success(items=[DATASET], next_cursor="again")
    with serving(page) as server, HabClient(server.url) as client, pytest.raises(UnexpectedAnswer):
        list(client.datasets.list())
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "reply",
    [success(id="ds_1"), answer(200, b"<html>", "text/html"), success(columns=["a", "b"], items="x", next_cursor=None)],
)
def test_an_answer_of_something_else_is_noticed(reply: Reply) -> None:
    with serving(reply) as server, HabClient(server.url) as client:
        with pytest.raises(UnexpectedAnswer):
            client.datasets.get("ds_1")
        with pytest.raises(UnexpectedAnswer):
            list(client.datasets.rows("ds_1"))


@pytest.mark.parametrize(
    ("reply", "error"), [(CUT, ConnectionFailed), (answer(200, b"<html>", "text/html"), UnexpectedAnswer)]
)
def test_a_failed_download_leaves_what_was_there(tmp_path: Path, reply: Reply, error: type[Exception]) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with serving(STORED, reply) as server, HabClient(server.url) as client:
        dataset: Dataset = client.datasets.get("ds_1")
        with pytest.raises(error):
            dataset.download(target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_the_failure_of_a_download_is_the_server_s() -> None:
    with serving(failure(409, "request_in_progress", "아직")) as server, HabClient(server.url) as client:
        with pytest.raises(RequestInProgress, match="아직"):
            client.datasets.download("ds_1", io.BytesIO(), "parquet")
        assert server.asked[0].target.endswith("/download?format=parquet")


def test_the_token_of_a_link_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(STORED) as server, HabClient(server.url) as client:
        client.datasets.shared("the-secret-token")
    assert "/api/shared/***" in caplog.text
    assert "the-secret-token" not in caplog.text


def test_uploads_of_several_threads_do_not_mix() -> None:
    with serving(STORED) as server, HabClient(server.url) as client:
        contents = [f"a\n{i}\n".encode() for i in range(4)]
        threads = [Thread(target=client.datasets.upload, args=(content,)) for content in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(form_of(asked)["file"][1] for asked in server.asked) == contents
