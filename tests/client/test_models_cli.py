"""``hab eclo train`` and ``activate``: models of this machine, made and switched under a running server."""

from __future__ import annotations

import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from hab_client import HabClient
from tests.client.hab_command import Hab, one_line
from tests.running import give_model, train_small_model, wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good model, version small-1."""
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> Path:
    """A home whose active model is small-1."""
    home = tmp_path / "own home"
    home.mkdir()
    give_model(home, folder)
    return home


def test_a_server_follows_a_switch_and_a_switch_back(hab: Hab, home: Path) -> None:
    with HabClient.embedded(home) as client:
        (released,) = set(client.model.versions()) - {"small-1"}
        assert client.eclo.model().version == "small-1"
        result = hab("eclo", "activate", released, HAB_HOME=str(home))
        assert (result.returncode, result.stdout) == (0, f"{released}\n")
        assert "5초" in result.stderr
        wait_until(lambda: client.eclo.model().version == released, 10)
        assert hab("eclo", "activate", "--previous", HAB_HOME=str(home)).stdout == "small-1\n"
        wait_until(lambda: client.eclo.model().version == "small-1", 10)


def test_a_folder_is_registered(hab: Hab, folder: Path, tmp_path: Path) -> None:
    result = hab("eclo", "activate", folder, HAB_HOME=str(tmp_path / "new"))
    assert (result.returncode, result.stdout) == (0, "small-1\n")
    assert (tmp_path / "new" / "models" / "small-1" / "SHA256SUMS").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--previous"),
        (["small-1", "--previous"], "--previous"),
        (["none-such"], "등록된 버전"),
        (["--previous"], "이전 모델이 없습니다"),
        (["damaged"], "model.txt"),
    ],
)
def test_what_cannot_be_activated(hab: Hab, folder: Path, tmp_path: Path, arguments: list[str], told: str) -> None:
    damaged = Path(shutil.copytree(folder, tmp_path / "damaged"))
    (damaged / "model.txt").write_text("damaged")
    assert told in one_line(hab("eclo", "activate", *arguments, HAB_HOME=str(tmp_path / "new")))


def write_accidents(path: Path, first: datetime, rows: int) -> Path:
    """Writes accidents with random circumstances and a random ECLO as a competition file."""
    chance = random.Random(1)
    moments = [first + timedelta(hours=chance.randrange(24 * 365)) for _ in range(rows)]
    table = pd.DataFrame(
        {
            "사고일시": [f"{moment:%Y-%m-%d %H}" for moment in moments],
            "요일": ["월화수목금토일"[moment.weekday()] + "요일" for moment in moments],
            "기상상태": chance.choices(["맑음", "비"], k=rows),
            "시군구": chance.choices(["대구광역시 수성구 상동", "대구광역시 중구 동인동1가"], k=rows),
            "도로형태": chance.choices(["단일로 - 기타", "교차로 - 교차로안"], k=rows),
            "노면상태": chance.choices(["건조", "젖음/습기"], k=rows),
            "사고유형": chance.choices(["차대차", "차대사람", "차량단독"], k=rows),
            "ECLO": chance.choices([3, 4, 5, 8, 10], k=rows),
        }
    )
    table.to_csv(path, index=False)
    return path


def test_several_files_make_a_model_that_can_be_activated(hab: Hab, tmp_path: Path) -> None:
    first = write_accidents(tmp_path / "2019.csv", datetime(2019, 1, 1), 250)
    second = write_accidents(tmp_path / "2020.csv.gz", datetime(2020, 1, 1), 250)
    home = str(tmp_path / "new")
    trained = hab("eclo", "train", "--data", first, second, HAB_HOME=home)
    assert trained.returncode == 0, trained.stderr
    assert "RMSLE" in trained.stderr
    version = trained.stdout.strip()
    assert {path.name for path in (tmp_path / "new" / "models" / version).iterdir()} >= {"model.txt", "SHA256SUMS"}
    assert hab("eclo", "activate", version, HAB_HOME=home).stdout == trained.stdout
    elsewhere = hab("eclo", "train", "--data", first, "--data", second, "--out", "made here", HAB_HOME=home)
    assert elsewhere.stdout == trained.stdout
    made = {path.name: path.read_bytes() for path in (tmp_path / "made here").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (tmp_path / "new" / "models" / version).iterdir()}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "하나 이상"),
        (["--data", "none.csv"], "none.csv"),
        (["--data", "few.csv"], "학습"),
        (["--data", "few.csv", "--out", "few.csv/model"], "폴더가 아닙니다"),
    ],
)
def test_what_no_model_can_be_made_of(hab: Hab, tmp_path: Path, arguments: list[str], told: str) -> None:
    write_accidents(tmp_path / "few.csv", datetime(2020, 1, 1), 3)
    assert told in one_line(hab("eclo", "train", *arguments))
