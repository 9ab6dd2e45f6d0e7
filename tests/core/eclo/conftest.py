from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hab_core.eclo.model import EcloModel
from tests.core.eclo.small_model import write_small_model


@pytest.fixture(scope="session")
def first_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good model, version small-1; shared, not to be changed."""
    return write_small_model(tmp_path_factory.mktemp("model") / "small-1")


@pytest.fixture(scope="session")
def second_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another good model, version small-2; shared, not to be changed."""
    return write_small_model(tmp_path_factory.mktemp("model") / "small-2", "small-2", seed=1)


@pytest.fixture
def own_folder(first_folder: Path, tmp_path: Path) -> Path:
    """A copy of the first model that a test may damage."""
    return Path(shutil.copytree(first_folder, tmp_path / "candidate"))


@pytest.fixture(scope="session")
def model(first_folder: Path) -> EcloModel:
    """The first model, loaded."""
    return EcloModel.load(first_folder)
