from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from hab_core.eclo.candidate import verify_in_child
from hab_core.eclo.folder import read_model_folder
from hab_core.eclo.registry import ModelRegistry, released_folder
from hab_core.errors import Conflict, HabError, ModelUnavailable, NotFound
from tests.core.eclo.small_model import damage, deadly, write_small_model


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def registry(home: Path, first_folder: Path) -> ModelRegistry:
    """A registry whose released model is small-1."""
    return ModelRegistry(home, first_folder)


def test_a_good_candidate_passes_in_the_child(first_folder: Path) -> None:
    assert verify_in_child(first_folder) == read_model_folder(first_folder).digest


@pytest.mark.parametrize(
    "change", [deadly, lambda text: text[: len(text) // 2], lambda text: b"", lambda text: b"tree\n"]
)
def test_a_damaged_text_kills_only_the_child(own_folder: Path, change: object) -> None:
    with pytest.raises(ModelUnavailable) as failure:
        verify_in_child(damage(own_folder, "model.txt", change, reseal=True))  # type: ignore[arg-type]
    assert failure.value.message


def test_death_by_a_signal_is_told(own_folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"모델 파일이 손상되었습니다.*SIG"):
        verify_in_child(damage(own_folder, "model.txt", deadly, reseal=True))


def test_a_damaged_byte_is_noticed_by_the_sums(own_folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"model\.txt의 SHA-256"):
        verify_in_child(damage(own_folder, "model.txt", lambda text: text[:-9] + b"1" + text[-8:], reseal=False))


def test_a_candidate_that_takes_too_long_is_killed(first_folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="안에 끝나지 않았습니다"):
        verify_in_child(first_folder, timeout=0.001)


def test_the_released_model_is_the_first_entry(registry: ModelRegistry, home: Path) -> None:
    assert registry.versions() == ["small-1"]
    assert registry.active() == "small-1"
    assert registry.load("small-1").version == "small-1"
    assert not (home / "small-1").exists()


def test_an_empty_installation_has_no_model(home: Path, tmp_path: Path) -> None:
    registry = ModelRegistry(home, tmp_path / "nothing")
    assert (registry.versions(), registry.active(), registry.released_version()) == ([], None, None)
    with pytest.raises(NotFound, match="없음"):
        registry.folder("v1")
    assert not home.exists()


def test_registering_copies_the_whole_folder_once(registry: ModelRegistry, home: Path, second_folder: Path) -> None:
    assert registry.register(second_folder) == "small-2"
    assert registry.register(second_folder) == "small-2"
    assert read_model_folder(home / "small-2").contents == read_model_folder(second_folder).contents
    assert registry.versions() == ["small-2", "small-1"]
    assert registry.active() == "small-1"
    assert [path.name for path in home.iterdir() if path.suffix == ".tmp"] == []


def test_another_model_under_a_taken_version_is_refused(registry: ModelRegistry, tmp_path: Path) -> None:
    other = write_small_model(tmp_path / "other", "small-1", seed=5, trees=3)
    with pytest.raises(Conflict, match="small-1"):
        registry.register(other)


def test_a_damaged_folder_is_not_registered(registry: ModelRegistry, home: Path, tmp_path: Path) -> None:
    bad = damage(write_small_model(tmp_path / "bad", "bad", trees=3), "model.txt", deadly, reseal=True)
    with pytest.raises(ModelUnavailable, match="손상"):
        registry.activate(bad)
    assert registry.versions() == ["small-1"]
    assert registry.active() == "small-1"
    assert [path.name for path in home.iterdir()] == []


def test_activation_takes_a_version_or_a_folder_and_rolls_back(registry: ModelRegistry, second_folder: Path) -> None:
    with pytest.raises(Conflict, match="이전 모델이 없습니다"):
        registry.activate_previous()
    assert registry.activate(second_folder) == "small-2"
    assert registry.activation() == ("small-2", "small-1")
    assert registry.activate_previous() == "small-1"
    assert registry.activation() == ("small-1", "small-2")
    assert registry.activate("small-1") == "small-1"
    assert registry.activation() == ("small-1", "small-2")
    assert registry.activate(str(second_folder)) == "small-2"


@pytest.mark.parametrize("name", ["", "small-9", "../small-1", "/nowhere", "small 1", "한글"])
def test_an_unknown_version_is_told_with_the_known_ones(registry: ModelRegistry, name: str) -> None:
    with pytest.raises(NotFound, match="small-1"):
        registry.activate(name)


def test_a_version_damaged_after_registration_is_not_activated(
    registry: ModelRegistry, home: Path, second_folder: Path
) -> None:
    registry.register(second_folder)
    damage(home / "small-2", "model.txt", lambda text: text[:-100], reseal=False)
    with pytest.raises(ModelUnavailable, match="손상"):
        registry.activate("small-2")
    assert registry.active() == "small-1"


def test_a_folder_under_another_name_is_not_loaded(registry: ModelRegistry, home: Path, second_folder: Path) -> None:
    shutil.copytree(second_folder, home / "small-3")
    with pytest.raises(ModelUnavailable, match=r"small-3.*small-2"):
        registry.load("small-3")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"active": "../x", "previous": null}', '{"active": 1, "previous": 2}']
)
def test_a_damaged_activation_is_told_and_mended(registry: ModelRegistry, home: Path, content: str) -> None:
    home.mkdir()
    (home / "active.json").write_text(content)
    with pytest.raises(ModelUnavailable, match=r"active\.json"):
        registry.active()
    assert registry.activate("small-1") == "small-1"
    assert registry.active() == "small-1"


def test_what_was_verified_is_not_verified_again(registry: ModelRegistry, home: Path, first_folder: Path) -> None:
    registry.load("small-1")
    (mark,) = (home / ".verified").iterdir()
    made = mark.stat().st_mtime_ns
    ModelRegistry(home, first_folder).load("small-1")
    assert [path.stat().st_mtime_ns for path in (home / ".verified").iterdir()] == [made]


def test_readers_always_see_a_whole_activation(registry: ModelRegistry, home: Path, second_folder: Path) -> None:
    registry.activate(second_folder)
    seen: set[str | None] = set()
    failures: list[HabError] = []
    stop = threading.Event()

    def read() -> None:
        mine = ModelRegistry(home, registry._released)
        while not stop.is_set():
            try:
                seen.add(mine.active())
            except HabError as error:
                failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(200):
        registry._switch(f"small-{turn % 2 + 1}")
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert seen == {"small-1", "small-2"}


def test_writers_in_parallel_leave_one_whole_activation(
    registry: ModelRegistry, home: Path, second_folder: Path
) -> None:
    registry.register(second_folder)
    threads = [
        threading.Thread(target=ModelRegistry(home, registry._released).activate, args=(f"small-{turn % 2 + 1}",))
        for turn in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    document = json.loads((home / "active.json").read_text())
    assert {document["active"], document["previous"]} == {"small-1", "small-2"}


def test_the_stamp_changes_with_the_activation_and_with_the_files(
    registry: ModelRegistry, home: Path, second_folder: Path
) -> None:
    first = registry.stamp()
    assert registry.stamp() == first
    registry.activate(second_folder)
    second = registry.stamp()
    damage(home / "small-2", "model.txt", lambda text: text[:-1], reseal=False)
    assert len({first, second, registry.stamp()}) == 3


def test_the_released_folder_is_that_of_the_project() -> None:
    assert released_folder().is_dir()
