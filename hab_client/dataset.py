"""A dataset on the server as an object: its profile, its rows, its files, its share links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from hab_client import tables, views
from hab_client._files import pass_on_whole, written_whole
from hab_core.schemas import datasets as wire

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]
    from polars import DataFrame as PolarsFrame

    from hab_client._resource import Listing
    from hab_client.resources.datasets import Datasets
    from hab_client.uploads import Progress
    from hab_core.schemas.analysis import AllOf, AnyOf, Condition

    Where = Mapping[str, Any] | Condition | AnyOf | AllOf

Format = Literal["csv", "parquet"]


class Dataset:
    """A dataset: what was last heard of it, and the calls that concern it. Make one with ``client.datasets``."""

    def __init__(self, datasets: Datasets, info: wire.Dataset) -> None:
        """Keeps what is known and the resource to ask."""
        self._datasets = datasets
        self._info = info

    @property
    def id(self) -> str:
        """The dataset's id, e.g. for ``client.datasets.get`` on another day."""
        return self._info.id

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self._info.name

    @property
    def info(self) -> wire.Dataset:
        """What was last heard: rows, columns, size, encoding, hash, warnings; nothing is asked."""
        return self._info

    @property
    def warnings(self) -> list[str]:
        """What was odd about the file, in Korean."""
        return self._info.warnings

    @property
    def profile(self) -> wire.DatasetDetail:
        """The profile of every column, the derived columns, and where the rows lie; asked for once."""
        if not isinstance(self._info, wire.DatasetDetail):
            self._info = self._datasets.detail(self.id)
        return self._info

    @property
    def geo(self) -> wire.GeoInfo | None:
        """Which columns hold coordinates, of which system, and how sure that is; None where there are none."""
        return self.profile.geo

    def refresh(self) -> Dataset:
        """Asks the server for everything that is known of the dataset and returns this object."""
        self._info = self._datasets.detail(self.id)
        return self

    def rows(
        self,
        columns: str | Sequence[str] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        where: Where | Sequence[Where] | None = None,
    ) -> Listing[dict[str, Any]]:
        """Returns the rows, each a dict of its cells by column; pages are read as needed.

        For a whole table :meth:`to_pandas` and :meth:`to_polars` are much faster.

        Args:
            columns: Stored or derived columns; every stored one where None.
            sort: Columns, most important first, with a leading ``-`` for descending order; else the file's order.
            where: Conditions that all have to hold, ``{"column": "요일", "operator": "==", "value": "금요일"}``.

        Raises:
            InvalidInput: While iterating: an unknown column, or a condition that does not fit its column.
        """
        return self._datasets.rows(self.id, columns, sort=sort, where=where)

    def sample(
        self,
        columns: str | Sequence[str] | None = None,
        *,
        n: int = wire.SAMPLE_DEFAULT,
        where: Where | Sequence[Where] | None = None,
    ) -> wire.RowsSample:
        """Returns rows drawn at random, the same whenever the same is asked for: enough for a map or a scatter plot.

        Args:
            columns: Stored or derived columns; every stored one where None.
            n: How many rows, at most 20,000; with more than five columns fewer may come.
            where: Conditions that all have to hold, as for :meth:`rows`.

        Returns:
            ``columns``, ``items`` (the cells in their order), and ``rows``: how many there are to draw from.

        Raises:
            InvalidInput: An unknown column, a condition that does not fit its column, or too large a sample.
        """
        return self._datasets.sample(self.id, columns, n=n, where=where)

    def download(
        self,
        path: str | Path,
        format: Format | None = None,  # noqa: A002  # the wire's name
        *,
        on_progress: Progress | None = None,
    ) -> Path:
        """Writes the table to ``path`` and returns it; the file appears whole or not at all.

        Args:
            path: The file to write.
            format: ``"csv"`` (UTF-8 with BOM, formulas escaped for spreadsheets) or ``"parquet"`` (the exact values);
                by the ending of ``path`` where None.
            on_progress: Called with the bytes received so far and None.

        Raises:
            InvalidInput: The file cannot be written, or the format is unknown.
            HabError: The download failed.
        """
        target = Path(path)
        wanted = format or ("parquet" if target.suffix.lower() == ".parquet" else "csv")
        with written_whole(target) as sink:
            self._datasets.download(self.id, sink, wanted, on_progress)
        return target

    def write(self, sink: IO[bytes], format: Format = "csv", *, on_progress: Progress | None = None) -> None:  # noqa: A002
        """Writes the table into an open file, stdout for instance, once all of it has arrived."""
        pass_on_whole(partial(self._fetch, format, on_progress), sink)

    def to_pandas(self) -> DataFrame:
        """Returns the table as a pandas DataFrame: dates as datetime64, codes and labels as text.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return tables.to_pandas(self._fetch, self.profile)

    def to_polars(self) -> PolarsFrame:
        """Returns the table as a polars DataFrame.

        Raises:
            MissingExtra: polars is not installed.
        """
        return tables.to_polars(self._fetch)

    def share(self) -> Share:
        """Makes a link that shows the dataset to anyone who has it, for 7 days unless the server says otherwise."""
        return Share(self._datasets, self._datasets.share(self.id))

    def update(self, *, name: str | None = None, description: str | None = None) -> Dataset:
        """Renames or describes the dataset and returns this object; what is None stays as it is."""
        self._info = self._datasets.change(self.id, name=name, description=description)
        return self

    def delete(self) -> None:
        """Deletes the dataset for good; predictions made from it stay.

        Raises:
            DatasetInUse: A job works on it, or a conversation about it is going on.
        """
        self._datasets.delete(self.id)

    def __len__(self) -> int:
        return self._info.rows

    def __bool__(self) -> bool:
        return True  # a dataset without rows is one, too

    def __repr__(self) -> str:
        return f"<Dataset {self.id} {self.name!r} {self._info.rows}×{self._info.columns}>"

    def _repr_html_(self) -> str:
        """Shows the dataset as last heard of in a notebook."""
        return views.dataset_html(self._info)

    def _fetch(self, format: Format, on_progress: Progress | None, sink: IO[bytes]) -> None:  # noqa: A002
        """Writes the table into a file that can be rewound."""
        self._datasets.download(self.id, sink, format, on_progress)


class Share:
    """A link that lets anyone see a dataset; whoever has :attr:`url` needs nothing else."""

    def __init__(self, datasets: Datasets, link: wire.Share) -> None:
        """Keeps the link and the resource that can end it."""
        self._datasets = datasets
        self._link = link

    @property
    def id(self) -> str:
        """The link's id, for ``client.datasets.revoke``; it opens nothing."""
        return self._link.share_id

    @property
    def url(self) -> str:
        """The link itself."""
        return self._link.url

    @property
    def token(self) -> str:
        """The secret part of the link, for ``client.datasets.shared``."""
        return self._link.token

    @property
    def expires_at(self) -> datetime:
        """When the link ends by itself."""
        return self._link.expires_at

    def revoke(self) -> None:
        """Ends the link at once."""
        self._datasets.revoke(self.id)

    def __repr__(self) -> str:
        return f"<Share {self.id} until {self.expires_at:%Y-%m-%d %H:%M}>"

    def _repr_html_(self) -> str:
        """Shows the link in a notebook."""
        return views.share_html(self._link)


def id_of(dataset: str | Dataset) -> str:
    """Returns the id of a dataset that is given as such or by its id."""
    return dataset.id if isinstance(dataset, Dataset) else dataset
