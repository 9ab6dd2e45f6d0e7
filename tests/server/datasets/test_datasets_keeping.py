"""Keeping datasets on both databases: whole or not at all, and nothing of others is touched."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from hab_core.datasets.reading import content_hash
from hab_core.datasets.samples import samples
from hab_core.datasets.storage import DatasetStore
from hab_core.eclo.rows import accident_from_row
from hab_core.errors import (
    CannotStart,
    DatabaseUnavailable,
    DatasetInUse,
    InvalidInput,
    NotFound,
    ShareLinkExpired,
    StorageUnavailable,
)
from hab_core.schemas.common import utc_now
from hab_core.schemas.datasets import Dataset, DatasetPatch
from hab_server.datasets import opening
from hab_server.datasets.demo import offer_samples
from hab_server.datasets.keeping import keep, remove, sweep
from hab_server.datasets.opening import AccidentRows, open_accidents, open_store, open_table
from hab_server.settings import Settings
from hab_server.store import datasets, shares
from hab_server.store.datasets import LOOSE_FILES
from hab_server.store.engine import create_store_engine, reading, transaction
from hab_server.store.ids import new_id
from hab_server.store.jobs import JOBS
from hab_server.store.tables import JobRow
from tests.server.api.uploading import accidents_csv

NOW = timedelta(0)
CSV = "구,건수\n수성구,3\n".encode()


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    """A folder for tables."""
    return DatasetStore(tmp_path / "tables")


def kept(engine: Engine, store: DatasetStore, content: bytes = CSV, name: str = "구별") -> Dataset:
    """Keeps a file."""
    return keep(engine, store, content, content_hash(content), name=name)


def notes(engine: Engine) -> list[str]:
    """The ids of all loose files."""
    with reading(engine) as connection:
        return list(connection.execute(select(LOOSE_FILES.c.dataset_id)).scalars())


def files(store: DatasetStore) -> list[str]:
    """The names of all files."""
    return sorted(file.name for file in Path(store.url).iterdir())


def add_job(engine: Engine, dataset_id: str, status: str) -> None:
    """Stores a job on a dataset."""
    job = JobRow(id=new_id("job"), kind="eclo_batch", status=status, total=1, dataset_id=dataset_id)
    with transaction(engine) as connection:
        connection.execute(insert(JOBS).values(job.model_dump()))


def test_what_is_kept_is_found_again(engine: Engine, store: DatasetStore) -> None:
    dataset = kept(engine, store)
    detail = datasets.get(engine, dataset.id)
    assert detail.model_dump().items() >= dataset.model_dump().items()
    assert detail.uploaded_at.tzinfo is not None
    assert open_table(engine, store, dataset.id).frame.collect().to_dicts() == [{"구": "수성구", "건수": 3}]
    assert notes(engine) == []


def test_a_file_that_cannot_be_read_leaves_nothing(engine: Engine, store: DatasetStore) -> None:
    with pytest.raises(InvalidInput):
        kept(engine, store, b"a,b\n")
    assert (notes(engine), files(store)) == ([], [])


def test_without_a_database_there_is_no_dataset(tmp_path: Path, store: DatasetStore) -> None:
    nowhere = Settings(hab_home=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    engine = create_store_engine(nowhere)
    with pytest.raises(DatabaseUnavailable):
        kept(engine, store)
    engine.dispose()
    assert files(store) == []


def test_what_was_cut_off_is_swept_up_once_it_has_settled(engine: Engine, store: DatasetStore) -> None:
    whole = kept(engine, store)
    cut_off = new_id("ds")
    datasets.note_loose_file(engine, cut_off)
    store.put(cut_off, store.scan(whole.id).collect())
    assert sweep(engine, store) == []
    assert len(files(store)) == 2
    assert sweep(engine, store, NOW) == [cut_off]
    assert (notes(engine), files(store)) == ([], [f"{whole.id}.parquet"])
    assert sweep(engine, store, NOW) == []


def test_unfinished_files_are_swept_up_and_those_of_another_database_stay(engine: Engine, store: DatasetStore) -> None:
    folder = Path(store.url)
    foreign, unfinished, young = new_id("ds"), f"{new_id('ds')}.0123.tmp", f"{new_id('ds')}.4567.tmp"
    for name in (f"{foreign}.parquet", unfinished, young, "notes.tmp"):
        (folder / name).write_bytes(b"x")
        if name != young:
            os.utime(folder / name, (time.time() - 3600,) * 2)
    sweep(engine, store)
    assert files(store) == sorted([f"{foreign}.parquet", young, "notes.tmp"])


def test_two_processes_may_sweep_at_once(engine: Engine, store: DatasetStore) -> None:
    for _ in range(20):
        dataset_id = new_id("ds")
        datasets.note_loose_file(engine, dataset_id)
        (Path(store.url) / f"{dataset_id}.parquet").write_bytes(b"x")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: sweep(engine, store, NOW), range(4)))
    assert (notes(engine), files(store)) == ([], [])


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Lets this process write no file beyond ``size`` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_nothing(sqlite_engine: Engine, store: DatasetStore) -> None:
    content = b"a\n" + b"\n".join(os.urandom(24).hex().encode() for _ in range(80_000))
    with files_of_at_most(1_000_000), pytest.raises(StorageUnavailable, match="공간"):
        kept(sqlite_engine, store, content)
    assert files(store) == []
    assert datasets.list_datasets(sqlite_engine, 1, None).items == []
    assert len(sweep(sqlite_engine, store, NOW)) == 1
    assert kept(sqlite_engine, store, content).rows == 80_000


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_dataset_in_use_stays(engine: Engine, store: DatasetStore, status: str) -> None:
    dataset = kept(engine, store)
    add_job(engine, dataset.id, "completed")
    add_job(engine, dataset.id, status)
    with pytest.raises(DatasetInUse):
        remove(engine, store, dataset.id)
    assert datasets.find(engine, dataset.id).id == dataset.id
    with transaction(engine) as connection:
        connection.execute(update(JOBS).values(status="failed"))
    remove(engine, store, dataset.id)
    assert (notes(engine), files(store)) == ([], [])
    with pytest.raises(NotFound):
        remove(engine, store, dataset.id)


def test_a_file_that_cannot_be_removed_now_is_removed_later(engine: Engine, store: DatasetStore) -> None:
    dataset = kept(engine, store)
    file = Path(store.url) / f"{dataset.id}.parquet"
    file.unlink()
    file.mkdir()  # nobody, root neither, can unlink a folder
    remove(engine, store, dataset.id)
    assert notes(engine) == [dataset.id]
    file.rmdir()
    file.write_bytes(b"x")
    assert sweep(engine, store, NOW) == [dataset.id]
    assert (notes(engine), files(store)) == ([], [])


def test_a_dataset_whose_file_is_gone_is_not_found(engine: Engine, store: DatasetStore) -> None:
    dataset = kept(engine, store)
    store.delete(dataset.id)
    with pytest.raises(NotFound, match="파일"):
        open_table(engine, store, dataset.id)


def test_the_same_content_at_once_is_noticed_by_all_but_one(engine: Engine, store: DatasetStore) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: kept(engine, store, name=f"n{number}"), range(6)))
    assert sum(not dataset.warnings for dataset in made) == 1
    assert len({dataset.id for dataset in made}) == 6


def test_a_change_is_kept(engine: Engine, store: DatasetStore) -> None:
    dataset = kept(engine, store)
    changed = datasets.change(engine, dataset.id, DatasetPatch(name="새 이름", description="설명"))
    assert (changed.name, changed.description) == ("새 이름", "설명")
    assert datasets.find(engine, dataset.id).name == "새 이름"
    with pytest.raises(NotFound):
        datasets.change(engine, "ds_0", DatasetPatch(name="a"))


def test_links_are_found_by_their_token_until_they_end(engine: Engine, store: DatasetStore) -> None:
    dataset = kept(engine, store)
    share_id = shares.create(engine, dataset.id, "token", utc_now() + timedelta(days=7))
    assert shares.dataset_behind(engine, "token") == dataset.id
    shares.revoke(engine, share_id)
    shares.revoke(engine, share_id)
    with pytest.raises(ShareLinkExpired):
        shares.dataset_behind(engine, "token")
    shares.create(engine, dataset.id, "old", utc_now() - timedelta(seconds=1))
    with pytest.raises(ShareLinkExpired):
        shares.dataset_behind(engine, "old")
    for unknown in (lambda: shares.dataset_behind(engine, "other"), lambda: shares.revoke(engine, "share_0")):
        with pytest.raises(NotFound):
            unknown()
    with pytest.raises(NotFound):
        shares.create(engine, "ds_0", "another", utc_now())


def test_demo_data_is_offered_once(engine: Engine, store: DatasetStore) -> None:
    assert offer_samples(engine, store) == len(samples())
    listed = datasets.list_datasets(engine, 200, None).items
    assert [dataset.name for dataset in listed] == [sample.name for sample in samples().values()]
    assert offer_samples(engine, store) == 0
    remove(engine, store, listed[0].id)
    assert offer_samples(engine, store) == 0
    assert len(datasets.list_datasets(engine, 200, None).items) == len(samples()) - 1


def test_demo_data_of_two_processes_is_offered_once(engine: Engine, store: DatasetStore) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: offer_samples(engine, store), range(2)))
    assert sum(made) == len(samples())
    assert len(datasets.list_datasets(engine, 200, None).items) == len(samples())
    sweep(engine, store, NOW)
    assert len(files(store)) == len(samples())


def test_accidents_of_a_dataset_make_a_batch(sqlite_engine: Engine, store: DatasetStore) -> None:
    dataset = kept(sqlite_engine, store, accidents_csv(3).encode())
    rows = AccidentRows(open_accidents(sqlite_engine, store, dataset.id)).read(0, 1000)
    assert len(rows) == 3
    assert rows[1]["사고일시"] == "2022-01-02 01:00:00"
    assert accident_from_row(rows[1]).features()["occurred_at"] == "2022-01-02T01:00"


def test_accidents_are_read_block_by_block_in_any_order(
    sqlite_engine: Engine, store: DatasetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_BLOCK_ROWS", 10)
    dataset = kept(sqlite_engine, store, accidents_csv(47).encode())
    table = open_accidents(sqlite_engine, store, dataset.id)
    everything = AccidentRows(table).read(0, 1000)
    assert len(everything) == 47
    rows = AccidentRows(table)
    for start, count in ((0, 4), (4, 4), (8, 4), (20, 30), (46, 4), (47, 4), (3, 2), (0, 47)):
        assert rows.read(start, count) == everything[start : start + count]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """Settings whose tables lie outside the home."""
    return Settings(hab_home=tmp_path / "home", dataset_store_url=f"file://{tmp_path / 'elsewhere'}")


def test_tables_lie_where_the_setting_says(sqlite_engine: Engine, elsewhere: Settings, tmp_path: Path) -> None:
    dataset = kept(sqlite_engine, open_store(elsewhere))
    assert (tmp_path / "elsewhere" / f"{dataset.id}.parquet").is_file()


@pytest.mark.parametrize("url", ["unknown://bucket", "/proc/none/here"])
def test_a_store_that_cannot_be_used_names_its_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(CannotStart, match="DATASET_STORE_URL"):
        open_store(Settings(hab_home=tmp_path, dataset_store_url=url))
