"""How the client behaves when the server is away, slow, busy or no server of HAB at all."""

from __future__ import annotations

import email.utils
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hab_client import HabClient
from hab_client._retries import CONNECT_SECONDS, NotAnswered, with_tries
from hab_core.errors import (
    ConnectionFailed,
    HabError,
    InternalError,
    InvalidInput,
    NotFound,
    QueueFull,
    RequestTimeout,
    Unavailable,
    UnexpectedAnswer,
    all_errors,
)
from tests.client.wire_server import Reply, answer, failure, raw, serving, silent, success

PREDICTION = {
    "prediction_id": "pred_1",
    "eclo": 4.0,
    "interval": {"low": 1.0, "high": 8.0},
    "percentile": 50.0,
    "interpretation": "일반",
    "model_version": "v1",
}
JOB = {"job_id": "job_1", "status": "queued", "total": 1, "created_at": "2026-01-01T00:00:00Z", "status_url": "/x"}
MODEL = {"version": "v1", "features": [], "severity_scale": [], "metrics": {}, "training_data": {}}
LOST = raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")


def unused_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def crowded_url() -> Iterator[str]:
    """An address that neither accepts nor refuses: the queue of its listener is full, further calls are dropped."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_refused_connection_is_hab_s_own_error() -> None:
    with HabClient(unused_url()) as client, pytest.raises(ConnectionFailed) as caught:
        client.eclo.model()
    assert caught.value.message == "서버에 연결할 수 없습니다. 잠시 후 다시 시도해주세요."
    assert caught.value.status == 0


@pytest.mark.timeout(30)
def test_a_server_that_does_not_accept_is_given_up_before_the_time_limit_of_answers(crowded_url: str) -> None:
    with HabClient(crowded_url, timeout=600) as client, pytest.raises(ConnectionFailed):
        client.eclo.model()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70 + ".invalid"])
def test_an_unknown_host_is_a_failed_connection(host: str) -> None:
    with HabClient(f"http://{host}:8000") as client, pytest.raises(ConnectionFailed):
        client.eclo.model()


def test_connecting_has_three_tries_within_its_budget() -> None:
    granted: list[float] = []

    def attempt(connecting: float) -> None:
        granted.append(connecting)
        raise NotAnswered(ConnectionFailed(), reached=False)

    with pytest.raises(ConnectionFailed):
        with_tries(attempt, 3)
    assert len(granted) == 3
    assert max(granted) <= CONNECT_SECONDS < 5
    assert granted[0] + granted[1] <= CONNECT_SECONDS


def test_a_silent_server_is_a_timeout_and_not_asked_again() -> None:
    with serving(silent(3.0)) as server, HabClient(server.url, timeout=1.0) as client:
        with pytest.raises(RequestTimeout) as caught:
            client.eclo.predict(weather="맑음")
        assert len(server.asked) == 1
    assert caught.value.message == "요청 시간 초과. 다시 시도해주세요"


def test_a_trickling_server_gets_no_more_time_than_a_silent_one() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    with serving(raw(head, *[b" "] * 30, pause=0.1)) as server, HabClient(server.url, timeout=1.0) as client:
        with pytest.raises(RequestTimeout):
            client.eclo.model()
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_with_the_same_request(status: int) -> None:
    busy = failure(status, "queue_full" if status == 429 else "database_unavailable", Retry_After="0")
    with serving(busy, busy, success(**PREDICTION)) as server, HabClient(server.url) as client:
        assert client.eclo.predict(weather="맑음").eclo == 4.0
        assert len(server.asked) == 3
        assert {(a.method, a.target, a.body) for a in server.asked} == {
            ("POST", "/api/predict/eclo", '{"weather": "맑음"}'.encode())
        }


def test_a_server_that_stays_busy_is_asked_three_times() -> None:
    with serving(failure(429, "queue_full", "혼잡", Retry_After="0")) as server, HabClient(server.url) as client:
        with pytest.raises(QueueFull) as caught:
            client.eclo.model()
        assert len(server.asked) == 3
    assert caught.value.retry_after == 0


def test_a_pause_that_is_asked_for_is_kept() -> None:
    busy = failure(503, "queue_unavailable", Retry_After="1")
    with serving(busy, success(**MODEL)) as server, HabClient(server.url) as client:
        started = time.monotonic()
        client.eclo.model()
        assert time.monotonic() - started >= 1.0  # a pause may be longer, never shorter


def retry_after(text: str) -> HabError:
    with serving(failure(503, "database_unavailable", Retry_After=text)) as server, HabClient(server.url) as client:
        with pytest.raises(Unavailable) as caught:
            client.eclo.model()
        assert len(server.asked) == 1
    return caught.value


def test_a_pause_of_an_hour_is_the_caller_s_to_make() -> None:
    assert retry_after("3600").retry_after == 3600


def test_a_pause_may_be_given_as_a_date() -> None:
    told = retry_after(email.utils.formatdate(time.time() + 3600, usegmt=True)).retry_after
    assert told is not None
    assert 3500 < told <= 3600


@pytest.mark.parametrize("text", ["soon", "-5", "", "9" * 400, "Wed, 99 Foo 2026"])
def test_a_pause_that_is_none_is_ignored(text: str) -> None:
    busy = failure(503, "database_unavailable", Retry_After=text)
    with serving(busy, success(**MODEL)) as server, HabClient(server.url) as client:
        assert client.eclo.model().version == "v1"


@pytest.mark.parametrize("lost", [LOST, raw()], ids=["cut off", "closed"])
def test_a_lost_answer_is_asked_for_again_only_where_that_is_safe(lost: Reply) -> None:
    with serving(lost) as server, HabClient(server.url) as client:
        with pytest.raises(ConnectionFailed):
            client.eclo.model()
        assert [a.method for a in server.asked] == ["GET"] * 3
        with pytest.raises(ConnectionFailed):
            client.eclo.predict(weather="맑음")
        assert [a.method for a in server.asked[3:]] == ["POST"]
        with pytest.raises(ConnectionFailed):
            client.eclo.predict_batch([{"weather": "맑음"}])
        keys = {a.headers["idempotency-key"] for a in server.asked[4:]}
        assert len(server.asked[4:]) == 3
        assert len(keys) == 1


def test_batches_get_a_key_of_their_own() -> None:
    with serving(success(**JOB)) as server, HabClient(server.url) as client:
        client.eclo.predict_batch([{}])
        client.eclo.predict_batch([{}])
        client.eclo.predict_batch([{}], idempotency_key="mine")
        first, second, third = (a.headers["idempotency-key"] for a in server.asked)
    assert first != second
    assert third == "mine"


FOREIGN = {
    "a web page": answer(200, b"<html>hello</html>", "text/html"),
    "a page of a proxy": answer(502, b"<html>Bad Gateway</html>", "text/html"),
    "another service": answer(200, b'{"hello": "world"}'),
    "another service's failure": answer(404, b'{"detail": "Not Found"}'),
    "a list": answer(200, b"[1, 2]"),
    "no JSON": answer(200, b"{"),
    "deep JSON": answer(200, b"[" * 100_000),
    "wrong fields": success(version=1),
    "a failure that says success": answer(500, b'{"success": true}'),
    "nothing": answer(200, b""),
    "a redirect": answer(301, b"", Location="https://user:secret@elsewhere.example/api"),
    "another protocol": raw(b"-ERR unknown command\r\n\r\n"),
    "broken compression": answer(200, b"not gzip", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_answer_of_hab_is_said_to_be_none(kind: str) -> None:
    with serving(FOREIGN[kind]) as server, HabClient(server.url) as client:
        with pytest.raises(UnexpectedAnswer) as caught:
            client.eclo.model()
        assert len(server.asked) == 1
    assert "BACKEND_URL" in caught.value.message
    assert "secret" not in caught.value.message
    assert ("https://elsewhere.example" in caught.value.message) == (kind == "a redirect")


def failed_with(reply: Reply) -> HabError:
    with serving(reply) as server, HabClient(server.url, max_retries=0) as client:
        with pytest.raises(HabError) as caught:
            client.eclo.model()
        return caught.value


@pytest.mark.parametrize("cls", [cls for cls in all_errors() if cls.status], ids=lambda cls: cls.__name__)
def test_every_failure_comes_back_in_its_class(cls: type[HabError]) -> None:
    details = [{"field": "weather", "message": "?", "valid_values": ["맑음"]}]
    error = failed_with(failure(cls.status, cls.code, "설명", details, X_Request_ID="req_1"))
    assert type(error) is cls
    assert (error.status, error.code, error.message) == (cls.status, cls.code, "설명")
    assert error.details == details
    assert error.request_id == "req_1"


@pytest.mark.parametrize(
    ("status", "cls"), [(422, InvalidInput), (404, NotFound), (507, InternalError), (418, HabError)]
)
def test_a_code_of_a_newer_server_falls_back_to_its_status(status: int, cls: type[HabError]) -> None:
    error = failed_with(failure(status, "brand_new", details=[1, {"field": "x"}]))
    assert type(error) is cls
    assert (error.status, error.code, error.details) == (status, "brand_new", [])
    assert cls.code != "brand_new"


@pytest.mark.parametrize("reply", [LOST, silent(1.0), raw(b"junk\r\n"), answer(500, b"x")])
def test_nothing_of_the_http_library_shows(reply: Reply) -> None:
    with serving(reply) as server, HabClient(server.url, timeout=0.3) as client, pytest.raises(HabError) as caught:
        client.eclo.predict(weather="맑음")
    assert type(caught.value).__module__ == "hab_core.errors"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_requests_say_who_asks_and_carry_the_caller_s_id() -> None:
    with serving(success(**MODEL)) as server, HabClient(server.url) as client:
        client.eclo.model()
        client.with_options(request_id="trace-1").eclo.model()
    plain, traced = (a.headers for a in server.asked)
    assert plain["user-agent"].startswith("hab-client/")
    assert "x-request-id" not in plain
    assert traced["x-request-id"] == "trace-1"


@pytest.mark.parametrize("text", ["한글", "two words", "line\nbreak", "x" * 300, ""])
def test_headers_that_cannot_be_sent_are_refused_before(text: str) -> None:
    with serving(success(**PREDICTION)) as server, HabClient(server.url) as client:
        with pytest.raises(InvalidInput):
            client.eclo.predict(weather="맑음", idempotency_key=text)
        assert server.asked == []


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://", "http://x:port", "http://x/?q=1", " "])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="BACKEND_URL"):
        HabClient(url)


def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HabClient().base_url == "http://localhost:8000"
    with serving(success(**MODEL)) as server:
        monkeypatch.setenv("BACKEND_URL", f"{server.url}/hab/")
        with HabClient() as client:
            client.eclo.model()
        assert server.asked[0].target == "/hab/api/model"


def test_a_closed_client_says_so() -> None:
    client = HabClient("http://127.0.0.1:1")
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="닫힌"):
        client.eclo.model()


def test_proxies_of_the_environment_are_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", unused_url())
    with serving(success(**MODEL)) as server, HabClient(server.url) as client:
        assert client.eclo.model().version == "v1"


def test_lists_are_read_page_by_page_as_needed() -> None:
    def page(first: int, cursor: str | None) -> Reply:
        record = {"created_at": "2026-01-01T00:00:00Z", "source": "single", "features": {}, "interpretation": "일반"}
        items = [record | {"prediction_id": f"pred_{first + i}", "eclo": 1.0, "model_version": "v"} for i in range(2)]
        return success(items=items, next_cursor=cursor)

    with serving(page(0, "a"), page(2, "b"), page(4, None)) as server, HabClient(server.url) as client:
        history = iter(client.eclo.history())
        assert next(history).prediction_id == "pred_0"
        assert len(server.asked) == 1
        assert [record.prediction_id for record in history] == [f"pred_{i}" for i in range(1, 6)]
        assert [a.target for a in server.asked] == [
            "/api/predictions?limit=200",
            "/api/predictions?limit=200&cursor=a",
            "/api/predictions?limit=200&cursor=b",
        ]


def test_a_list_that_goes_in_circles_ends() -> None:
    with serving(success(items=[], next_cursor="same")) as server, HabClient(server.url) as client:
        with pytest.raises(UnexpectedAnswer):
            list(client.eclo.history())
        assert len(server.asked) == 2


@pytest.mark.parametrize("job_id", ["", ".", "..", None])
def test_an_id_cannot_lead_to_another_address(job_id: str) -> None:
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidInput):
        client.jobs.get(job_id)


def test_an_id_is_one_part_of_the_address() -> None:
    with serving(failure(404, "not_found")) as server, HabClient(server.url) as client, pytest.raises(NotFound):
        client.jobs.get("../model?x=1#")
    assert server.asked[0].target == "/api/predict/eclo/batch/..%2Fmodel%3Fx%3D1%23?limit=1"


def test_not_ready_is_reported_at_once() -> None:
    with serving(failure(503, "model_unavailable", Retry_After="0")) as server, HabClient(server.url) as client:
        with pytest.raises(Unavailable):
            client.health.ready()
        assert len(server.asked) == 1


def test_a_failure_keeps_what_the_body_says() -> None:
    body = json.dumps({"error": {"code": "not_found", "message": None, "details": None}, "request_id": "r"}).encode()
    with serving(answer(404, body)) as server, HabClient(server.url) as client, pytest.raises(NotFound) as caught:
        client.eclo.model()
    assert caught.value.message == NotFound.default_message
    assert caught.value.request_id == "r"


def test_the_token_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "t0ken-of-a-guarded-server"
    with serving(success(items=[], next_cursor=None)) as server:
        monkeypatch.setenv("HAB_API_TOKEN", token)
        by_variable = HabClient(server.url)
        monkeypatch.delenv("HAB_API_TOKEN")
        for client in (by_variable, HabClient(server.url, token=token), by_variable.with_options(timeout=3)):
            client.regions()
            assert token not in repr(client) + repr(vars(client)) + repr(vars(client._transport))
        HabClient(server.url).regions()
    sent = [request.headers.get("authorization") for request in server.asked]
    assert sent == [f"Bearer {token}"] * 3 + [None]


@pytest.mark.parametrize("token", ["with space", "line\r\nX-Evil: 1", "한글", "x" * 300])
def test_a_token_that_cannot_be_sent_is_not_shown(token: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        HabClient("http://localhost:1", token=token)
    assert "HAB_API_TOKEN" in refused.value.message
    assert token not in refused.value.message
