"""What schemathesis is told about HAB, loaded by it through ``SCHEMATHESIS_HOOKS``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import schemathesis

LONGEST_QUERY = 16_000
"""Bytes; an address of more than 64 kB is refused by the HTTP parser itself, in plain text, before HAB sees it."""


@schemathesis.hook
def filter_query(context: schemathesis.HookContext, query: Any) -> bool:
    """Leaves out addresses that no application ever sees."""
    return query is None or len(urlencode(query, doseq=True)) < LONGEST_QUERY


@schemathesis.check
def nothing_fails(ctx: Any, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Fails on a 500, and on a part that is down; only Claude is out of reach here, which may be said."""
    if response.status_code >= 500:
        assert response.json()["error"]["code"] in ("llm_unavailable", "llm_timeout")


@schemathesis.check
def every_error_has_the_envelope(ctx: Any, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Fails on an error that is not told in the contract's own way."""
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    body = response.json()
    assert body["success"] is False
    assert set(body) == {"success", "timestamp", "request_id", "error"}
    assert body["request_id"] == response.headers["x-request-id"][0]
    assert set(body["error"]) == {"code", "message", "details"}
    assert any("가" <= letter <= "힣" for letter in body["error"]["message"])
    if response.status_code in (429, 503):
        assert int(response.headers["retry-after"][0]) > 0
