from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hab_core.eclo.folder import (
    CARD,
    FEATURES,
    METRICS,
    MODEL,
    SUMS,
    is_version,
    read_model_folder,
    write_model_folder,
)
from hab_core.errors import ModelUnavailable
from hab_core.files import write_atomically
from tests.core.eclo.small_model import damage


def test_what_is_written_is_read_and_written_again_alike(first_folder: Path, tmp_path: Path) -> None:
    files = read_model_folder(first_folder)
    again = write_model_folder(
        tmp_path / "copy",
        files.document,
        model_text=files.model_text.decode(),
        metrics=files.metrics,
        card=files.contents[CARD].decode(),
    )
    assert again == files.digest
    assert read_model_folder(tmp_path / "copy").contents == files.contents
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {CARD, FEATURES, METRICS, MODEL, SUMS}


def test_the_sums_are_those_of_sha256sum(first_folder: Path) -> None:
    checked = subprocess.run(["sha256sum", "-c", SUMS], cwd=first_folder, capture_output=True, check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize("name", [CARD, FEATURES, METRICS, MODEL, SUMS])
def test_a_missing_file_is_named(own_folder: Path, name: str) -> None:
    (own_folder / name).unlink()
    with pytest.raises(ModelUnavailable, match=name):
        read_model_folder(own_folder)


@pytest.mark.parametrize("name", [CARD, FEATURES, METRICS, MODEL])
@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: b"", lambda text: text[:4] + b"#" + text[5:]])
def test_a_damaged_file_is_named(own_folder: Path, name: str, change: object) -> None:
    damage(own_folder, name, change, reseal=False)  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match=f"손상.*{name}"):
        read_model_folder(own_folder)


@pytest.mark.parametrize("sums", [b"", b"\xff\xfe", b"not a sum\n", b"0" * 64 + b"  ../model.txt\n"])
def test_damaged_sums_are_refused(own_folder: Path, sums: bytes) -> None:
    (own_folder / SUMS).write_bytes(sums)
    with pytest.raises(ModelUnavailable, match=SUMS):
        read_model_folder(own_folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'{"format": 2}', "형식"),
        (b'{"format": 1}', "올바르지 않습니다"),
    ],
)
def test_a_document_of_another_form_is_refused(own_folder: Path, content: bytes, message: str) -> None:
    damage(own_folder, FEATURES, lambda _: content, reseal=True)
    with pytest.raises(ModelUnavailable, match=message):
        read_model_folder(own_folder)


@pytest.mark.parametrize(
    "change", [{"version": "../up"}, {"golden": []}, {"limits": [1]}, {"severity": {}}, {"years": []}]
)
def test_a_document_with_a_wrong_section_is_refused(own_folder: Path, change: dict[str, object]) -> None:
    damage(own_folder, FEATURES, lambda text: json.dumps({**json.loads(text), **change}).encode(), reseal=True)
    with pytest.raises(ModelUnavailable, match="올바르지 않습니다"):
        read_model_folder(own_folder)


def test_numbers_that_json_cannot_hold_are_not_written(first_folder: Path, tmp_path: Path) -> None:
    document = read_model_folder(first_folder).document
    with pytest.raises(ValueError, match="JSON"):
        write_model_folder(tmp_path / "m", document, model_text="", metrics={"rmsle": float("nan")}, card="")
    assert not (tmp_path / "m").exists()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("text", ["2026.11.1", "v1-rc_2", "x" * 64])
def test_versions_can_name_a_folder(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize("text", ["", ".", "..", ".hidden", "a/b", "a b", "x" * 65, None, 1])
def test_other_text_is_no_version(text: object) -> None:
    assert not is_version(text)
