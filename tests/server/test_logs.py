"""Nothing secret reaches a log line."""

from __future__ import annotations

import json
import logging

import pytest

from hab_server.logs import configure_logging, redact, request_id_var

SECRET = "s3cr3t-value_123"


@pytest.mark.parametrize(
    "text",
    [
        f"sk-ant-api03-{SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"{{'x-anthropic-api-key': '{SECRET}'}}",
        f"postgresql+psycopg://hab:{SECRET}@db/hab",
        f"redis://:{SECRET}@cache:6379/0",
        f"GET /api/shared/{SECRET}",
        f"http://localhost:8501/?share={SECRET}",
        f"https://example.org?serviceKey={SECRET}&page=1",
        f"password={SECRET}",
    ],
)
def test_secrets_become_stars(text: str) -> None:
    assert SECRET not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("text", ["predict 비 오는 날", "http://localhost:8000/health", "keys: 3", "2022-01-01T01:00"])
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text


def test_a_line_is_json_with_the_request_and_without_the_secret(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    token = request_id_var.set("req_1")
    try:
        configure_logging("INFO")
        try:
            raise ValueError(f"cannot reach redis://:{SECRET}@cache")
        except ValueError:
            logging.getLogger("hab_server.some").exception("failed", extra={"facts": [{"url": f"?share={SECRET}"}]})
    finally:
        request_id_var.reset(token)
        root.handlers, root.level = handlers, level
    line = capfd.readouterr().err.strip()
    event = json.loads(line)
    assert SECRET not in line
    assert event["request_id"] == "req_1"
    assert event["level"] == "error"
    assert "ValueError" in event["exception"]
