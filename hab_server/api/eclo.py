"""ECLO predictions one at a time, their history, and the model behind them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from hab_core.eclo.model import EcloModel
from hab_core.schemas.common import Page, utc_now
from hab_core.schemas.eclo import Accident, EcloPrediction, ModelInfo, PredictionRecord
from hab_server.bodies import parse_model, read_json, request_body
from hab_server.dependencies import (
    DEFAULT_LIMIT,
    CursorQuery,
    IdempotencyKey,
    LimitQuery,
    Services,
    ServicesDep,
)
from hab_server.idempotency import answer_once
from hab_server.store import predictions
from hab_server.store.ids import new_id

router = APIRouter(prefix="/api", tags=["eclo"])


@router.post(
    "/predict/eclo",
    operation_id="predict_eclo",
    responses={200: {"model": EcloPrediction}},
    openapi_extra=request_body(Accident),
)
async def predict_eclo(
    request: Request,
    services: ServicesDep,
    explain: Annotated[bool, Query(description="false leaves out detail and contributions: the fast path")] = True,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Predicts the severity of one accident; the answer is sent after the prediction is stored."""
    body = await read_json(request)
    accident = parse_model(Accident, body)
    asked = body + (b"1" if explain else b"0")

    async def work() -> Response:
        prediction = await _predict(services, accident, explain=explain)
        return Response(prediction.__pydantic_serializer__.to_json(prediction), media_type="application/json")

    return await answer_once(services.engine, "predict_eclo", idempotency_key, asked, work)


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


async def _predict(services: Services, accident: Accident, *, explain: bool) -> EcloPrediction:
    """Returns a prediction that is already stored."""
    model = services.models.current
    score = model.score(accident)
    more: dict[str, Any] = await _explained(services, model, accident) if explain else {}
    prediction = EcloPrediction.model_construct(
        **score.__dict__, **more, prediction_id=new_id("pred"), model_version=model.version
    )
    await services.writer.write(
        predictions.prediction_values(
            prediction.prediction_id, score, accident.features(), model.version, created_at=utc_now()
        )
    )
    services.metrics.count_prediction(score.interpretation)
    return prediction


async def _explained(services: Services, model: EcloModel, accident: Accident) -> dict[str, Any]:
    """Returns detail, base value and contributions; exact TreeSHAP costs a hundred predictions, so in a thread."""
    async with services.explaining:
        explanation = await asyncio.to_thread(model.explain, accident)
    return {
        "detail": explanation.detail,
        "base_value": explanation.base_value,
        "contributions": explanation.contributions,
    }
