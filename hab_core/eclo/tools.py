"""A model in the form that the two prediction tools ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hab_core.eclo.model import EcloModel, Explanation
from hab_core.eclo.rows import score_batch
from hab_core.errors import HabError
from hab_core.schemas.eclo import Accident, EcloScore


class ModelPredictor:
    """Scores, explains and scores many by one loaded model; may be used from any number of threads."""

    def __init__(self, model: EcloModel) -> None:
        """Keeps the model; make a new predictor where another one serves."""
        self._model = model

    @property
    def version(self) -> str:
        """The name of the model's version."""
        return self._model.version

    def score(self, accident: Accident) -> EcloScore:
        """Returns the score of one accident; raises InvalidInput where its place is not in Daegu."""
        return self._model.score(accident)

    def explain(self, accident: Accident) -> Explanation:
        """Returns what made the prediction so; raises InvalidInput where its place is not in Daegu."""
        return self._model.explain(accident)

    def score_batch(self, rows: Sequence[Mapping[str, object]]) -> Sequence[EcloScore | HabError]:
        """Returns for each row, under English or Korean names, its score or what is wrong with it."""
        return score_batch(self._model, rows)
