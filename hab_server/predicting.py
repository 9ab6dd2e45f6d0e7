"""The model as the prediction tools use it, with a record of what it predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hab_core.eclo.model import EcloModel, Explanation
from hab_core.eclo.rows import ScoredRow, score_rows
from hab_core.errors import HabError
from hab_core.schemas.common import utc_now
from hab_core.schemas.eclo import Accident, EcloScore
from hab_server.store.ids import IdMaker, new_id
from hab_server.store.predictions import prediction_values


class RecordingPredictor:
    """Scores accidents for one call of a tool and remembers each, so that it is stored as every prediction is."""

    def __init__(self, model: EcloModel) -> None:
        """Works with ``model`` to the end of the call, also where another one becomes active meanwhile."""
        self._model = model
        self._made: list[ScoredRow] = []

    @property
    def version(self) -> str:
        """The version of the model."""
        return self._model.version

    def score(self, accident: Accident) -> EcloScore:
        """Returns the score of one accident; raises InvalidInput where its place is unknown."""
        score = self._model.score(accident)
        self._made.append(ScoredRow(accident, score))
        return score

    def explain(self, accident: Accident) -> Explanation:
        """Returns what made the prediction so."""
        return self._model.explain(accident)

    def score_batch(self, rows: Sequence[Mapping[str, object]]) -> list[EcloScore | HabError]:
        """Returns for each row its score or what is wrong with it."""
        found = score_rows(self._model, rows)
        self._made += [each for each in found if isinstance(each, ScoredRow)]
        return [each.score if isinstance(each, ScoredRow) else each for each in found]

    def rows(self, make_id: IdMaker = new_id) -> list[dict[str, Any]]:
        """Returns what was predicted as rows of ``predictions``, named by ``make_id``."""
        now = utc_now()
        return [
            prediction_values(make_id("pred"), made.score, made.accident.features(), self.version, created_at=now)
            for made in self._made
        ]

    def grades(self) -> list[str]:
        """Returns the severity class of each prediction."""
        return [made.score.interpretation for made in self._made]
