"""Conversations: listed, read, renamed, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from hab_core.schemas.chat import Conversation, ConversationPatch, ConversationSummary
from hab_core.schemas.common import Page
from hab_core.schemas.datasets import Removed
from hab_server.bodies import parse_model, read_json, request_body
from hab_server.dependencies import DEFAULT_LIMIT, ConversationId, CursorQuery, LimitQuery, ServicesDep
from hab_server.store import conversations

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
_DatasetQuery = Annotated[
    str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_]+$", description="only conversations about this dataset")
]


@router.get("", operation_id="list_conversations")
def list_conversations(
    services: ServicesDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
    dataset_id: _DatasetQuery = None,
) -> Page[ConversationSummary]:
    """Lists the conversations, newest first."""
    return conversations.list_conversations(services.engine, limit, cursor, dataset_id)


@router.get("/{conversation_id}", operation_id="get_conversation")
def get_conversation(conversation_id: ConversationId, services: ServicesDep) -> Conversation:
    """Returns a conversation with all its messages; answers that are being made are not among them yet."""
    return conversations.get(services.engine, conversation_id, services.chat.register.under_way)


@router.patch("/{conversation_id}", operation_id="update_conversation", openapi_extra=request_body(ConversationPatch))
async def update_conversation(conversation_id: ConversationId, request: Request, services: ServicesDep) -> Conversation:
    """Gives a conversation another title; says so where it had changed since `expected_version`."""
    patch = parse_model(ConversationPatch, await read_json(request))
    under_way = services.chat.register.under_way
    return await run_in_threadpool(conversations.change, services.engine, conversation_id, patch, under_way)


@router.delete("/{conversation_id}", operation_id="delete_conversation")
def delete_conversation(conversation_id: ConversationId, services: ServicesDep) -> Removed:
    """Deletes a conversation with its messages."""
    conversations.remove(services.engine, conversation_id)
    return Removed(id=conversation_id)
