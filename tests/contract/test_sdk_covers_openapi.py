"""Every operation of the OpenAPI document has a method of the SDK that calls it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from hab_client import HabClient
from hab_client._transport import Call
from hab_server.app import create_app
from hab_server.settings import Settings

METHODS: dict[str, Callable[[HabClient], object]] = {
    "cancel_eclo_batch": lambda client: client.jobs.cancel("job_1"),
    "create_eclo_batch": lambda client: client.eclo.predict_batch([{}]),
    "delete_conversation": lambda client: client.conversations.delete("conv_1"),
    "delete_dataset": lambda client: client.datasets.delete("ds_1"),
    "download_dataset": lambda client: client.datasets.download("ds_1", BytesIO()),
    "download_eclo_batch": lambda client: client.jobs.download("job_1", BytesIO()),
    "get_conversation": lambda client: client.conversations.get("conv_1"),
    "get_dataset": lambda client: client.datasets.get("ds_1"),
    "get_eclo_batch": lambda client: client.jobs.state("job_1"),
    "get_health": lambda client: client.health(),
    "get_live": lambda client: client.health.live(),
    "get_metrics": lambda client: client.health.metrics(),
    "get_model": lambda client: client.model.info(),
    "get_ready": lambda client: client.health.ready(),
    "get_shared_dataset": lambda client: client.datasets.shared("token"),
    "list_conversations": lambda client: list(client.conversations.list()),
    "list_dataset_rows": lambda client: list(client.datasets.rows("ds_1")),
    "list_datasets": lambda client: list(client.datasets.list()),
    "list_predictions": lambda client: list(client.eclo.history()),
    "list_regions": lambda client: client.regions(),
    "list_tools": lambda client: client.tools.list(),
    "predict_eclo": lambda client: client.eclo.predict(),
    "revoke_share": lambda client: client.datasets.revoke("share_1"),
    "run_dataset_tool": lambda client: client.tools.run("get_dataframe_info", dataset="ds_1"),
    "run_tool": lambda client: client.tools.run("predict_eclo"),
    "sample_dataset_rows": lambda client: client.datasets.sample("ds_1"),
    "send_chat_message": lambda client: client.chat.ask("질문", dataset="ds_1"),
    "share_dataset": lambda client: client.datasets.share("ds_1"),
    "stream_chat_message": lambda client: client.chat.stream("질문", dataset="ds_1").finish(),
    "update_conversation": lambda client: client.conversations.rename("conv_1", "제목"),
    "update_dataset": lambda client: client.datasets.update("ds_1", name="이름"),
    "upload_dataset": lambda client: client.datasets.upload(b"a"),
}


class Called(Exception):
    """Stops a method at the moment it would send its request."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.path)
        self.call = call


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Method and path of every operation by its id."""
    document: dict[str, Any] = create_app(Settings(hab_home=tmp_path_factory.mktemp("home"))).openapi()
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "head"
    }


def test_every_operation_has_a_method(operations: dict[str, tuple[str, str]]) -> None:
    assert sorted(METHODS) == sorted(operations)


@pytest.mark.parametrize("name", METHODS)
def test_the_method_calls_its_operation(
    operations: dict[str, tuple[str, str]], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(_: object, call: Call, *__: object) -> None:
        raise Called(call)

    monkeypatch.setattr("hab_client._transport.Transport.request", send)
    monkeypatch.setattr("hab_client._transport.Transport.download", send)
    monkeypatch.setattr("hab_client._transport.Transport.stream", send)
    with HabClient("http://127.0.0.1:1") as client, pytest.raises(Called) as caught:
        METHODS[name](client)
    method, path = operations[name]
    assert caught.value.call.method == method
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), caught.value.call.path)


def test_the_wheel_is_typed() -> None:
    assert (Path(__file__).resolve().parents[2] / "hab_client" / "py.typed").is_file()
