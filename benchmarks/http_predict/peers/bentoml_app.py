"""A BentoML service of the model named by ECLO_MODEL."""

import os

import bentoml
import lightgbm
import numpy as np


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Eclo:
    """Predicts from already encoded numbers."""

    def __init__(self) -> None:
        """Loads the model once."""
        self.booster = lightgbm.Booster(model_file=os.environ["ECLO_MODEL"])

    @bentoml.api
    async def predict(self, row: list[float]) -> dict[str, float]:
        """Returns the prediction on the ECLO scale."""
        return {"eclo": float(np.expm1(self.booster.predict(np.array([row]), num_threads=1)[0]))}
