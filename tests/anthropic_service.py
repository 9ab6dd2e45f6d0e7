"""A stand-in for Anthropic's service: speaks the Messages API over HTTP, streaming and not, by a script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

KEY = "sk-ant-test-0123456789-not-a-real-key"
_IDS = count(1)


@dataclass(frozen=True)
class Reply:
    """One answer of the script.

    Attributes:
        text: Text before the tools.
        tools: Tools asked for: name and input; an input of type str is sent as it stands, valid JSON or not.
        status: An error where it is not 200.
        headers: Further headers, such as retry-after.
        wait: Seconds of silence before the answer.
        pause: Seconds between two events of the stream.
        cut_after: The connection is closed after so many events; None sends all.
        hang_after: Nothing more is said after so many events, and the connection stays open.
        stop_reason: Why the model stopped; by default what fits.
        error_after: An error event (its type) takes the place of the rest after ``cut_after`` events.
    """

    text: str = ""
    tools: Sequence[tuple[str, Any]] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    pause: float = 0.0
    cut_after: int | None = None
    hang_after: int | None = None
    stop_reason: str | None = None
    error_after: str | None = None


ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
}  # fmt: skip
Script = Callable[[dict[str, Any]], Reply]


class StandIn:
    """The service while it runs: its address, the script it follows and the requests it got."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.released = threading.Event()
        self._script: list[Reply] = []
        self._always: Script | None = None
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service.answer(self)

            def log_message(self, *_arguments: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL for the SDK."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def say(self, *replies: Reply) -> None:
        """Queues replies, one a request."""
        self._script.extend(replies)

    def always(self, script: Script) -> None:
        """Answers every request that no queued reply is for."""
        self._always = script

    def close(self) -> None:
        """Stops the service, hanging answers included."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request as the script says."""
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self._lock:
            self.requests.append(body)
            self.paths.append(handler.path)
            self.keys.append(handler.headers.get("authorization", "") or handler.headers.get("x-api-key", ""))
            reply = self._script.pop(0) if self._script else self._always(body) if self._always else Reply(status=500)
        self.released.wait(reply.wait)
        try:
            self._send(handler, body, reply)
        except OSError:
            handler.close_connection = True

    def _send(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], reply: Reply) -> None:
        if reply.status != 200:
            _json(handler, reply.status, _error(ERRORS[reply.status]), reply.headers)
        elif not body.get("stream"):
            _json(handler, 200, _message(body["model"], reply), reply.headers)
        else:
            self._stream(handler, body, reply)

    def _stream(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], reply: Reply) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for i, event in enumerate(_events(body["model"], reply)):
            if reply.hang_after is not None and i >= reply.hang_after:
                self.released.wait(60)
                break
            if reply.cut_after is not None and i >= reply.cut_after:
                if reply.error_after:
                    _chunk(handler, "error", _error(reply.error_after))
                    break
                handler.wfile.write(b"0\r\n\r\n")
                handler.close_connection = True
                return
            _chunk(handler, event["type"], event)
            time.sleep(reply.pause)
        handler.wfile.write(b"0\r\n\r\n")


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Runs the service."""
    service = StandIn()
    try:
        yield service
    finally:
        service.close()


def _chunk(handler: BaseHTTPRequestHandler, name: str, data: dict[str, Any]) -> None:
    payload = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
    handler.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
    handler.wfile.flush()


def _json(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
    payload = json.dumps(body, ensure_ascii=False).encode()
    handler.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": str(len(payload)), **headers}.items():
        handler.send_header(name, value)
    handler.send_header("request-id", "req_standin")
    handler.end_headers()
    handler.wfile.write(payload)


def _error(kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": f"stand-in says {kind}"}, "request_id": "req_standin"}


def _content(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    uses = [
        {"type": "tool_use", "id": f"toolu_{next(_IDS)}", "name": name, "input": given} for name, given in reply.tools
    ]
    return blocks + uses


def _stop_reason(reply: Reply) -> str:
    return reply.stop_reason or ("tool_use" if reply.tools else "end_turn")


def _message(model: str, reply: Reply) -> dict[str, Any]:
    return {
        "id": f"msg_{next(_IDS)}", "type": "message", "role": "assistant", "model": model, "content": _content(reply),
        "stop_reason": _stop_reason(reply), "stop_sequence": None, "usage": {"input_tokens": 100, "output_tokens": 20},
    }  # fmt: skip


def _events(model: str, reply: Reply) -> Iterator[dict[str, Any]]:
    whole = _message(model, reply)
    start = {**whole, "content": [], "stop_reason": None, "usage": {"input_tokens": 100, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(whole["content"]):
        yield from _block_events(index, block)
    yield {
        "type": "message_delta", "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
        "usage": {"output_tokens": 20},
    }  # fmt: skip
    yield {"type": "message_stop"}


def _block_events(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        empty: dict[str, Any] = {"type": "text", "text": ""}
        parts = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
    else:
        empty = {**block, "input": {}}
        written = block["input"] if isinstance(block["input"], str) else json.dumps(block["input"], ensure_ascii=False)
        parts = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(written)]
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for part in parts:
        yield {"type": "content_block_delta", "index": index, "delta": part}
    yield {"type": "content_block_stop", "index": index}


def _pieces(text: str) -> list[str]:
    return [text[i : i + 7] for i in range(0, len(text), 7)]
