"""A stack of services for the tests of the deployment."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.conftest import missing_service
from tests.deploy.stack import NGINX, Stack
from tests.running import give_model, train_small_model


@pytest.fixture(scope="module")
def nginx() -> str:
    if not Path(NGINX).exists():
        missing_service("nginx is not installed (apt-get install nginx-light)")
    return NGINX


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Stack]:
    """The stack on an empty PostgreSQL schema, with Redis started by the file's own command."""
    if shutil.which("redis-server") is None:
        missing_service("redis-server is not installed")
    schema = f"test_{uuid.uuid4().hex}"
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(postgres_url).update_query_dict({"options": f"-csearch_path={schema}"})
    folder = tmp_path_factory.mktemp("stack")
    stack = Stack(folder, url.render_as_string(hide_password=False))
    stack.home.mkdir()
    give_model(stack.home, train_small_model(folder / "small-1"))
    try:
        yield stack
    finally:
        stack.stop()
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()
