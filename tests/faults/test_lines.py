"""Lines between the parts are slow, silent, cut, reset or half closed: nobody hangs, and all comes back after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import make_url

from hab_client import ConnectionFailed, HabClient, HabError, RequestTimeout
from hab_server.settings import Settings
from tests.accidents import ACCIDENT
from tests.faults.ledger import pages
from tests.faults.proxy import Mode, Proxy
from tests.running import give_model, wait_until
from tests.server.api.conftest import serving
from tests.server.conftest import postgres_dsn  # noqa: F401  # a fixture
from tests.working import accident_rows

BROKEN: tuple[Mode, ...] = ("refuse", "reset", "silence", "half_close")
PREDICT, BATCH = "/api/predict/eclo", "/api/predict/eclo/batch"


def is_down(response: httpx.Response, code: str) -> bool:
    """Whether an answer says that a part is down, in the way of the contract."""
    told = response.status_code == 503 and response.json()["error"]["code"] == code
    return told and int(response.headers["retry-after"]) > 0


@pytest.mark.postgres
def test_the_line_to_postgres(postgres_dsn: str, home: Path) -> None:  # noqa: F811
    address = make_url(postgres_dsn)
    with Proxy(address.port or 5432) as proxy:
        url = address.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        with serving(Settings(hab_home=home, database_url=url)) as client:
            acknowledged: list[str] = []
            for mode in BROKEN:
                acknowledged.append(client.post(PREDICT, json=ACCIDENT).json()["prediction_id"])
                proxy.turn(mode)
                assert is_down(client.post(PREDICT, json=ACCIDENT), "database_unavailable"), mode
                assert is_down(client.get("/api/predictions"), "database_unavailable"), mode
                assert client.get("/health/live").status_code == 200
                proxy.turn("pass")
                wait_until(lambda: client.post(PREDICT, json=ACCIDENT).status_code == 200)
                wait_until(lambda: client.get("/health/ready").status_code == 200)
            proxy.delay = 0.02
            acknowledged += [client.post(PREDICT, json=ACCIDENT).json()["prediction_id"] for _ in range(3)]
            assert set(acknowledged) <= {item["prediction_id"] for item in pages(client, "/api/predictions")}


@pytest.mark.redis
def test_the_line_to_redis(redis_url: str, home: Path) -> None:
    address = urlsplit(redis_url)
    with Proxy(address.port or 6379) as proxy:
        url = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{proxy.port}")).geturl()
        with serving(Settings(hab_home=home, redis_url=url)) as client:
            for mode in BROKEN:
                jobs = [client.post(BATCH, json={"accidents": accident_rows(2)}).json()["job_id"]]
                proxy.turn(mode)
                assert is_down(client.post(BATCH, json={"accidents": accident_rows(2)}), "queue_unavailable"), mode
                assert client.post(PREDICT, json=ACCIDENT).status_code == 200
                assert client.get(f"{BATCH}/{jobs[0]}").json()["status"] == "queued"
                assert client.get("/health/live").status_code == 200
                proxy.turn("pass")
                wait_until(lambda: client.post(BATCH, json={"accidents": accident_rows(2)}).status_code == 202)
            for job in jobs:
                client.delete(f"{BATCH}/{job}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[str]:
    """The address of a whole embedded HAB."""
    from hab_server.embedded import EmbeddedServer

    home = tmp_path_factory.mktemp("lines") / "home"
    home.mkdir()
    give_model(home, model_folder)
    with EmbeddedServer(Settings(hab_home=home)) as running:
        yield running.base_url


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    """A line to the server that a test may spoil."""
    with Proxy(urlsplit(server).port or 0) as proxy:
        yield proxy


def of(proxy: Proxy) -> HabClient:
    """A client at the end of the line, with no connection yet."""
    return HabClient(f"http://127.0.0.1:{proxy.port}", timeout=30.0)


def test_an_answer_that_is_cut_off_is_asked_for_again_and_the_work_is_done_once(proxy: Proxy) -> None:
    with of(proxy) as client:
        before = len(list(client.eclo.history()))
    with of(proxy) as client:  # a cut is for a new connection
        proxy.cuts = [150]
        made = client.eclo.predict(ACCIDENT, idempotency_key="cut")
        assert not proxy.cuts
        assert [one.prediction_id for one in client.eclo.history()][: -before or None] == [made.prediction_id]
    with of(proxy) as client:
        proxy.cuts = [150]
        dataset = client.datasets.upload("구,건수\n수성구,3\n".encode())
        assert not proxy.cuts
        assert [one.id for one in client.datasets.list()] == [dataset.id]
    with of(proxy) as client:
        proxy.cuts = [150]
        job = client.eclo.predict_batch(accident_rows(7))
        assert not proxy.cuts
        job.wait()
        assert len([one for one in client.eclo.history() if one.source == "batch"]) == 7


@pytest.mark.parametrize("mode", ["refuse", "reset", "half_close"])
def test_a_client_outlives_a_broken_line(proxy: Proxy, mode: Mode) -> None:
    with of(proxy) as client:
        client.eclo.predict(ACCIDENT)
        proxy.turn(mode)
        with pytest.raises(HabError) as failure:
            client.eclo.predict(ACCIDENT)
        assert isinstance(failure.value, ConnectionFailed)
        proxy.turn("pass")
        assert client.eclo.predict(ACCIDENT).eclo > 0


def test_a_client_does_not_wait_for_a_silent_line(proxy: Proxy) -> None:
    with of(proxy) as client:
        client.eclo.predict(ACCIDENT)
        proxy.turn("silence")
        with pytest.raises(RequestTimeout):
            client.with_options(timeout=1.0).eclo.predict(ACCIDENT)
        proxy.turn("pass")
        assert client.eclo.predict(ACCIDENT).eclo > 0


def test_a_slow_line_is_only_slow(proxy: Proxy) -> None:
    with of(proxy) as client:
        proxy.delay = 0.05
        dataset = client.datasets.upload(("구,건수\n" + "수성구,3\n" * 20_000).encode())
        assert client.tools.run("get_dataframe_info", dataset=dataset.id).result["rows"] == 20_000
