"""ECLO predictions one at a time, their history, and the model behind them."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic_core import to_json

from hab_core.eclo.model import EcloModel, Explanation
from hab_core.schemas.common import Page, utc_now
from hab_core.schemas.eclo import Accident, EcloPrediction, ModelInfo, PredictionRecord
from hab_server import idempotency
from hab_server.bodies import flag, parse_model, read_json, request_body
from hab_server.dependencies import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    Services,
    ServicesDep,
)
from hab_server.direct_route import DirectRoute
from hab_server.store import predictions
from hab_server.store.ids import IdMaker

router = APIRouter(prefix="/api", tags=["eclo"])
_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "false leaves out detail and contributions: the fast path",
    "schema": {"type": "boolean", "default": True},
}


async def predict_eclo(request: Request) -> Response:
    """Predicts the severity of one accident; the answer is sent after the prediction is stored."""
    services = request.app.state.services
    explain = flag(request, "explain", default=True)
    key = idempotency.key_of(request)
    body = await read_json(request)
    accident = parse_model(Accident, body)
    asked = body + (b"1" if explain else b"0")

    async def work(make_id: IdMaker) -> Response:
        prediction = await _predict(services, accident, make_id("pred"), explain=explain)
        return Response(to_json(prediction), media_type="application/json")

    return await idempotency.answer_once(services.engine, "predict_eclo", key, asked, work)


@router.get("/predictions", operation_id="list_predictions")
def list_predictions(
    services: ServicesDep, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
) -> Page[PredictionRecord]:
    """Lists every prediction made, single and batch, newest first."""
    return predictions.list_predictions(services.engine, limit, cursor)


@router.get("/model", operation_id="get_model")
def get_model(services: ServicesDep) -> ModelInfo:
    """Describes the model that serves: features with their valid values, severity scale, metrics, training data."""
    return services.models.current.info(services.registry.versions())


predict_route = DirectRoute(
    "/api/predict/eclo",
    predict_eclo,
    methods=("POST",),
    documentation={
        "tags": ["eclo"],
        "operation_id": "predict_eclo",
        "responses": {200: {"model": EcloPrediction}},
        "openapi_extra": request_body(Accident) | {"parameters": [_EXPLAIN, idempotency.PARAMETER]},
    },
)


async def _predict(services: Services, accident: Accident, prediction_id: str, *, explain: bool) -> dict[str, Any]:
    """Returns the fields of an ``EcloPrediction`` that is already stored; building the object would double the cost."""
    model = services.models.current
    score = model.score(accident)
    explanation = await _explained(services, model, accident) if explain else None
    await services.writer.write_once(
        predictions.prediction_values(prediction_id, score, accident.features(), model.version, created_at=utc_now())
    )
    services.metrics.count_prediction(score.interpretation)
    return {
        **score.__dict__,
        "prediction_id": prediction_id,
        "detail": explanation.detail if explanation else "",
        "base_value": explanation.base_value if explanation else None,
        "effect_scale": "log1p",
        "contributions": explanation.contributions if explanation else [],
        "model_version": model.version,
    }


async def _explained(services: Services, model: EcloModel, accident: Accident) -> Explanation:
    """Explains a prediction: exact TreeSHAP costs about a hundred predictions, so in a thread."""
    async with services.explaining:
        return await asyncio.to_thread(model.explain, accident)
