"""The table every analysis works on: stored columns, derived columns and the profile, scanned lazily."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from hab_core.datasets.derived import with_derived
from hab_core.datasets.dictionaries import decoded, with_codes
from hab_core.datasets.profile import profile_table
from hab_core.errors import InvalidInput
from hab_core.schemas.datasets import ColumnKind, TableProfile

_NEAREST = 5


@dataclass(frozen=True)
class Table:
    """A table that is not in memory yet.

    Attributes:
        frame: Stored columns, then derived ones, of ``profile.rows`` rows. Nothing is read or computed before
            ``collect``, and then only the columns that were selected.
        profile: What is known of the stored columns, and which derived columns there are.
        columnar: ``frame`` with the codes of its text beside it (``hab_core.datasets.dictionaries``), for whoever
            counts or groups whole columns; None where text is not stored as codes.
    """

    frame: pl.LazyFrame
    profile: TableProfile
    columnar: pl.LazyFrame | None = None

    @classmethod
    def open(cls, source: str | Path, profile: TableProfile, **options: Any) -> Table:
        """Returns the table of a Parquet file (path or ``s3://`` URL) whose profile is known; reads nothing.

        Args:
            source: The stored Parquet file.
            profile: What ``profile_table`` said of it.
            options: Passed on to ``polars.scan_parquet``, e.g. ``storage_options``.
        """
        return cls.coded(pl.scan_parquet(source, **options), profile)

    @classmethod
    def of(cls, stored: pl.LazyFrame, profile: TableProfile) -> Table:
        """Returns the table of a lazy frame of the stored columns whose profile is known."""
        return cls(with_derived(stored, profile), profile)

    @classmethod
    def coded(cls, stored: pl.LazyFrame, profile: TableProfile) -> Table:
        """Returns the table of stored columns whose text may be ``pl.Enum``; its ``frame`` holds text."""
        columnar = with_derived(with_codes(stored), profile)
        return cls(with_derived(decoded(stored), profile), profile, columnar)

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Table:
        """Returns the table of a frame in memory, profiled now; NaN counts as missing."""
        clean = frame.with_columns(pl.selectors.float().fill_nan(None))
        return cls.of(clean.lazy(), profile_table(clean))

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.profile.rows

    @cached_property
    def kinds(self) -> dict[str, ColumnKind]:
        """The kind of every column by name, stored ones first, then derived ones."""
        stored = {column.name: column.kind for column in self.profile.column_profiles}
        return stored | {column.name: column.kind for column in self.profile.derived_columns}

    @property
    def columns(self) -> list[str]:
        """The names of every column, stored ones first, then derived ones."""
        return list(self.kinds)

    @property
    def stored_columns(self) -> list[str]:
        """The names of the columns that the file had."""
        return [column.name for column in self.profile.column_profiles]

    def kind(self, name: str) -> ColumnKind:
        """Returns the kind of a stored or derived column; raises ``KeyError`` where there is none."""
        return self.kinds[name]

    def resolve(self, name: str, field: str = "column") -> str:
        """Returns ``name`` where it is a stored or derived column.

        Args:
            name: The column as a caller wrote it; surrounding spaces are forgiven.
            field: The parameter it came from, named in the error.

        Raises:
            InvalidInput: There is no such column; ``valid_values`` names the nearest ones.
        """
        for written in (name, name.strip()):
            if written in self.kinds:
                return written
        near = self.nearest(name)
        advice = f"비슷한 열: {', '.join(near)}" if near else "열 목록을 확인해주세요."
        raise InvalidInput.of(field, f"'{name[:80]}' 열이 없습니다. {advice}", near or self.columns[:50])

    def nearest(self, name: str) -> list[str]:
        """Returns up to five columns whose names resemble ``name``, the most similar first."""
        lowered = {column.casefold(): column for column in self.columns}
        wanted = name.strip().casefold()
        close = difflib.get_close_matches(wanted, lowered, n=_NEAREST, cutoff=0.5)
        inside = [key for key in lowered if wanted and (wanted in key or key in wanted) and key not in close]
        return [lowered[key] for key in (close + inside)[:_NEAREST]]
