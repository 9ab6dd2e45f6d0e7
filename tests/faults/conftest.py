"""What the tests of faults share: a home with a small model in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import give_model, train_small_model


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture
def home(tmp_path: Path, model_folder: Path) -> Path:
    (tmp_path / "home").mkdir()
    give_model(tmp_path / "home", model_folder)
    return tmp_path / "home"
