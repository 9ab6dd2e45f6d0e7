"""``hab doctor`` in healthy and in broken homes."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hab_server.datasets.keeping import keep
from hab_server.datasets.opening import open_store
from hab_server.doctor import Check, examine, machine, report, services, worst
from hab_server.preflight import listen
from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine
from hab_server.store.migrate import upgrade
from hab_server.valkey import ValkeyProcess
from tests.running import HAB, Command, ask, component, free_port, give_model, train_small_model, wait_until


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def home(settings: Settings, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a good model; ports of its own are set."""
    settings.hab_home.mkdir()
    give_model(settings.hab_home, model_folder)
    monkeypatch.setenv("HAB_HOME", str(settings.hab_home))
    monkeypatch.setenv("BACKEND_PORT", str(free_port()))
    monkeypatch.setenv("UI_PORT", str(free_port()))
    return settings.hab_home


@pytest.fixture
def up(home: Path) -> Iterator[Command]:
    command = Command(home, "up", "--no-ui", BACKEND_PORT=os.environ["BACKEND_PORT"])
    command.says("HAB가 실행 중입니다")
    wait_until(lambda: ask(f"{command.url}/health")[1].get("status") == "ok")
    yield command
    command.process.terminate()
    command.ends()


def statuses(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


def test_everything_is_well_while_hab_runs(up: Command) -> None:
    found = subprocess.run([*HAB, "doctor", "--json"], capture_output=True, text=True, check=False)
    document = json.loads(found.stdout)
    assert document["status"] == "ok", document
    assert found.returncode == 0
    names = [check["name"] for check in document["checks"]]
    assert names == [
        "python", "lightgbm", "locale", "threads", "anthropic_key",
        "home", "database", "datasets", "queue", "workers", "model", "backend_port", "ui_port", "server", "ui",
    ]  # fmt: skip
    assert up.url in document["checks"][names.index("server")]["message"]


def test_server_is_found_by_its_home_whatever_its_port(up: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND_PORT", str(free_port()))
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:1")
    assert services.check_server(Settings()).status == "ok"


def test_damaged_model_of_a_running_server_is_told_by_both(up: Command) -> None:
    model = up.home / "models" / "small-1" / "model.txt"
    model.write_bytes(model.read_bytes() + b" ")
    wait_until(lambda: component(up.url, "model").get("status", "ok") != "ok")
    found = {check.name: check for check in examine()}
    assert found["model"].status == "fail"
    assert "SHA-256" in found["model"].message
    assert found["server"].status == "warn"
    assert "SHA-256" in found["server"].message


def test_before_the_first_start_nothing_fails_and_nothing_is_made(home: Path) -> None:
    before = sorted(home.rglob("*"))
    checks = examine()
    assert worst(checks) == "warn"
    warned = {name for name, status in statuses(checks).items() if status == "warn"}
    assert warned == {"database", "queue", "workers", "server"}
    assert all(check.remedy for check in checks if check.status != "ok")
    assert [path for path in sorted(home.rglob("*")) if ".verified" not in str(path)] == before


def test_home_that_does_not_exist_is_not_made(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAB_HOME", str(tmp_path / "not" / "yet"))
    assert statuses(examine())["home"] == "ok"
    assert not (tmp_path / "not").exists()


def test_report_for_people_names_the_remedy_and_the_exit_code_says_fail(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "models" / "small-1" / "model.txt").write_text("tree")
    found = subprocess.run([*HAB, "doctor"], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert re.search(r"\[ fail \] model .*SHA-256", found.stdout)
    assert "→ hab eclo activate --previous" in found.stdout
    assert "Traceback" not in found.stdout + found.stderr


def test_wrong_setting_is_a_failed_check(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_LIMIT", "none")
    checks = examine()
    assert checks[-1].name == "settings"
    assert "QUEUE_LIMIT" in checks[-1].message
    assert worst(checks) == "fail"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.txt", b"", "SHA-256"),
        ("features.json", b"{}", "SHA-256"),
        ("SHA256SUMS", b"", "SHA256SUMS"),
        ("model.txt", None, "model.txt"),
    ],
)
def test_model_that_cannot_serve(home: Path, name: str, content: bytes | None, said: str) -> None:
    file = home / "models" / "small-1" / name
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    check = machine.check_model(Settings())
    assert check.status == "fail"
    assert said in check.message


def test_active_model_that_is_missing(home: Path) -> None:
    (home / "models" / "active.json").write_text('{"active": "gone-1", "previous": null}')
    check = machine.check_model(Settings())
    assert check.status == "fail"
    assert "gone-1" in check.message


def test_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = machine.check_home(Settings(hab_home=tmp_path / "file"))
    assert check.status == "fail"
    assert "HAB_HOME" in check.remedy


def test_database(settings: Settings) -> None:
    settings.hab_home.mkdir()
    assert services.check_database(settings).remedy == "hab db upgrade"
    upgrade(settings)
    assert services.check_database(settings).status == "ok"
    for revision, remedy in (("0001", "hab db upgrade"), ("other", 'pip install -U "hab-client[server]"')):
        with closing(sqlite3.connect(settings.hab_home / "hab.db")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        check = services.check_database(settings)
        assert (check.status, check.remedy) == ("fail", remedy)
        assert revision in check.message


def test_database_that_is_no_database(settings: Settings) -> None:
    settings.hab_home.mkdir()
    (settings.hab_home / "hab.db").write_text("not a database, but long enough to look like one" * 100)
    assert services.check_database(settings).status == "fail"


def test_database_out_of_reach_keeps_its_password(settings: Settings) -> None:
    dsn = "postgresql+psycopg://nobody:geheim@127.0.0.1:1/none"
    check = services.check_database(Settings(hab_home=settings.hab_home, database_url=dsn))
    assert check.status == "fail"
    assert "geheim" not in str(check)


def test_store_of_datasets(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"dataset_store_url": str(tmp_path / "tables")})
    assert services.check_datasets(elsewhere).status == "ok"
    assert not (tmp_path / "tables").exists()
    upgrade(elsewhere)
    engine = create_store_engine(elsewhere)
    store = open_store(elsewhere)
    dataset = keep(engine, store, "구,건수\n수성구,3\n".encode(), "sha256:1", name="구별")
    found = services.check_datasets(elsewhere)
    assert (found.status, "파일 1개" in found.message) == ("ok", True)
    assert [file.name for file in (tmp_path / "tables").iterdir()] == [f"{dataset.id}.parquet"]
    store.delete(dataset.id)
    lost = services.check_datasets(elsewhere)
    engine.dispose()
    assert lost.status == "fail"
    assert dataset.id in lost.message


def test_store_of_datasets_that_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("no folder")
    for url in (str(tmp_path / "tables"), "nowhere://bucket"):
        found = services.check_datasets(settings.model_copy(update={"dataset_store_url": url}))
        assert found.status == "fail"
        assert url in found.message


def test_queue_and_workers(settings: Settings) -> None:
    assert services.check_queue(settings).status == "warn"
    assert services.check_workers(settings).status == "warn"
    with ValkeyProcess(settings):
        assert services.check_queue(settings).status == "ok"
        assert services.check_workers(settings).remedy == "hab worker"
    elsewhere = Settings(hab_home=settings.hab_home, redis_url="redis://:geheim@127.0.0.1:1/0")
    check = services.check_queue(elsewhere)
    assert check.status == "fail"
    assert "geheim" not in str(check)


def test_port_of_another_program(settings: Settings) -> None:
    with listen("127.0.0.1", 0, "UI_PORT") as taken:
        port = taken.getsockname()[1]
        busy = settings.model_copy(update={"backend_port": free_port(), "ui_port": port})
        backend, ui = machine.check_ports(busy)
    assert backend.status == "ok"
    assert (ui.status, ui.remedy) == ("fail", f"export UI_PORT={port + 1}")


def test_key_is_told_by_presence_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "없습니다" in machine.check_key().message
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / ".env").write_text("claude_api_key = sk-ant-geheim\n")
    check = machine.check_key()
    assert "설정되어" in check.message
    assert "geheim" not in str(check)
    (tmp_path / "env" / ".env").write_text("claude_api_key=\n")
    monkeypatch.setenv("CLAUDE_API_KEY", "sk-ant-geheim")
    assert machine.check_key() == check


def test_spinning_threads_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert machine.check_threads().remedy == "export OMP_WAIT_POLICY=passive"


def test_check_that_breaks_is_reported_and_the_others_go_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "no address at all")
    found = statuses(examine())
    assert found["queue"] == "fail"
    assert found["model"] == "ok"


def test_report_is_as_bad_as_the_worst_check() -> None:
    checks = [Check("a", "ok", "m"), Check("b", "warn", "m", "r")]
    assert report(checks)["status"] == "warn"
    assert report([*checks, Check("c", "fail", "m")])["status"] == "fail"
    assert report(checks)["checks"][1] == {"name": "b", "status": "warn", "message": "m", "remedy": "r"}


def test_library_that_cannot_be_loaded_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that shadows LightGBM's and holds a library which needs one that is missing."""
    fake = tmp_path / "lightgbm" / "lib"
    fake.mkdir(parents=True)
    (tmp_path / "lightgbm" / "__init__.py").write_text("")
    (fake / "lib_lightgbm.so").write_text("not a library")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = machine.check_lightgbm()
    assert check.status == "fail"
    assert "pip install" in check.remedy
    assert str(tmp_path) not in str(getattr(sys.modules.get("lightgbm"), "__file__", ""))
