"""The predictor that HAB replaces, in a plain FastAPI route: python -m …reference_app PORT."""

from __future__ import annotations

import math
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.predict.data import reference_row, train_reference


class Accident(BaseModel):
    """One accident as HAB takes it."""

    weather: str
    road_surface: str
    road_type: str
    accident_type: str
    district: str
    occurred_at: str


def create_app() -> FastAPI:
    """Returns an application whose one route predicts in a thread of the pool."""
    app = FastAPI(telemetry={"logs": False})
    predictor = train_reference(20_000)

    @app.post("/predict")
    def predict(accident: Accident) -> dict[str, Any]:
        return {"eclo": math.expm1(predictor.predict(reference_row(accident.model_dump())))}

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(), port=int(sys.argv[1]), access_log=False, log_level="warning")
