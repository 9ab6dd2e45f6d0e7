"""The analysis tools over HTTP."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hab_core.analysis.registry import find_tool, tools
from hab_core.analysis.run import run_tool
from hab_core.analysis.spec import ToolSpec
from hab_core.errors import InvalidInput, NotFound
from hab_core.schemas.analysis import ToolInfo, ToolRequest, ToolRun
from hab_core.schemas.common import Page
from hab_server import idempotency
from hab_server.bodies import parse_model, read_json, request_body
from hab_server.datasets.opening import open_table
from hab_server.dependencies import DatasetId, Services, ServicesDep
from hab_server.predicting import RecordingPredictor
from hab_server.store.ids import IdMaker
from hab_server.uploads import disk_errors

router = APIRouter(prefix="/api", tags=["tools"])
_BODY: dict[str, Any] = request_body(ToolRequest) | {"parameters": [idempotency.PARAMETER]}


@router.get("/tools", operation_id="list_tools")
def list_tools() -> Page[ToolInfo]:
    """Lists the tools in their order: category, what each is for, and the JSON Schema of its arguments."""
    return Page(items=[spec.info() for spec in tools()], next_cursor=None)


@router.post("/tools/{name}", operation_id="run_tool", responses={200: {"model": ToolRun}}, openapi_extra=_BODY)
async def run_prediction_tool(name: str, request: Request, services: ServicesDep) -> Response:
    """Runs one of the two prediction tools; what they predict is stored as every prediction is."""
    return await _answer(services, request, name, None)


@router.post(
    "/datasets/{dataset_id}/tools/{name}",
    operation_id="run_dataset_tool",
    responses={200: {"model": ToolRun}},
    openapi_extra=_BODY,
)
async def run_dataset_tool(dataset_id: DatasetId, name: str, request: Request, services: ServicesDep) -> Response:
    """Runs a tool on a dataset."""
    return await _answer(services, request, name, dataset_id)


async def _answer(services: Services, request: Request, name: str, dataset_id: str | None) -> Response:
    """Runs a tool in a thread, stores what it predicted, answers."""
    spec = _required(name)
    key = idempotency.key_of(request)
    body = await read_json(request)
    asked = parse_model(ToolRequest, body)

    async def work(make_id: IdMaker) -> Response:
        predictor = RecordingPredictor(services.models.current) if spec.on == "predictor" else None
        run = await services.analysing.run(partial(_run, services, spec, dataset_id, asked.arguments, predictor))
        if predictor is not None:
            await asyncio.gather(*(services.writer.write_once(row) for row in predictor.rows(make_id)))
            for grade in predictor.grades():
                services.metrics.count_prediction(grade)
        return Response(run.model_dump_json(), media_type="application/json")

    scope_of_body = f"{dataset_id} {name} ".encode() + body
    return await idempotency.answer_once(services.engine, "run_tool", key, scope_of_body, work)


def _run(
    services: Services,
    spec: ToolSpec,
    dataset_id: str | None,
    arguments: dict[str, Any],
    predictor: RecordingPredictor | None,
) -> ToolRun:
    """Opens the dataset and runs the tool."""
    with disk_errors():
        table = None if dataset_id is None else open_table(services.engine, services.datasets, dataset_id)
        return run_tool(spec.name, table, arguments, predictor)


def _required(name: str) -> ToolSpec:
    """Returns a tool; raises NotFound with the names of all where there is none."""
    try:
        return find_tool(name)
    except InvalidInput as error:
        raise NotFound(error.message, details=error.details) from None
