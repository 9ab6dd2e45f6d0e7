"""Questions over the wire: what is sent, streams that break and go on, failures in their own class, a key unseen."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from itertools import islice
from typing import Any

import pytest

from hab_client import (
    ChatStream,
    ConnectionFailed,
    Conversation,
    Dataset,
    HabClient,
    HabError,
    InternalError,
    InvalidApiKey,
    InvalidInput,
    LlmTimeout,
    LlmUnavailable,
    RequestTimeout,
    UnexpectedAnswer,
)
from hab_client._events import Events
from hab_client._transport import Call
from hab_core.errors import all_errors
from hab_core.schemas.chat import DoneEvent, ToolEndEvent
from tests.client.chat_wire import ANSWER, DONE, END, HEAD, KEY, START, broken, chunk, event, streamed
from tests.client.wire_server import Reply, answer, failure, raw, serving, success
from tests.conftest import name_of

TOOLS = (
    event(3, "tool_start", index=0, name="get_value_counts", input={"column": "시간"}),
    event(4, "tool_end", index=0, call=ANSWER["tool_calls"][0]),
)
SUMMARY = {
    "id": "conv_1",
    "title": "시간대",
    "dataset_ids": ["ds_1", "ds_2"],
    "version": 2,
    "message_count": 2,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


def text(number: int, words: str, **fields: Any) -> bytes:
    return event(number, "text", text=words, **fields)


def read(*replies: Reply, **options: Any) -> tuple[list[str], ChatStream, list[dict[str, str]]]:
    """The names of the events of a stream, the stream at its end, and the headers of the requests it took."""
    with serving(*replies) as server, HabClient(server.url) as client:
        stream = client.chat.stream("질문", dataset="ds_1", **options)
        names = [each.type for each in stream]
    assert len({asked.body for asked in server.asked}) == 1
    return names, stream, [asked.headers for asked in server.asked]


def asked(**options: Any) -> dict[str, Any]:
    """The body of a question."""
    with serving(success(**ANSWER)) as server, HabClient(server.url) as client:
        client.chat.ask("질문", **options)
    assert server.asked[-1].target == "/api/chat/message"
    body: dict[str, Any] = json.loads(server.asked[-1].body)
    return body


def test_a_question_is_sent_as_the_wire_has_it() -> None:
    assert asked(dataset="ds_1") == {"message": "질문", "dataset_id": "ds_1"}
    assert asked(datasets=["ds_1", "ds_2"], conversation="conv_1", model="m", expected_version=0) == {
        "message": "질문",
        "dataset_ids": ["ds_1", "ds_2"],
        "conversation_id": "conv_1",
        "model": "m",
        "expected_version": 0,
    }


def test_objects_stand_for_their_ids() -> None:
    dataset = Dataset(None, type("Info", (), {"id": "ds_9"}))  # type: ignore[arg-type]  # only its id is looked at
    with serving(success(**SUMMARY, messages=[])) as server, HabClient(server.url) as client:
        conversation = client.conversations.get("conv_1")
    assert asked(dataset=dataset, conversation=conversation)["dataset_id"] == "ds_9"
    assert asked(conversation=conversation)["dataset_ids"] == ["ds_1", "ds_2"]
    assert isinstance(conversation, Conversation)


def test_a_conversation_known_by_its_id_names_its_datasets() -> None:
    replies = (success(**SUMMARY, messages=[]), success(**ANSWER))
    with serving(*replies) as server, HabClient(server.url) as client:
        client.chat.ask("질문", conversation="conv_1")
    assert [asked.target for asked in server.asked] == ["/api/conversations/conv_1", "/api/chat/message"]
    assert json.loads(server.asked[1].body)["dataset_ids"] == ["ds_1", "ds_2"]


@pytest.mark.parametrize("options", [{}, {"dataset": "ds_1", "datasets": ["ds_2"]}])
def test_the_datasets_have_to_be_clear(options: dict[str, Any]) -> None:
    with HabClient("http://127.0.0.1:1") as client:
        for ask in (client.chat.ask, client.chat.stream):
            with pytest.raises(InvalidInput, match="dataset"):
                ask("질문", **options)


def test_an_answer_has_everything() -> None:
    with (
        serving(success(**ANSWER, notice="캐시에서 반환됨", cache_hit=True)) as server,
        HabClient(server.url) as client,
    ):
        found = client.chat.ask("질문", dataset="ds_1")
    assert str(found) == found.response == ANSWER["response"]
    assert (found.mode, found.cache_hit, found.notice, found.version) == ("offline", True, "캐시에서 반환됨", 2)
    assert (found.conversation_id, found.message_id, found.request_id) == ("conv_1", "msg_1", "req_1")
    assert [receipt.status for receipt in found.receipts] == ["verified", "derived", "unverified"]


def test_a_question_whose_answer_was_lost_is_asked_again_under_its_own_key() -> None:
    with serving(raw(b""), success(**ANSWER)) as server, HabClient(server.url) as client:
        client.chat.ask("질문", dataset="ds_1")
        client.chat.ask("질문", dataset="ds_1")
    first, again, other = (asked.headers["idempotency-key"] for asked in server.asked)
    assert first == again != other


@pytest.mark.parametrize("code", ["llm_unavailable", "llm_rate_limited"])
def test_what_the_language_model_refused_is_not_asked_again(code: str) -> None:
    status = 503 if code == "llm_unavailable" else 429
    with serving(failure(status, code, Retry_After="0")) as server, HabClient(server.url) as client:
        with pytest.raises(HabError) as caught:
            client.chat.ask("질문", dataset="ds_1")
        assert caught.value.code == code
    assert len(server.asked) == 1


def test_answers_are_waited_for_as_long_as_they_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", b"{", pause=0.3)
    monkeypatch.setenv("CHAT_TIMEOUT", "0.05")
    monkeypatch.setattr("hab_client.resources.chat._MARGIN_SECONDS", 0.05)
    with serving(slow) as server, HabClient(server.url, timeout=0.1) as client, pytest.raises(RequestTimeout):
        client.chat.ask("질문", dataset="ds_1")
    monkeypatch.setenv("CHAT_TIMEOUT", "60")
    with serving(slow) as server, HabClient(server.url, timeout=0.1) as client, pytest.raises(UnexpectedAnswer):
        client.chat.ask("질문", dataset="ds_1")


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CHAT_TIMEOUT", value)
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidInput, match="CHAT_TIMEOUT"):
        client.chat.ask("질문", dataset="ds_1")


def test_events_come_in_their_order_and_the_answer_at_the_end() -> None:
    replies = streamed(START, text(2, "가장 "), *TOOLS, b": \n\n", text(5, "많은"), DONE)
    with serving(replies) as server, HabClient(server.url) as client, client.chat.stream("q", dataset="ds_1") as stream:
        assert (stream.conversation_id, stream.message_id, stream.answer) == (None, None, None)
        seen = [(each, stream.text) for each in stream]
    assert [each.type for each, _ in seen] == ["start", "text", "tool_start", "tool_end", "text", "done"]
    assert [so_far for _, so_far in seen[:-1]] == ["", "가장 ", "가장 ", "가장 ", "가장 많은"]
    assert (stream.conversation_id, stream.message_id) == ("conv_1", "msg_1")
    assert isinstance(seen[3][0], ToolEndEvent)
    assert seen[3][0].call.duration_ms == 3.2
    assert isinstance(seen[-1][0], DoneEvent)
    assert stream.answer is not None
    assert stream.text == str(stream.answer) == ANSWER["response"]
    assert stream.answer.request_id == "req_1"
    assert next(stream, None) is None
    assert stream.finish() == stream.answer


def test_text_may_take_the_place_of_what_came_before() -> None:
    events = (text(2, "틀린 "), text(3, "글"), text(4, "바른", replace=True), text(5, " 글"))
    with serving(streamed(START, *events, DONE)) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1")
        so_far = [stream.text for _ in islice(stream, 5)]
        stream.close()
    assert so_far == ["", "틀린 ", "틀린 글", "바른", "바른 글"]


def test_a_broken_connection_is_taken_up_where_it_broke() -> None:
    half = text(4, "셋")
    names, stream, headers = read(
        broken(START, text(2, "하나 "), text(3, "둘 "), half[:20]),
        raw(b""),
        failure(503, "database_unavailable", Retry_After="0"),
        broken(b": \n\n", half),
        streamed(DONE),
    )
    assert names == ["start", "text", "text", "text", "done"]
    assert [asked.get("last-event-id") for asked in headers] == [None, "3", "3", "3", "4"]
    assert stream.text == ANSWER["response"]


def test_what_was_written_is_neither_lost_nor_repeated() -> None:
    words = [f"{number} " for number in range(2, 30)]
    pieces = [text(number, word) for number, word in enumerate(words, 2)]
    replies = [broken(START, *pieces[:3]), *(broken(*pieces[i : i + 5]) for i in range(3, 28, 5)), streamed(DONE)]
    with serving(*replies) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1")
        for each in stream:
            if each.type == "text" and each.text == words[-1]:
                assert stream.text == "".join(words)
    assert stream.answer is not None


def test_a_stream_that_ends_without_an_answer_goes_on() -> None:
    names, _, headers = read(streamed(START), streamed(text(2, "글"), DONE))
    assert names == ["start", "text", "done"]
    assert headers[1]["last-event-id"] == "1"


def test_a_server_that_does_not_come_back_is_given_up() -> None:
    with serving(broken(START), raw(b"")) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1")
        assert next(stream).type == "start"
        with pytest.raises(ConnectionFailed):
            next(stream)
        assert next(stream, None) is None
    assert len(server.asked) == 1 + 3


def test_a_question_is_not_asked_twice_where_no_event_came() -> None:
    for reply in (raw(b""), broken(), streamed()):
        with serving(reply) as server, HabClient(server.url) as client, pytest.raises(ConnectionFailed):
            next(client.chat.stream("q", dataset="ds_1"))
        assert len(server.asked) == 1


def test_a_silent_connection_is_given_up_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hab_client._events.SILENCE_SECONDS", 1.0)

    def falls_silent(connection: Any) -> None:
        broken(START)(connection)
        connection.settimeout(10)
        connection.recv(1)  # until the client has closed it

    with serving(falls_silent, streamed(DONE)) as server, HabClient(server.url, timeout=1.0) as client:
        assert client.chat.stream("q", dataset="ds_1").finish()
    first, *others = (asked.headers.get("last-event-id") for asked in server.asked)
    assert first is None
    assert set(others) == {"1"}  # several on a busy machine


def test_comments_alone_are_no_answer() -> None:
    beats = raw(HEAD, chunk(START), *[chunk(b": \n\n")] * 100, pause=0.2)
    with serving(beats) as server, HabClient(server.url) as client:
        events = Events(client._transport, Call("POST", "/api/chat/stream"), {"done"}, 3.0)
        assert next(events).name == "start"
        with pytest.raises(RequestTimeout):
            next(events)


@pytest.mark.parametrize("cls", [cls for cls in all_errors() if cls.status], ids=name_of)
def test_a_failure_inside_a_stream_is_raised_in_its_class(cls: type[HabError]) -> None:
    error = event(2, "error", error={"code": cls.code, "message": "무엇이 잘못됐는지", "details": []})
    with serving(streamed(START, error)) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1")
        assert next(stream).type == "start"
        with pytest.raises(HabError) as caught:
            next(stream)
        assert next(stream, None) is None
    found = caught.value
    assert (type(found), found.status, found.code) == (cls, cls.status, cls.code)
    assert (found.message, found.request_id) == ("무엇이 잘못됐는지", "req_1")
    assert len(server.asked) == 1


def test_failures_of_another_time_and_kind() -> None:
    newer = event(2, "error", error={"code": "of_a_newer_server", "message": "새 오류"})
    with serving(streamed(newer)) as server, HabClient(server.url) as client, pytest.raises(InternalError) as caught:
        next(client.chat.stream("q", dataset="ds_1"))
    assert (caught.value.code, caught.value.message) == ("of_a_newer_server", "새 오류")
    cases: list[tuple[Reply, type[HabError]]] = [
        (failure(401, "invalid_api_key"), InvalidApiKey),
        (failure(504, "llm_timeout"), LlmTimeout),
        (failure(503, "llm_unavailable", Retry_After="0"), LlmUnavailable),
        (failure(422, "invalid_input"), InvalidInput),
        (answer(200, b"<html>", "text/html"), UnexpectedAnswer),
        (success(**ANSWER), UnexpectedAnswer),
        (streamed(b"event: start\ndata: {}\n\n"), UnexpectedAnswer),
        (streamed(b"event: done\ndata: no json\n\n"), UnexpectedAnswer),
    ]
    for reply, cls in cases:
        with serving(reply) as server, HabClient(server.url) as client, pytest.raises(cls):
            next(client.chat.stream("q", dataset="ds_1"))
        assert len(server.asked) == 1


def test_events_that_a_newer_server_adds_are_left_out() -> None:
    names, _, _ = read(streamed(START, event(2, "thinking", text="음"), text(3, "글"), DONE))
    assert names == ["start", "text", "done"]


def test_closing_ends_the_connection() -> None:
    gone = threading.Event()

    def goes_on(connection: Any) -> None:
        connection.sendall(HEAD + chunk(START) + chunk(text(2, "글")))
        connection.settimeout(30)
        if connection.recv(1) == b"":
            gone.set()

    with serving(goes_on) as server, HabClient(server.url) as client:
        with client.chat.stream("q", dataset="ds_1") as stream:
            assert [each.type for each in islice(stream, 2)] == ["start", "text"]
        assert gone.wait(30)
        stream.close()
        assert next(stream, None) is None
        with pytest.raises(UnexpectedAnswer, match="닫힌"):
            stream.finish()
    assert (stream.text, stream.answer, len(server.asked)) == ("글", None, 1)


def test_another_thread_may_close_it() -> None:
    beats = raw(HEAD, chunk(START), *[chunk(b": \n\n")] * 300, chunk(text(2, "글")), END, pause=0.02)
    with serving(beats) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1")
        assert next(stream).type == "start"
        threading.Timer(0.2, stream.close).start()
        assert next(stream, None) is None
    assert len(server.asked) == 1


def test_nothing_is_asked_before_the_first_event_is_wanted() -> None:
    with serving(streamed(START)) as server, HabClient(server.url) as client:
        client.chat.stream("q", dataset="ds_1").close()
    assert server.asked == []


def test_the_key_goes_with_each_request_and_is_seen_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    refused = event(2, "error", error={"code": "invalid_api_key", "message": "API 키가 유효하지 않습니다."})
    with serving(broken(START), streamed(refused), success(**ANSWER)) as server, HabClient(server.url) as client:
        stream = client.chat.stream("q", dataset="ds_1", api_key=f" {KEY}\n")
        next(stream)
        with pytest.raises(InvalidApiKey) as caught:
            next(stream)
        client.chat.ask("q", dataset="ds_1", api_key=KEY)
        client.chat.ask("q", dataset="ds_1")
    keys = [asked.headers.get("x-anthropic-api-key") for asked in server.asked]
    assert keys == [KEY, KEY, KEY, None]
    call = Call("POST", "/", headers={"X-Anthropic-API-Key": KEY})
    told = [repr(stream), repr(call), repr(client), *traceback.format_exception(caught.value), caplog.text]
    assert KEY not in "".join(told)
    assert "POST" in caplog.text


@pytest.mark.parametrize("key", [f"{KEY}\r\nX-Other: 1", f"{KEY} {KEY}", "비밀", "k" * 500])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(InvalidApiKey) as caught:
        client.chat.ask("q", dataset="ds_1", api_key=key)
    assert key not in "".join(traceback.format_exception(caught.value))


def test_conversations_are_listed_over_all_pages_and_changed() -> None:
    replies = (
        success(items=[SUMMARY], next_cursor="c"),
        success(items=[{**SUMMARY, "id": "conv_2"}], next_cursor=None),
        success(**SUMMARY, messages=[], notice="대화가 다른 곳에서 수정되었습니다"),
        success(id="conv_1"),
    )
    with serving(*replies) as server, HabClient(server.url) as client:
        assert [each.id for each in client.conversations.list("ds_1")] == ["conv_1", "conv_2"]
        changed = client.conversations.rename("conv_1", "새 제목", expected_version=1)
        assert changed.notice == "대화가 다른 곳에서 수정되었습니다"
        changed.delete()
    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("GET", "/api/conversations?limit=200&dataset_id=ds_1"),
        ("GET", "/api/conversations?limit=200&cursor=c&dataset_id=ds_1"),
        ("PATCH", "/api/conversations/conv_1"),
        ("DELETE", "/api/conversations/conv_1"),
    ]
    assert json.loads(server.asked[2].body) == {"title": "새 제목", "expected_version": 1}
