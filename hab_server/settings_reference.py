"""The settings as a Markdown page."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from hab_server.settings import Settings

_HEAD = """# Settings

Every setting is an environment variable. This page is generated from the code by `make docs`.

## Server, workers and `hab up`

| variable | default | meaning |
|---|---|---|
"""
_CLIENT = """
## SDK and command line

| variable | default | meaning |
|---|---|---|
| `BACKEND_URL` | `http://localhost:8000` | the server that the SDK and the command line speak to |
| `HAB_API_TOKEN` |  | the token of a server that asks for one |

## Tests

| variable | meaning |
|---|---|
| `TEST_DATABASE_URL` | a PostgreSQL that tests may use, e.g. `postgresql+psycopg://user@127.0.0.1:5432/test` |
| `TEST_REDIS_URL` | a Redis database that tests may empty, e.g. `redis://127.0.0.1:6379/9` |
| `HAB_TEST_REQUIRE_SERVICES` | set: a test that would skip for want of one of these fails |
"""


def render() -> str:
    """Returns ``docs/settings.md``."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return _HEAD + "\n".join(rows) + "\n" + _CLIENT


def _row(name: str, field: FieldInfo) -> str:
    """Returns one line of the table."""
    if field.default_factory is not None:
        default = "the platform's folder for user data + `/hab`"
    else:
        default = "" if field.default is None else f"`{field.default}`"
    return f"| `{name.upper()}` | {default} | {field.description} |"
