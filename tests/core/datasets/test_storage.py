"""Files of the store appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from hab_core.datasets.profile import profile_table
from hab_core.datasets.storage import DatasetStore
from hab_core.errors import NotFound

FRAME = pl.DataFrame({"구": ["수성구", "달서구"], "건수": [3, 5]})


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatasetStore]:
    """A store in a folder, and one behind a URL as an object store is."""
    if request.param == "folder":
        yield DatasetStore(tmp_path / "datasets")
        return
    yield DatasetStore("memory://bucket/datasets")
    MemoryFileSystem.store.clear()


def test_a_table_comes_back(store: DatasetStore) -> None:
    size = store.put("ds_1", FRAME)
    assert store.scan("ds_1").collect().equals(FRAME)
    with store.open("ds_1") as file:
        content = file.read()
    assert len(content) == size
    assert content[:4] == content[-4:] == b"PAR1"
    table = store.table("ds_1", profile_table(FRAME))
    assert table.frame.select("건수").sum().collect().item() == 8
    assert table.frame.select("건수").sum().collect().item() == 8


def test_a_deleted_table_is_gone(store: DatasetStore) -> None:
    store.put("ds_1", FRAME)
    assert store.delete("ds_1")
    assert not store.delete("ds_1")
    with pytest.raises(NotFound):
        store.scan("ds_1")
    with pytest.raises(NotFound), store.open("ds_1"):
        pass


@pytest.mark.parametrize("name", ["../x", "ds_../../x", "ds_", "ds_a/b", "ds_a.parquet", "", "ds_" + "가"])
def test_only_ids_are_names(store: DatasetStore, name: str) -> None:
    with pytest.raises(NotFound):
        store.put(name, FRAME)
    with pytest.raises(NotFound):
        store.delete(name)


def test_leftovers_are_what_nobody_knows(store: DatasetStore) -> None:
    store.put("ds_known", FRAME)
    store.put("ds_orphan", FRAME)
    assert store.leftovers(["ds_known"], older_than=3600) == []
    assert store.remove_leftovers(["ds_known"], older_than=-5) == ["ds_orphan.parquet"]
    assert store.leftovers(["ds_known"], older_than=-5) == []
    assert store.scan("ds_known").collect().height == 2


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "ds_1.abc.tmp").write_bytes(b"half")
    assert store.remove_leftovers([], older_than=-5) == ["ds_1.abc.tmp"]
    assert (tmp_path / "notes.txt").exists()


def test_a_young_unfinished_file_may_be_an_upload(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path)
    young, old = tmp_path / "ds_1.a.tmp", tmp_path / "ds_2.b.tmp"
    young.write_bytes(b"half")
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    assert store.leftovers([]) == ["ds_2.b.tmp"]


_FULL = """
import resource, signal, sys
import polars as pl
from hab_core.datasets.storage import DatasetStore
store = DatasetStore(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    store.put("ds_1", pl.DataFrame({"a": pl.Series(range(200_000)).shuffle(1)}))
except OSError as error:
    print(type(error).__name__)
"""


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stdout.strip().endswith("Error")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_rewrite_keeps_the_old_table(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path)
    store.put("ds_1", FRAME)
    with pytest.raises(pl.exceptions.PolarsError):
        store.put("ds_1", pl.DataFrame({"a": [object()]}))
    assert store.scan("ds_1").collect().equals(FRAME)
    assert [path.name for path in tmp_path.iterdir()] == ["ds_1.parquet"]
