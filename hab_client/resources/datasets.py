"""Datasets on the server: uploading, finding, reading, sharing, deleting them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel

from hab_client._resource import Listing, Resource, segment
from hab_client._transport import Call
from hab_client.answers import DatasetAnswer, DatasetDetailAnswer, ShareAnswer
from hab_client.dataset import Dataset, Format
from hab_client.rows import plain, to_json
from hab_client.uploads import FileLike, Progress, upload_of
from hab_core.errors import InvalidInput
from hab_core.schemas import datasets as wire
from hab_core.schemas.common import Page

if TYPE_CHECKING:
    from hab_client.dataset import Where

_MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


class Datasets(Resource):
    """``client.datasets``: tables that are kept on the server."""

    def upload(
        self,
        file: FileLike,
        *,
        name: str | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
        on_progress: Progress | None = None,
    ) -> Dataset:
        """Uploads a CSV file of any usual encoding and separator; the server reads it by its content.

        Args:
            file: The path of a CSV (also ``.gz``), its bytes, a file opened for reading bytes, or a pandas or polars
                table (without its index).
            name: What the dataset is called; the name of the file where None.
            description: What it is about.
            idempotency_key: Names this upload; a new key is made where none is given, so that a request that had to be
                repeated makes one dataset.
            on_progress: Called with the bytes sent so far and their total.

        Returns:
            The dataset; ``warnings`` and ``info`` say how it was read, ``profile`` and ``geo`` what is in it.

        Raises:
            InvalidInput: The file is not there, or no table can be made of it; the message says where and why.
            FileTooLarge: It is larger than the server accepts.
            UnsupportedFileType: It is something else than CSV.
            HabError: Any other failure of the tree.
        """
        told = {"name": name, "description": description}
        fields = {field: _form_text(field, text) for field, text in told.items() if text is not None}
        upload = replace(upload_of(file), fields=fields, on_progress=on_progress)
        key = idempotency_key or uuid.uuid4().hex
        call = Call("POST", "/api/datasets/upload", upload=upload, idempotency_key=key)
        return Dataset(self, self._ask(DatasetAnswer, call))

    def get(self, dataset_id: str) -> Dataset:
        """Returns a dataset with its profile.

        Raises:
            NotFound: There is no such dataset.
        """
        return Dataset(self, self.detail(dataset_id))

    def list(self) -> Listing[Dataset]:
        """Returns every dataset, the newest first; pages are read as needed."""

        def page(params: dict[str, str]) -> Page[Dataset]:
            found = self._ask(Page[wire.Dataset], Call("GET", "/api/datasets", params))
            return Page[Any](items=[Dataset(self, info) for info in found.items], next_cursor=found.next_cursor)

        return Listing(page)

    def update(self, dataset_id: str, *, name: str | None = None, description: str | None = None) -> Dataset:
        """Renames or describes a dataset; what is None stays as it is."""
        return Dataset(self, self.change(dataset_id, name=name, description=description))

    def delete(self, dataset_id: str) -> None:
        """Deletes a dataset for good; predictions made from it stay.

        Raises:
            DatasetInUse: A job works on it, or a conversation about it is going on.
            NotFound: There is no such dataset.
        """
        self._ask(wire.Removed, Call("DELETE", _address(dataset_id)))

    def shared(self, token: str) -> Dataset:
        """Returns the dataset behind a share link.

        Args:
            token: The token, or the whole link.

        Raises:
            ShareLinkExpired: The link has expired or was revoked.
            NotFound: There never was such a link.
        """
        call = Call("GET", f"/api/shared/{segment('token', _token(token))}")
        return Dataset(self, self._ask(DatasetDetailAnswer, call))

    def revoke(self, share_id: str) -> None:
        """Ends a share link at once; its id is told when it is made.

        Raises:
            NotFound: There is no such link.
        """
        self._ask(wire.Removed, Call("DELETE", f"/api/shares/{segment('share_id', share_id)}"))

    def detail(self, dataset_id: str) -> DatasetDetailAnswer:
        """Returns what is known of a dataset, its columns included."""
        return self._ask(DatasetDetailAnswer, Call("GET", _address(dataset_id)))

    def change(self, dataset_id: str, *, name: str | None, description: str | None) -> DatasetDetailAnswer:
        """Renames or describes a dataset and returns what is then known of it."""
        told = {"name": name, "description": description}
        body = to_json({field: text for field, text in told.items() if text is not None})
        return self._ask(DatasetDetailAnswer, Call("PATCH", _address(dataset_id), body=body))

    def share(self, dataset_id: str) -> ShareAnswer:
        """Makes a share link; ``client.datasets.get(…).share()`` returns it as an object that can be revoked."""
        return self._ask(ShareAnswer, Call("POST", f"{_address(dataset_id)}/share"))

    def rows(
        self,
        dataset_id: str,
        columns: str | Sequence[str] | None = None,
        *,
        sort: str | Sequence[str] | None = None,
        where: Where | Sequence[Where] | None = None,
    ) -> Listing[dict[str, Any]]:
        """Returns the rows of a dataset as :meth:`Dataset.rows` does."""
        address = f"{_address(dataset_id)}/rows"
        asked = {"columns": _names(columns), "sort": _names(sort)}
        conditions = {} if where is None else {"where": to_json(_conditions(where)).decode()}
        chosen = {name: names for name, names in asked.items() if names} | conditions

        def page(params: dict[str, str]) -> Page[dict[str, Any]]:
            found = self._ask(wire.RowsPage, Call("GET", address, {**params, **chosen}))
            items = [dict(zip(found.columns, row, strict=True)) for row in found.items]
            return Page(items=items, next_cursor=found.next_cursor)

        return Listing(page)

    def sample(
        self,
        dataset_id: str,
        columns: str | Sequence[str] | None = None,
        *,
        n: int = wire.SAMPLE_DEFAULT,
        where: Where | Sequence[Where] | None = None,
    ) -> wire.RowsSample:
        """Returns rows drawn at random as :meth:`Dataset.sample` does."""
        conditions = {} if where is None else {"where": to_json(_conditions(where)).decode()}
        params = {"limit": str(n), **({"columns": _names(columns)} if columns else {}), **conditions}
        return self._ask(wire.RowsSample, Call("GET", f"{_address(dataset_id)}/sample", params))

    def download(
        self,
        dataset_id: str,
        sink: IO[bytes],
        format: Format = "csv",  # noqa: A002  # the wire's name
        on_progress: Progress | None = None,
    ) -> None:
        """Writes the table into ``sink``, a file that can be rewound; :meth:`Dataset.download` writes a whole file.

        Raises:
            InvalidInput: The format is unknown.
        """
        if format not in _MEDIA_TYPES:
            raise InvalidInput.of("format", f"사용할 수 없는 형식입니다: {format}", list(_MEDIA_TYPES))
        call = Call("GET", f"{_address(dataset_id)}/download", {"format": format})
        self._transport.download(call, sink, _MEDIA_TYPES[format], on_progress)


def _address(dataset_id: str) -> str:
    """Returns the address of a dataset."""
    return f"/api/datasets/{segment('dataset_id', dataset_id)}"


def _names(names: str | Sequence[str] | None) -> list[str]:
    """Returns the names of columns as a list."""
    return [names] if isinstance(names, str) else list(names or ())


def _conditions(where: Where | Sequence[Where]) -> list[Any]:
    """Returns one or several conditions as a list that JSON can carry."""
    single = isinstance(where, (Mapping, BaseModel))
    found: list[Any] = plain([where] if single else where)
    return found


def _form_text(field: str, text: str) -> str:
    """Returns a text that goes beside a file; raises InvalidInput where it is none or UTF-8 cannot carry it."""
    try:
        text.encode()
    except (AttributeError, UnicodeEncodeError):
        raise InvalidInput.of(field, f"{field}: 올바른 유니코드 문자열이 아닙니다.") from None
    return text


def _token(link: str) -> str:
    """Returns the token of a share link, which may be given alone."""
    asked = parse_qs(urlsplit(link).query).get("share") if isinstance(link, str) else None
    return asked[0] if asked else link
