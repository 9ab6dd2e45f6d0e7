"""Datasets: received, listed, read row by row, downloaded, renamed, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hab_core.datasets.download import csv_parts
from hab_core.schemas.common import Page
from hab_core.schemas.datasets import (
    SAMPLE_DEFAULT,
    SAMPLE_MAX,
    Dataset,
    DatasetDetail,
    DatasetPatch,
    Removed,
    RowsPage,
    RowsSample,
)
from hab_server import idempotency
from hab_server.bodies import model_of, parse_model, read_json, request_body
from hab_server.datasets.keeping import keep, remove
from hab_server.datasets.opening import open_table
from hab_server.datasets.rows import RowQuery, read_rows, read_sample
from hab_server.dependencies import DEFAULT_LIMIT, CursorQuery, DatasetId, LimitQuery, Services, ServicesDep
from hab_server.etags import matches, not_modified
from hab_server.file_names import content_disposition
from hab_server.store import datasets
from hab_server.store.ids import IdMaker
from hab_server.uploads import MEGABYTE, Upload, disk_errors, receive, upload_body

router = APIRouter(prefix="/api/datasets", tags=["datasets"])
Format = Literal["csv", "parquet"]
_MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_UPLOAD_FIELDS = {"name": "1–200 characters; the name of the file where it is left out", "description": "free text"}
_ColumnsQuery = Annotated[
    list[str], Query(max_length=500, description="stored or derived columns: repeated, or between commas; all stored")
]
_SortQuery = Annotated[
    list[str],
    Query(max_length=4, description="columns, most important first: repeated, or between commas; -ECLO descends"),
]
_WhereQuery = Annotated[
    str | None,
    Query(
        max_length=20_000, description='conditions as JSON: `[{"column": "요일", "operator": "==", "value": "금요일"}]`'
    ),
]
_SampleQuery = Annotated[int, Query(ge=1, le=SAMPLE_MAX, description="rows of the sample")]


@router.post(
    "/upload",
    status_code=201,
    operation_id="upload_dataset",
    responses={201: {"model": Dataset}},
    openapi_extra=upload_body(**_UPLOAD_FIELDS) | {"parameters": [idempotency.PARAMETER]},
)
async def upload_dataset(request: Request, services: ServicesDep) -> Response:
    """Receives a CSV file, reads it by its content, and answers once the dataset is stored."""
    key = idempotency.key_of(request)
    settings = services.settings
    async with receive(request, settings.uploads_folder, settings.max_upload_mb, _UPLOAD_FIELDS) as upload:
        told = _told(upload)
        asked = "\n".join((upload.content_hash, *told)).encode()

        async def work(make_id: IdMaker) -> Response:
            dataset = await services.reading.run(partial(_keep, services, upload, make_id("ds"), *told))
            return Response(dataset.model_dump_json(), status_code=201, media_type="application/json")

        return await idempotency.answer_once(services.engine, "upload_dataset", key, asked, work)


@router.get("", operation_id="list_datasets")
def list_datasets(
    services: ServicesDep, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
) -> Page[Dataset]:
    """Lists the datasets, newest first."""
    return datasets.list_datasets(services.engine, limit, cursor)


@router.get("/{dataset_id}", operation_id="get_dataset")
def get_dataset(dataset_id: DatasetId, services: ServicesDep) -> DatasetDetail:
    """Returns a dataset with the profile of its columns, its derived columns and where its rows lie."""
    return datasets.get(services.engine, dataset_id)


@router.patch("/{dataset_id}", operation_id="update_dataset", openapi_extra=request_body(DatasetPatch))
async def update_dataset(dataset_id: DatasetId, request: Request, services: ServicesDep) -> DatasetDetail:
    """Renames or describes a dataset."""
    patch = parse_model(DatasetPatch, await read_json(request))
    return await run_in_threadpool(datasets.change, services.engine, dataset_id, patch)


@router.delete("/{dataset_id}", operation_id="delete_dataset")
def delete_dataset(dataset_id: DatasetId, services: ServicesDep) -> Removed:
    """Deletes a dataset, unless something uses it; predictions and jobs made from it stay."""
    remove(services.engine, services.datasets, dataset_id)
    return Removed(id=dataset_id)


@router.get("/{dataset_id}/rows", operation_id="list_dataset_rows")
async def list_dataset_rows(
    dataset_id: DatasetId,
    services: ServicesDep,
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
    columns: _ColumnsQuery = [],  # noqa: B006  # FastAPI copies it
    sort: _SortQuery = [],  # noqa: B006
    where: _WhereQuery = None,
) -> RowsPage:
    """Returns rows in the order of the file or of `sort`; a cursor holds for the same `sort` and `where`.

    A page of a very wide table may hold fewer rows than `limit`.
    """
    query = RowQuery(limit, cursor, columns, sort, where)
    return await services.analysing.run(partial(_rows, services, dataset_id, query))


@router.get("/{dataset_id}/sample", operation_id="sample_dataset_rows")
async def sample_dataset_rows(
    dataset_id: DatasetId,
    services: ServicesDep,
    limit: _SampleQuery = SAMPLE_DEFAULT,
    columns: _ColumnsQuery = [],  # noqa: B006
    where: _WhereQuery = None,
) -> RowsSample:
    """Returns rows drawn at random, the same at every call, for maps and scatter plots; not for computing.

    A sample of many columns may hold fewer rows than `limit`.
    """
    query = RowQuery(limit, columns=columns, where=where)
    return await services.analysing.run(partial(_sample, services, dataset_id, query))


@router.head("/{dataset_id}/download", include_in_schema=False)
@router.get(
    "/{dataset_id}/download",
    operation_id="download_dataset",
    response_class=StreamingResponse,
    responses={
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _MEDIA_TYPES.values()}},
        304: {"description": "what `If-None-Match` names is still right"},
    },
)
def download_dataset(
    dataset_id: DatasetId,
    request: Request,
    services: ServicesDep,
    format: Format = "csv",  # noqa: A002  # the wire's name
) -> Response:
    """Returns the table as CSV (UTF-8 with BOM, formulas escaped) or as Parquet."""
    dataset = datasets.find(services.engine, dataset_id)
    etag = f'"{dataset.content_hash.rpartition(":")[2]}-{format}"'
    if matches(request, etag):
        return not_modified(etag)
    headers = {"ETag": etag, "Content-Disposition": content_disposition(dataset.name, f".{format}")}
    if request.method == "HEAD":
        return StreamingResponse(iter(()), media_type=_MEDIA_TYPES[format], headers=headers)
    with disk_errors():  # a file that is not there is an error now, not after the answer has begun
        table = services.datasets.scan(dataset_id)
    parts = csv_parts(table) if format == "csv" else _stored_parts(services, dataset_id)
    return StreamingResponse(parts, media_type=_MEDIA_TYPES[format], headers=headers)


def _told(upload: Upload) -> tuple[str, str]:
    """Returns the name and description of an upload; those of the form keep the rules of a change of name."""
    given = {name: text for name, text in upload.fields.items() if text.strip()}
    if not given:
        return upload.file_name, ""
    patch = model_of(DatasetPatch, given)
    return patch.name or upload.file_name, patch.description or ""


def _keep(services: Services, upload: Upload, dataset_id: str, name: str, description: str) -> Dataset:
    """Reads and stores what was received."""
    facts = {"name": name, "description": description, "dataset_id": dataset_id}
    return keep(services.engine, services.datasets, upload.read(), upload.content_hash, **facts)


def _rows(services: Services, dataset_id: str, query: RowQuery) -> RowsPage:
    """Returns a page of rows."""
    with disk_errors():
        return read_rows(open_table(services.engine, services.datasets, dataset_id), query)


def _sample(services: Services, dataset_id: str, query: RowQuery) -> RowsSample:
    """Returns a sample of rows."""
    with disk_errors():
        return read_sample(open_table(services.engine, services.datasets, dataset_id), query)


def _stored_parts(services: Services, dataset_id: str) -> Iterator[bytes]:
    """Yields the stored file."""
    with services.datasets.open(dataset_id) as file:
        while part := file.read(MEGABYTE):
            yield part
