from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from hab_core.eclo.holder import ModelHolder
from hab_core.eclo.registry import ModelRegistry
from hab_core.errors import ModelUnavailable
from hab_core.schemas.eclo import Accident
from tests.accidents import ACCIDENT
from tests.core.eclo.small_model import damage, deadly


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def registry(home: Path, own_folder: Path) -> ModelRegistry:
    """A registry whose released model is a copy of small-1 that a test may damage."""
    return ModelRegistry(home, own_folder)


@pytest.fixture
def holder(registry: ModelRegistry) -> ModelHolder:
    return ModelHolder(registry)


def test_a_new_activation_is_followed(holder: ModelHolder, registry: ModelRegistry, second_folder: Path) -> None:
    assert holder.refresh()
    assert (holder.current.version, holder.problem) == ("small-1", None)
    assert not holder.refresh()
    registry.activate(second_folder)
    assert holder.refresh()
    assert holder.current.version == "small-2"
    registry.activate_previous()
    assert holder.refresh()
    assert (holder.current.version, holder.problem) == ("small-1", None)


def test_without_a_model_the_reason_is_told(home: Path, tmp_path: Path) -> None:
    holder = ModelHolder(ModelRegistry(home, tmp_path / "nothing"))
    with pytest.raises(ModelUnavailable):
        _ = holder.current
    assert not holder.refresh()
    with pytest.raises(ModelUnavailable, match="등록된 모델이 없습니다"):
        _ = holder.current


@pytest.mark.parametrize(
    ("name", "reseal"), [("model.txt", False), ("model.txt", True), ("features.json", False), ("SHA256SUMS", False)]
)
def test_a_model_damaged_on_disk_keeps_serving_from_memory(
    holder: ModelHolder, registry: ModelRegistry, home: Path, second_folder: Path, name: str, reseal: bool
) -> None:
    registry.activate(second_folder)
    holder.refresh()
    before = holder.current
    damage(home / "small-2", name, deadly if reseal else lambda text: text[:-20], reseal=reseal)
    assert not holder.refresh()
    assert holder.current is before
    assert holder.problem is not None
    assert "손상" in holder.problem
    assert "계속 예측" in holder.problem


def test_a_missing_model_keeps_serving_and_recovers(
    holder: ModelHolder, registry: ModelRegistry, home: Path, second_folder: Path
) -> None:
    registry.activate(second_folder)
    holder.refresh()
    shutil.move(home / "small-2", home / "elsewhere")
    assert not holder.refresh()
    assert (holder.current.version, "등록되지 않은" in (holder.problem or "")) == ("small-2", True)
    shutil.move(home / "elsewhere", home / "small-2")
    assert not holder.refresh()
    assert holder.problem is None


def test_at_the_start_the_previous_model_stands_in(registry: ModelRegistry, home: Path, second_folder: Path) -> None:
    registry.activate(second_folder)
    damage(home / "small-2", "model.txt", deadly, reseal=True)
    holder = ModelHolder(registry)
    assert holder.refresh()
    assert holder.current.version == "small-1"
    assert "small-2" in (holder.problem or "")
    assert "small-1 모델로 예측" in (holder.problem or "")
    shutil.rmtree(home / "small-2")
    shutil.copytree(second_folder, home / "small-2")
    assert holder.refresh()
    assert (holder.current.version, holder.problem) == ("small-2", None)


def test_at_the_start_a_damaged_activation_leaves_the_released_model(registry: ModelRegistry, home: Path) -> None:
    home.mkdir()
    (home / "active.json").write_text("{")
    holder = ModelHolder(registry)
    assert holder.refresh()
    assert holder.current.version == "small-1"
    assert "active.json" in (holder.problem or "")


def test_where_nothing_can_serve_the_reason_is_told(registry: ModelRegistry, own_folder: Path) -> None:
    damage(own_folder, "model.txt", deadly, reseal=True)
    holder = ModelHolder(registry)
    assert not holder.refresh()
    with pytest.raises(ModelUnavailable, match="손상"):
        _ = holder.current


def test_a_failed_model_is_tried_again_after_a_while(registry: ModelRegistry, own_folder: Path) -> None:
    damage(own_folder, "SHA256SUMS", lambda text: text[:-20], reseal=False)
    patient, eager = ModelHolder(registry), ModelHolder(registry, retry_seconds=0.0)
    tried: list[str] = []
    load = registry.load
    registry.load = lambda version: tried.append(version) or load(version)  # type: ignore[method-assign, func-returns-value]
    for holder in (patient, eager):
        holder.refresh()
        holder.refresh()
    assert len(tried) == 3


def test_requests_go_on_while_models_change(holder: ModelHolder, registry: ModelRegistry, second_folder: Path) -> None:
    registry.activate(second_folder)
    holder.refresh()
    accident = Accident(**ACCIDENT)
    expected = {version: registry.load(version).score(accident) for version in ("small-1", "small-2")}
    failures: list[object] = []
    served: set[str] = set()
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            model = holder.current
            if model.score(accident) != expected[model.version]:
                failures.append(model.version)
            served.add(model.version)

    threads = [threading.Thread(target=serve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(10):
        registry.activate(f"small-{turn % 2 + 1}")
        assert holder.refresh()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert served == {"small-1", "small-2"}
