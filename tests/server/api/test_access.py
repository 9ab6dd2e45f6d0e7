"""A guarded server: who is let in, what strangers are told, which pages may call, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hab_server.settings import Settings
from tests.accidents import ACCIDENT
from tests.server.api.conftest import serving
from tests.server.api.uploading import upload

TOKEN = "c2VjcmV0LXRva2VuLW9mLXRoZS10ZXN0cw"
ORIGIN = "https://daegu.example"
PREDICT = "/api/predict/eclo?explain=false"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client, without a token, of a server that asks for one and lets pages of one origin call."""
    home = tmp_path_factory.mktemp("home")
    with serving(Settings(hab_home=home, hab_api_token=TOKEN, cors_origins=ORIGIN)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/predict/eclo"),
        ("GET", "/api/datasets"),
        ("GET", "/api/model"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/no/such/path"),
        ("POST", "/health"),
        ("DELETE", "/api/shared/x"),
        ("GET", "/api/shared/x/rows"),
        ("OPTIONS", "/api/datasets"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("wrong"),
        bearer(TOKEN + "x"),
        bearer(TOKEN.lower()),
        {"Authorization": "Bearer"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"token={TOKEN}"},
    ],
    ids=["none", "wrong", "longer", "lower", "empty", "bare", "basic", "cookie"],
)
def test_strangers_are_refused(guarded: httpx.Client, method: str, path: str, headers: dict[str, str]) -> None:
    response = guarded.request(method, path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    answer = response.json()
    assert (answer["success"], answer["error"]["code"]) == (False, "unauthorized")
    assert "HAB_API_TOKEN" in answer["error"]["message"]
    assert answer["request_id"] == response.headers["x-request-id"]


def test_a_token_in_the_address_opens_nothing(guarded: httpx.Client) -> None:
    assert guarded.get("/api/datasets", params={"token": TOKEN, "access_token": TOKEN}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_who_has_the_token_is_let_in(guarded: httpx.Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}"}
    assert guarded.post(PREDICT, json=ACCIDENT, headers=headers).status_code == 200
    for path in ("/api/datasets", "/metrics", "/openapi.json"):
        assert guarded.get(path, headers=headers).status_code == 200


def test_health_and_share_links_are_for_all(guarded: httpx.Client) -> None:
    for path in ("/health", "/health/live", "/health/ready"):
        assert guarded.get(path).status_code == 200
        assert guarded.head(path).status_code == 200
    guarded.headers.update(bearer(TOKEN))
    dataset_id = upload(guarded)["id"]
    share = guarded.post(f"/api/datasets/{dataset_id}/share").json()
    del guarded.headers["Authorization"]
    assert guarded.get(f"/api/shared/{share['token']}").json()["id"] == dataset_id
    assert guarded.get("/api/shared/unknown").status_code == 404
    assert guarded.get(f"/api/datasets/{dataset_id}").status_code == 401


def test_the_document_says_what_needs_the_token(guarded: httpx.Client, api: httpx.Client) -> None:
    document = guarded.get("/openapi.json", headers=bearer(TOKEN)).json()
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    operations = [(path, each) for path, item in document["paths"].items() for each in item.values()]
    public = {path for path, operation in operations if operation.get("security") == []}
    assert public == {"/health", "/health/live", "/health/ready", "/api/shared/{token}"}
    assert "security" not in api.get("/openapi.json").json()


def test_pages_of_the_allowed_origin_may_call(guarded: httpx.Client) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = guarded.options("/api/predict/eclo", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in preflight.headers
    answer = guarded.post(PREDICT, json=ACCIDENT, headers={"Origin": ORIGIN, **bearer(TOKEN)})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    refused = guarded.get("/api/datasets", headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == ORIGIN


def test_other_pages_may_not(guarded: httpx.Client, api: httpx.Client) -> None:
    for client, origin in ((guarded, "https://elsewhere.example"), (api, ORIGIN)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = client.options("/api/predict/eclo", headers=asked)
        assert preflight.status_code >= 400
        assert preflight.json()["success"] is False
        answer = client.post(PREDICT, json=ACCIDENT, headers={"Origin": origin, **bearer(TOKEN)})
        for each in (preflight, answer):
            assert "access-control-allow-origin" not in each.headers


def test_every_answer_is_protected(api: httpx.Client) -> None:
    dataset_id = upload(api)["id"]
    answers = [
        api.post(PREDICT, json=ACCIDENT),
        api.post(PREDICT, content=b"{"),
        api.get("/health"),
        api.get("/metrics"),
        api.get("/no/such/path"),
        api.post("/health"),
        api.get(f"/api/datasets/{dataset_id}/rows"),
    ]
    for response in answers:
        assert {name: response.headers[name] for name in ALWAYS} == ALWAYS, response.url
        assert response.headers["cache-control"] == "no-store", response.url
        assert len(response.headers.get_list("referrer-policy")) == 1


def test_what_may_be_kept_is_asked_for_again(api: httpx.Client) -> None:
    url = f"/api/datasets/{upload(api)['id']}/download"
    first = api.get(url)
    assert first.headers["cache-control"] == "private, no-cache"
    again = api.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert "cache-control" not in again.headers
    assert api.get("/api/regions").headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    "changes",
    [
        {"hab_api_token": "short"},
        {"hab_api_token": f"{TOKEN} {TOKEN}"},
        {"hab_api_token": f"{TOKEN}한글"},
        {"cors_origins": "*"},
        {"cors_origins": "daegu.example"},
        {"cors_origins": f"{ORIGIN}/path"},
        {"trusted_proxies": "10.0.0.0/8, nonsense"},
        {"rate_limit_per_minute": 0},
    ],
    ids=str,
)
def test_settings_that_would_guard_nothing_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))) as refused:
        Settings(**changes)
    assert TOKEN not in str(refused.value)
