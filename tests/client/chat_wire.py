"""A stream of server-sent events as bytes on a wire, and an answer to end it."""

from __future__ import annotations

import json
from typing import Any

from tests.client.wire_server import Reply, raw

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nX-Request-ID: req_1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
END = b"0\r\n\r\n"
KEY = "sk-ant-secret-0123456789"
TEXT = "가장 많은 시간대는 18시(1,234건)로 전체의 9.9%입니다."
ANSWER: dict[str, Any] = {
    "response": TEXT,
    "mode": "offline",
    "tool_calls": [{"name": "get_value_counts", "input": {"column": "시간"}, "result": {}, "duration_ms": 3.2}],
    "receipts": [
        {
            "figure": "18",
            "value": 18,
            "status": "verified",
            "tool_call": 0,
            "path": "values.0",
            "start": TEXT.index("18"),
        },
        {
            "figure": "1,234",
            "value": 1234,
            "status": "derived",
            "tool_call": 0,
            "path": "count",
            "start": TEXT.index("1,234"),
        },
        {"figure": "9.9%", "value": 9.9, "status": "unverified", "start": TEXT.index("9.9%")},
    ],
    "token_usage": {"input": 0, "output": 0},
    "conversation_id": "conv_1",
    "message_id": "msg_1",
    "version": 2,
}


def event(identifier: int, name: str, /, **fields: Any) -> bytes:
    """Returns an event as the server writes it."""
    data = json.dumps({"type": name, **fields}, ensure_ascii=False)
    return f"id: {identifier}\nevent: {name}\ndata: {data}\n\n".encode()


START = event(1, "start", conversation_id="conv_1", message_id="msg_1")
DONE = event(9, "done", answer=ANSWER)


def chunk(body: bytes) -> bytes:
    """Returns bytes as one chunk of a body."""
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def streamed(*events: bytes) -> Reply:
    """Replies with a stream that ends properly."""
    return raw(HEAD, *map(chunk, events), END)


def broken(*events: bytes) -> Reply:
    """Replies with a stream whose connection breaks."""
    return raw(HEAD, *map(chunk, events))
