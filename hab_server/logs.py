"""Structured logs: one JSON object a line on stderr, with the request id and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.typing import EventDict, ProcessorReturnValue

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that the present task answers."""

_NAMED_VALUE = (
    r"(?i)((?:x-anthropic-api-key|x-api-key|authorization|api_?key|api_?token|password|service_?key|authkey)"
    r"['\"]?\s*[:=]\s*['\"]?)[^\s'\",&}]+"
)
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"sk-ant-[\w-]+"), "sk-ant-***"),
    (re.compile(r"(?i)(bearer\s+)\S+"), r"\1***"),
    (re.compile(_NAMED_VALUE), r"\1***"),
    (re.compile(r"(://[^/:@\s]*:)[^@/\s]+@"), r"\1***@"),
    (re.compile(r"(/api/shared/)[^/?\s\"]+"), r"\1***"),
    (re.compile(r"([?&]share=)[^&\s\"]+"), r"\1***"),
)
_CHATTY = ("anthropic", "httpx", "httpx2", "httpcore", "rq.worker", "rq.cron", "alembic")


def redact(text: str) -> str:
    """Returns ``text`` with keys, passwords and share tokens replaced by stars."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def redact_event(_: Any, __: str, event: EventDict) -> EventDict:
    """Redacts every text of a log event, nested ones included (a structlog processor)."""
    return {key: _redacted(value) for key, value in event.items()}


def configure_logging(level: str) -> None:
    """Sends all logs of the process to stderr as JSON lines, from ``level`` on."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _add_request_id,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


def _add_request_id(_: Any, __: str, event: EventDict) -> ProcessorReturnValue:
    """Adds the id of the request at hand, where there is one."""
    request_id = request_id_var.get()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _redacted(value: Any) -> Any:
    """Returns a value with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    return value
