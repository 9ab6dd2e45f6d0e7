"""Where tables are kept: one Parquet file (zstd) per dataset, in a folder or an object store, by way of fsspec.

A file appears whole or not at all: locally it is written under another name, flushed to the disk and renamed; an
object store shows an object only when it is complete. Names come from dataset ids, never from what a caller wrote.
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec  # type: ignore[import-untyped]
import polars as pl
from fsspec import AbstractFileSystem

from hab_core.datasets.dictionaries import decoded, encoded
from hab_core.datasets.table import Table
from hab_core.errors import NotFound
from hab_core.files import UNFINISHED, write_atomically
from hab_core.schemas.datasets import TableProfile

_ID = re.compile(r"ds_[A-Za-z0-9_-]{1,64}")
_SUFFIX = ".parquet"
_SCANNED_BY_URL = ("s3", "gs", "gcs", "az", "abfs", "abfss")
_PROBE = b"HAB"
_COMPRESSION_LEVEL = 3
_ROW_GROUP = 65_536
"""Rows of a group: small enough that a page of rows costs little, large enough for whole columns."""


class DatasetStore:
    """The stored tables of one HAB.

    Attributes:
        url: Folder or URL (``s3://bucket/prefix``) that holds the files.
    """

    def __init__(self, url: str | Path, **options: Any) -> None:
        """Opens the store; a local folder is made where it is missing.

        Args:
            url: Folder or fsspec URL.
            options: Passed on to fsspec, e.g. credentials; without them each store reads its own environment.
        """
        self.url = str(url)
        self._files, self._root = cast("tuple[AbstractFileSystem, str]", fsspec.core.url_to_fs(self.url, **options))
        self._local = "file" in _protocols(self._files)
        if self._local:
            Path(self._root).mkdir(parents=True, exist_ok=True)

    def put(self, dataset_id: str, frame: pl.DataFrame) -> int:
        """Stores a table and returns the size of its file in bytes; replaces the one that was there.

        When this returns, the file survives a loss of power; when it raises (e.g. ``OSError`` of a full disk), there
        is no file of that id that was not there before.
        """
        target = self._path(dataset_id)
        content = io.BytesIO()  # so that a full disk is an OSError, not one of polars' own
        encoded(frame).write_parquet(
            content,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            statistics=True,
            row_group_size=_ROW_GROUP,
        )
        if self._local:
            write_atomically(Path(target), content.getbuffer())
        else:
            self._files.pipe_file(target, content.getvalue())
        return content.tell()

    def table(self, dataset_id: str, profile: TableProfile) -> Table:
        """Returns the lazily scanned table of a dataset.

        Raises:
            NotFound: Its file is not there.
        """
        return Table.coded(self._scan(dataset_id), profile)

    def scan(self, dataset_id: str) -> pl.LazyFrame:
        """Returns the stored columns of a dataset, lazily; text is text, however it is stored.

        Raises:
            NotFound: Its file is not there.
        """
        return decoded(self._scan(dataset_id))

    def _scan(self, dataset_id: str) -> pl.LazyFrame:
        """Returns the columns of a dataset as they are stored: text with few different values is ``pl.Enum``."""
        path = self._path(dataset_id)
        if not self._files.exists(path):
            raise NotFound("데이터셋의 파일을 찾을 수 없습니다. 다시 올려주세요.")
        if self._local:
            return pl.scan_parquet(path, glob=False)
        if any(name in _SCANNED_BY_URL for name in _protocols(self._files)):
            return pl.scan_parquet(self._files.unstrip_protocol(path), glob=False)
        return pl.scan_parquet(self._files.open(path, "rb"))

    @contextmanager
    def open(self, dataset_id: str) -> Iterator[BinaryIO]:
        """Opens the Parquet file of a dataset for reading.

        Raises:
            NotFound: Its file is not there.
        """
        try:
            file = self._files.open(self._path(dataset_id), "rb")
        except FileNotFoundError:
            raise NotFound("데이터셋의 파일을 찾을 수 없습니다. 다시 올려주세요.") from None
        with file:
            yield cast("BinaryIO", file)

    def delete(self, dataset_id: str) -> bool:
        """Removes the file of a dataset; returns whether it was there."""
        try:
            self._files.rm_file(self._path(dataset_id))
        except FileNotFoundError:
            return False
        return True

    def stored(self) -> set[str]:
        """Returns the ids of all tables that lie here."""
        names = (str(entry["name"]).rsplit("/", 1)[-1] for entry in self._entries())
        return {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX) and _is_ours(name)}

    def probe(self) -> None:
        """Writes, reads and removes a small file; raises what the store raises where it cannot."""
        path = f"{self._root}/ds_probe.{secrets.token_hex(8)}{UNFINISHED}"
        self._files.pipe_file(path, _PROBE)
        try:
            found = self._files.cat_file(path)
        finally:
            self._files.rm_file(path)
        if found != _PROBE:
            raise OSError("the store gives back something else")

    def leftovers(self, known: Iterable[str], *, older_than: float = 3600.0) -> list[str]:
        """Returns the names of files that belong to no dataset: unfinished ones, and ids nobody knows.

        Args:
            known: The ids of every dataset.
            older_than: Seconds; younger files may belong to an upload that is still going on.
        """
        kept = {f"{dataset_id}{_SUFFIX}" for dataset_id in known}
        limit = time.time() - older_than
        found = []
        for entry in self._entries():
            name = str(entry["name"]).rsplit("/", 1)[-1]
            if name not in kept and _is_ours(name) and _modified(entry) <= limit:
                found.append(name)
        return sorted(found)

    def remove_leftovers(self, known: Iterable[str], *, older_than: float = 3600.0) -> list[str]:
        """Removes what ``leftovers`` names and returns those names."""
        names = self.leftovers(known, older_than=older_than)
        for name in names:
            self._files.rm_file(f"{self._root}/{name}")
        return names

    def _path(self, dataset_id: str) -> str:
        """Returns the path of a dataset's file; raises ``NotFound`` for what is no id."""
        if not _ID.fullmatch(dataset_id):
            raise NotFound("데이터셋을 찾을 수 없습니다.")
        return f"{self._root}/{dataset_id}{_SUFFIX}"

    def _entries(self) -> list[dict[str, Any]]:
        """Returns what fsspec says of each file of the store."""
        try:
            entries = self._files.ls(self._root, detail=True, refresh=True)
        except FileNotFoundError:
            return []
        return [entry for entry in entries if entry["type"] == "file"]


def _protocols(files: AbstractFileSystem) -> tuple[str, ...]:
    """Returns the names of a file system."""
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


def _is_ours(name: str) -> bool:
    """Tells whether a name is one this store gives; whatever else lies in the folder is left alone."""
    stem = name.split(".", 1)[0]
    return name.endswith((_SUFFIX, UNFINISHED)) and _ID.fullmatch(stem) is not None


def _modified(entry: dict[str, Any]) -> float:
    """Returns when a file was last written, seconds since 1970; 0 where its store does not say."""
    moment = entry.get("mtime") or entry.get("LastModified") or entry.get("created")
    if moment is None:
        return 0.0
    return float(moment) if isinstance(moment, int | float) else float(moment.timestamp())
