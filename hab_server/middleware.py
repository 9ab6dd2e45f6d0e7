"""The outermost layer: request ids, the envelope around every JSON answer, the last word on failures, measuring.

It is one plain ASGI class, because each layer around the hot path costs throughput, and because only the outermost
layer sees every answer, also those that the framework makes itself (a 413 for a large ``Content-Length`` is plain text
that no exception handler sees).
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hab_core.errors import HabError, InternalError
from hab_server.direct_route import DirectRoute
from hab_server.errors import error_of_status, error_response, on_hab_error
from hab_server.gates import Gate
from hab_server.logs import request_id_var
from hab_server.metrics import Metrics
from hab_server.protection import protection, with_cors

SLOW_SECONDS = 1.0
CLIENT_CLOSED_REQUEST = 499
"""The status, known from nginx, under which a caller who left before the answer is counted."""
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_JSON = b"application/json"
log = logging.getLogger("hab_server.access")


class EdgeMiddleware:
    """Wraps an application so that every answer has an id, an envelope and a place in the metrics."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        direct: Sequence[DirectRoute],
        bare_paths: frozenset[str],
        gates: Sequence[Gate] = (),
        origins: Sequence[str] = (),
    ) -> None:
        """Wraps an application.

        Args:
            app: The rest of the application.
            metrics: Counts and times every request.
            direct: Routes that are called at once, past the framework's own layers.
            bare_paths: Paths whose JSON gets no envelope unless it is a failure: the OpenAPI document.
            gates: Asked in turn before a request is answered; each may raise one of HAB's errors.
            origins: Whose pages may call from a browser.
        """
        self._app = app
        self._metrics = metrics
        self._direct = {(method, route.path): route for route in direct for method in route.methods}
        self._bare_paths = bare_paths
        self._gates = tuple(gates)
        self._answered: ASGIApp = with_cors(self._respond, origins) if origins else self._respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request; other protocols pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        token = request_id_var.set(request_id)
        answer = _Answer(send, request_id, enveloped=scope["path"] not in self._bare_paths)
        started = time.perf_counter()
        try:
            await self._answered(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = CLIENT_CLOSED_REQUEST
        except Exception:
            log.exception("unhandled failure", extra={"path": scope["path"], "method": scope["method"]})
            if answer.started:
                raise
            await error_response(InternalError())(scope, receive, answer.send)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe_request(scope, answer.status, seconds)
            _log_access(scope, answer.status, seconds)
            request_id_var.reset(token)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers by a direct route where there is one, else by the rest of the application."""
        route = self._direct.get((scope["method"], scope["path"]))
        try:
            for gate in self._gates:
                await gate.check(scope)
            if route is None:
                await self._app(scope, receive, send)
                return
            scope["route"] = route
            response = await route.endpoint(Request(scope, receive))
        except HabError as error:
            response = on_hab_error(scope["path"], error)
        await response(scope, receive, send)


class _Answer:
    """One answer on its way out: holds back the head until the body shows whether it is a JSON object."""

    def __init__(self, send: Send, request_id: str, *, enveloped: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._enveloped = enveloped
        self._head: Message | None = None
        self.status = 500
        self.started = False

    async def send(self, message: Message) -> None:
        """Passes a message on, with the envelope where it belongs."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._head = message
        elif self._head is not None and message["type"] == "http.response.body":
            head, self._head = self._head, None
            self.started = True
            headers, body = self._finished(head["headers"], message)
            await self._send({**head, "headers": headers + protection(headers, self.status)})
            await self._send({**message, "body": body})
        else:
            await self._send(message)

    def _finished(
        self, headers: list[tuple[bytes, bytes]], message: Message
    ) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Returns the headers and the first body part as they go out."""
        body: bytes = message.get("body", b"")
        is_json = any(name == b"content-type" and value.startswith(_JSON) for name, value in headers)
        own = (b"x-request-id", self._request_id.encode())
        if (self._enveloped or self.status >= 400) and is_json and body[:1] == b"{":
            wrapped = self._envelope() + (b"," if len(body) > 2 else b"") + body[1:]
            return [*_with_length(headers, len(wrapped) - len(body)), own], wrapped
        if self.status >= 400 and not is_json and not message.get("more_body", False):
            return self._replaced(headers, own, len(body))
        return [*headers, own], body

    def _replaced(
        self, headers: list[tuple[bytes, bytes]], own: tuple[bytes, bytes], length: int
    ) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Returns HAB's own body in place of a plain-text error of the framework; HEAD stays without a body."""
        if length == 0:
            return [*headers, own], b""
        body = bytes(error_response(error_of_status(self.status)).body)
        wrapped = self._envelope() + b"," + body[1:]
        kept = [h for h in headers if h[0] not in (b"content-type", b"content-length")]
        return [*kept, (b"content-type", _JSON), (b"content-length", b"%d" % len(wrapped)), own], wrapped

    def _envelope(self) -> bytes:
        """Returns the opening of the JSON object: success, timestamp, request id."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        success = "true" if self.status < 400 else "false"
        return f'{{"success":{success},"timestamp":"{now}","request_id":"{self._request_id}"'.encode()


def _with_length(headers: list[tuple[bytes, bytes]], added: int) -> list[tuple[bytes, bytes]]:
    """Returns ``headers`` with a content length that is ``added`` bytes longer."""
    return [(k, b"%d" % (int(v) + added)) if k == b"content-length" else (k, v) for k, v in headers]


def _request_id(scope: Scope) -> str:
    """Returns the caller's request id where it is a harmless one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ACCEPTED_ID.fullmatch(value):
            return str(value, "ascii")
    return f"req_{random.getrandbits(96):024x}"  # tells requests apart, keeps no secret


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    """Logs failures and slow answers; the rest only at DEBUG, as the metrics count them anyway."""
    level = logging.INFO if status >= 400 or seconds > SLOW_SECONDS else logging.DEBUG
    if log.isEnabledFor(level):
        facts = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
        log.log(level, "request", extra=facts)
