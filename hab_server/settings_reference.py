"""The settings as a Markdown page."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic.fields import FieldInfo

from hab_server.settings import Settings

_HEAD = """# Settings

Every setting is an environment variable. This page is generated from the code by `make docs`.

## Server, workers and `hab up`

| variable | default | meaning |
|---|---|---|
"""
_UI = """
## User interface

It reads `BACKEND_URL`, `BACKEND_HOST`, `UI_PORT`, `UI_URL`, `MAX_UPLOAD_MB` and `LOG_LEVEL`, too; `hab up` sets them.

| variable | default | meaning |
|---|---|---|
"""
_CLIENT = """
## SDK, command line and user interface

| variable | default | meaning |
|---|---|---|
| `BACKEND_URL` | `http://localhost:8000` | the server that SDK, command line and user interface speak to |
| `HAB_API_TOKEN` |  | the token of a server that asks for one |
| `CLAUDE_API_KEY` |  | key for Claude; also read from `claude_api_key=…` in `env/.env` or `env/config.env` |
| `CHAT_TIMEOUT` | `60` | seconds that an answer of chat may take; chat calls wait 15 s longer |

## Tests

| variable | meaning |
|---|---|
| `TEST_DATABASE_URL` | a PostgreSQL that tests may use, e.g. `postgresql+psycopg://user@127.0.0.1:5432/test` |
| `TEST_REDIS_URL` | a Redis whose databases tests may empty, e.g. `redis://127.0.0.1:6379/9` |
| `HAB_TEST_REQUIRE_SERVICES` | set: a test that would skip for want of one of these fails |
"""


def render(ui: Mapping[str, FieldInfo]) -> str:
    """Returns ``docs/settings.md``; ``ui`` are the settings of the user interface, which the server does not know."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    more = [_row(name, field) for name, field in ui.items() if name not in {*Settings.model_fields, "backend_url"}]
    return _HEAD + "\n".join(rows) + "\n" + _UI + "\n".join(more) + "\n" + _CLIENT


def _row(name: str, field: FieldInfo) -> str:
    """Returns one line of the table."""
    if field.default_factory is not None:
        default = "the platform's folder for user data + `/hab`"
    else:
        default = "" if field.default in (None, "") else f"`{field.default}`"
    return f"| `{name.upper()}` | {default} | {field.description} |"
