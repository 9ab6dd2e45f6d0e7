"""Questions about datasets, answered in one piece or as it comes.

The caller's key for Claude comes in a header, goes to Claude with this one request, and is kept nowhere.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from hab_core.chat.claude import ClaudeAccess
from hab_core.schemas.chat import ChatAnswer, ChatRequest
from hab_server import idempotency
from hab_server.bodies import parse_model, read_json, request_body
from hab_server.chatting.streams import written
from hab_server.dependencies import ServicesDep
from hab_server.settings import Settings

router = APIRouter(prefix="/api/chat", tags=["chat"])
KEY_HEADER = "X-Anthropic-API-Key"
_UNCACHED = {"Cache-Control": "no-store"}
_STREAMED = _UNCACHED | {"X-Accel-Buffering": "no"}
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "description": "the caller's key for Claude, used for this request only; without one the offline analyst answers",
    "schema": {"type": "string", "maxLength": 400},
}
_LAST_EVENT = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "`id` of the last event of an answer to this very request: goes on after it",
    "schema": {"type": "string", "maxLength": 80},
}
_EVENTS = {
    "description": "server-sent events: `start`, `text`, `tool_start`, `tool_end`, then `done` or `error`",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@router.post(
    "/message",
    operation_id="send_chat_message",
    responses={200: {"model": ChatAnswer}},
    openapi_extra=request_body(ChatRequest) | {"parameters": [_KEY, idempotency.PARAMETER]},
)
async def send_chat_message(request: Request, services: ServicesDep) -> Response:
    """Answers a question; question and answer are stored in a conversation."""
    key = idempotency.key_of(request)
    body = await read_json(request)
    asked = parse_model(ChatRequest, body)

    async def work() -> Response:
        live = await services.chat.ask(asked, _access(request, services.settings, asked.model), streamed=False)
        answer = await live.outcome
        return Response(answer.model_dump_json(), media_type="application/json")

    response = await idempotency.answer_once(services.engine, "send_chat_message", key, body, work)
    response.headers.update(_UNCACHED)
    return response


@router.post(
    "/stream",
    operation_id="stream_chat_message",
    response_class=StreamingResponse,
    responses={200: _EVENTS},
    openapi_extra=request_body(ChatRequest) | {"parameters": [_KEY, _LAST_EVENT]},
)
async def stream_chat_message(request: Request, services: ServicesDep) -> StreamingResponse:
    """Answers a question, told as it is found out; with `Last-Event-ID` goes on with an answer already begun."""
    asked = parse_model(ChatRequest, await read_json(request))
    last = request.headers.get("last-event-id")
    if last:
        events = await services.streams.resume(asked, last)
    else:
        live = await services.chat.ask(asked, _access(request, services.settings, asked.model), streamed=True)
        events = live.follow()
    return StreamingResponse(written(events), media_type="text/event-stream", headers=_STREAMED)


def _access(request: Request, settings: Settings, model: str | None) -> ClaudeAccess | None:
    """Returns the caller's way to Claude; None where no key came."""
    key = request.headers.get(KEY_HEADER, "").strip()
    return ClaudeAccess(key, model or settings.anthropic_model, settings.anthropic_base_url) if key else None
