"""The server says how it is, and goes on with what still works."""

from __future__ import annotations

import httpx
import pytest

from hab_core.schemas.version import VERSION
from hab_server.settings import Settings
from hab_server.valkey import ValkeyProcess
from tests.accidents import ACCIDENT
from tests.running import wait_until
from tests.server.api.conftest import RECOVERS_WITHIN, serving


def test_health_names_every_part(api: httpx.Client) -> None:
    health = api.get("/health").json()
    assert set(health["components"]) == {"database", "cache", "queue", "workers", "model"}
    assert health["components"]["database"]["status"] == "ok"
    assert health["components"]["workers"]["status"] == "down"
    assert health["status"] == "degraded"
    assert health["version"] == VERSION


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_load_balancers_may_ask_by_head(api: httpx.Client, path: str) -> None:
    response = api.head(path)
    assert response.status_code == 200
    assert response.content == b""


def test_metrics_count_what_was_answered(api: httpx.Client) -> None:
    api.post("/api/predict/eclo", params={"explain": "false"}, json=ACCIDENT)
    api.get("/some/made-up/path")
    text = api.get("/metrics").text
    assert 'hab_http_request_seconds_count{method="POST",route="/api/predict/eclo",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert "made-up" not in text
    assert 'hab_component_up{component="database"} 1.0' in text
    assert "hab_model_info{version=" in text


def test_the_openapi_document_describes_envelope_and_errors(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    assert "success" not in document
    predict = document["paths"]["/api/predict/eclo"]["post"]
    assert {"$ref": "#/components/schemas/Envelope"} in predict["responses"]["200"]["content"]["application/json"][
        "schema"
    ]["allOf"]
    assert {"400", "404", "405", "413", "415", "422", "429", "500", "503"} <= set(predict["responses"])
    assert "weather" in predict["requestBody"]["content"]["application/json"]["schema"]["properties"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["operationId"]


def test_without_a_queue_single_predictions_go_on(settings: Settings) -> None:
    with serving(settings) as client:
        assert client.get("/health").json()["components"]["queue"]["status"] == "down"
        assert client.post("/api/predict/eclo", json=ACCIDENT).status_code == 200
        refused = client.post("/api/predict/eclo/batch", json={"accidents": [ACCIDENT]})
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "queue_unavailable"
        assert int(refused.headers["retry-after"]) > 0
        with ValkeyProcess(settings):
            wait_until(lambda: client.get("/health").json()["components"]["queue"]["status"] == "ok", RECOVERS_WITHIN)
            accepted = client.post("/api/predict/eclo/batch", json={"accidents": [ACCIDENT]})
            assert accepted.status_code == 202
            assert accepted.json()["status"] == "queued"
