"""ECLO predictions by the thousand: a job that is followed, read page by page, downloaded or cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hab_core.eclo.rows import read_batch_csv
from hab_core.errors import InvalidInput
from hab_core.schemas.eclo import EcloBatchRequest
from hab_core.schemas.jobs import EcloBatch, Job
from hab_server import idempotency
from hab_server.bodies import parse_model, read_json, request_body
from hab_server.datasets.opening import open_accidents
from hab_server.dependencies import DEFAULT_LIMIT, CursorQuery, LimitQuery, Services, ServicesDep
from hab_server.jobs import batches
from hab_server.settings import Settings
from hab_server.store.ids import IdMaker
from hab_server.uploads import receive, upload_body

router = APIRouter(prefix="/api/predict/eclo/batch", tags=["eclo"])
Rows = Sequence[Mapping[str, Any]]
Submit = Callable[[str], Job]
"""Stores a job under an id and puts it in the queue."""

_BODY = request_body(EcloBatchRequest)
_BODY["requestBody"]["content"] |= upload_body()["requestBody"]["content"]


@router.post(
    "",
    status_code=202,
    operation_id="create_eclo_batch",
    responses={202: {"model": Job}},
    openapi_extra=_BODY | {"parameters": [idempotency.PARAMETER]},
)
async def create_eclo_batch(request: Request, services: ServicesDep) -> Response:
    """Accepts rows in the body, a CSV file or a dataset, and answers with the job that scores them."""
    key = idempotency.key_of(request)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = await _read_upload(request, services.settings)
        rows: Rows = await run_in_threadpool(read_batch_csv, body)
        submit: Submit = partial(_submit, services, rows)
    else:
        body = await read_json(request)
        submit = await run_in_threadpool(_submission_of, services, body)

    async def work(make_id: IdMaker) -> Response:
        job = await services.reading.run(partial(submit, make_id("job")))
        return JSONResponse(job.model_dump(mode="json"), status_code=202)

    return await idempotency.answer_once(services.engine, "create_eclo_batch", key, body, work)


@router.get("/{job_id}", operation_id="get_eclo_batch")
def get_eclo_batch(
    job_id: str, services: ServicesDep, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
) -> EcloBatch:
    """Returns the job as it stands, with a page of its rows in their own order."""
    return batches.read_batch(services.engine, job_id, limit, cursor)


@router.delete("/{job_id}", operation_id="cancel_eclo_batch")
def cancel_eclo_batch(job_id: str, services: ServicesDep) -> Job:
    """Cancels the job; rows that were scored stay. Answers with the job as it then stands."""
    return batches.cancel_batch(services.engine, job_id)


@router.get(
    "/{job_id}/results.csv",
    operation_id="download_eclo_batch",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def download_eclo_batch(job_id: str, services: ServicesDep) -> StreamingResponse:
    """Returns the table that was sent, with what was predicted beside each row, as UTF-8 CSV with BOM."""
    lines = batches.results_csv(services.engine, job_id)
    headers = {"Content-Disposition": f'attachment; filename="{job_id}.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _read_upload(request: Request, settings: Settings) -> bytes:
    """Returns the bytes of the one file in a multipart body."""
    async with receive(request, settings.uploads_folder, settings.max_upload_mb) as upload:
        return await run_in_threadpool(upload.read)


def _submission_of(services: Services, body: bytes) -> Submit:
    """Returns what stores the rows that a JSON body holds or names as a job."""
    asked = parse_model(EcloBatchRequest, body)
    if asked.dataset_id is not None and asked.accidents is not None:
        raise InvalidInput.of("dataset_id", "accidents와 dataset_id 중 하나만 보내주세요.")
    if asked.dataset_id is not None:
        return partial(_submit_dataset, services, asked.dataset_id)
    if asked.accidents is None:
        raise InvalidInput.of("accidents", "예측할 사고 목록(accidents)이나 dataset_id를 보내주세요.")
    return partial(_submit, services, asked.accidents)


def _submit_dataset(services: Services, dataset_id: str, job_id: str) -> Job:
    """Stores a job on the rows of a dataset, which the worker reads, and puts it in the queue."""
    table = open_accidents(services.engine, services.datasets, dataset_id)
    return batches.submit_dataset(services.engine, services.queue, services.settings, dataset_id, table, job_id)


def _submit(services: Services, rows: Rows, job_id: str) -> Job:
    """Stores the rows as a job and puts it in the queue."""
    return batches.submit_batch(services.engine, services.queue, services.settings, rows, job_id=job_id)
