"""ECLO predictions by the thousand: a job that is followed, read page by page, downloaded or cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from hab_core.eclo.rows import read_batch_csv
from hab_core.errors import FileTooLarge, InvalidInput
from hab_core.schemas.eclo import EcloBatchRequest
from hab_core.schemas.jobs import EcloBatch, Job
from hab_server import idempotency
from hab_server.bodies import bounded, parse_model, read_json, request_body
from hab_server.dependencies import DEFAULT_LIMIT, CursorQuery, LimitQuery, Services, ServicesDep
from hab_server.jobs import batches

router = APIRouter(prefix="/api/predict/eclo/batch", tags=["eclo"])
MEGABYTE = 1024 * 1024
Rows = Sequence[Mapping[str, Any]]

_BODY = request_body(EcloBatchRequest)
_BODY["requestBody"]["content"]["multipart/form-data"] = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary", "description": "CSV, English or Korean names"}},
    }
}


@router.post(
    "",
    status_code=202,
    operation_id="create_eclo_batch",
    responses={202: {"model": Job}},
    openapi_extra=_BODY | {"parameters": [idempotency.PARAMETER]},
)
async def create_eclo_batch(request: Request, services: ServicesDep) -> Response:
    """Accepts rows in the body or a CSV file and answers with the job that scores them."""
    key = idempotency.key_of(request)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = await _read_upload(request, services.settings.max_upload_mb)
        rows: Rows = await run_in_threadpool(read_batch_csv, body)
    else:
        body = await read_json(request)
        rows = await run_in_threadpool(_rows_of, body)

    async def work() -> Response:
        job = await run_in_threadpool(_submit, services, rows)
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


async def _read_upload(request: Request, limit_mb: int) -> bytes:
    """Returns the bytes of the one file in a multipart body."""
    limited = bounded(request, limit_mb * MEGABYTE, FileTooLarge.over(limit_mb))
    async with limited.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise InvalidInput.of("file", "CSV 파일을 file 항목으로 보내주세요.")
        return await upload.read()


def _rows_of(body: bytes) -> Rows:
    """Returns the rows of a JSON body."""
    asked = parse_model(EcloBatchRequest, body)
    if asked.dataset_id is not None:
        raise InvalidInput.of("dataset_id", "이 서버는 아직 데이터셋을 지원하지 않습니다. accidents로 보내주세요.")
    if asked.accidents is None:
        raise InvalidInput.of("accidents", "예측할 사고 목록을 보내주세요.")
    return asked.accidents


def _submit(services: Services, rows: Rows) -> Job:
    """Stores the rows as a job and puts it in the queue."""
    return batches.submit_batch(services.engine, services.queue, services.settings, rows)
