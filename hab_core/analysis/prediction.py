"""The two prediction tools: the same answers as prediction itself, in the form of a tool.

The model comes from outside, as anything that scores accidents: this room and that of the model do not know each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hab_core.errors import HabError
from hab_core.schemas.analysis_figures import PredictionBatchResult, PredictionResult
from hab_core.schemas.analysis_results import ValueCount
from hab_core.schemas.common import ErrorBody
from hab_core.schemas.eclo import INTERPRETATIONS, Accident, EcloContribution, EcloScore
from hab_core.schemas.jobs import EcloBatchItem

MAX_ACCIDENTS = 500


class Explained(Protocol):
    """Why a prediction is what it is."""

    @property
    def detail(self) -> str:
        """What the prediction means, a Korean sentence."""

    @property
    def base_value(self) -> float:
        """What the effects are added to, log1p of ECLO."""

    @property
    def contributions(self) -> list[EcloContribution]:
        """What each circumstance adds, log1p of ECLO."""


class Predictor(Protocol):
    """A model that serves."""

    @property
    def version(self) -> str:
        """The name of the model's version."""

    def score(self, accident: Accident) -> EcloScore:
        """Returns the score of one accident; raises InvalidInput where its place is unknown."""

    def explain(self, accident: Accident) -> Explained:
        """Returns what made the prediction so."""

    def score_batch(self, rows: Sequence[Mapping[str, object]]) -> Sequence[EcloScore | HabError]:
        """Returns for each row its score or what is wrong with it."""


Accidents = Annotated[
    list[dict[str, Any]],
    Field(
        min_length=1,
        max_length=MAX_ACCIDENTS,
        description="사고 상황의 목록. 항목마다 predict_eclo와 같은 이름(weather …)이나 "
        "한글 열 이름(기상상태 …)을 씁니다.",
    ),
]


def predict_eclo(predictor: Predictor, *, accident: Accident) -> PredictionResult:
    """사고 상황(기상, 노면, 도로형태, 사고유형, 시군구, 일시) 하나의 심각도 ECLO를 예측하고 이유를 설명합니다.

    ECLO = 10·사망 + 5·중상 + 3·경상 + 1·부상신고. 이미 일어난 사고의 통계가 아니라 "이런 사고라면 얼마나 심각할까"라는
    물음에 쓰세요.
    """
    score = predictor.score(accident)
    why = predictor.explain(accident)
    return PredictionResult(
        **score.model_dump(),
        rows=1,
        detail=why.detail,
        base_value=why.base_value,
        contributions=why.contributions,
        model_version=predictor.version,
    )


def predict_eclo_batch(predictor: Predictor, *, accidents: Accidents) -> PredictionBatchResult:
    """사고 상황 여러 개(최대 500건)의 ECLO를 한꺼번에 예측합니다.

    상황을 바꿔 가며 견줄 때 쓰세요. 잘못된 항목은 그 항목의 오류로만 돌려줍니다.
    """
    items = [_item(i, outcome) for i, outcome in enumerate(predictor.score_batch(accidents))]
    values = [item.eclo for item in items if item.eclo is not None]
    classes = Counter(item.interpretation for item in items if item.interpretation is not None)
    return PredictionBatchResult(
        rows=len(items),
        completed=len(values),
        failed=len(items) - len(values),
        mean_eclo=sum(values) / len(values) if values else None,
        classes=[
            ValueCount(value=name, count=classes[name], share=classes[name] / len(values))
            for name in INTERPRETATIONS
            if classes[name]
        ],
        items=items,
        model_version=predictor.version,
    )


def _item(index: int, outcome: EcloScore | HabError) -> EcloBatchItem:
    """Returns one row's score or error in the shape of a batch."""
    if isinstance(outcome, HabError):
        error = ErrorBody(code=outcome.code, message=outcome.message, details=outcome.details)
        return EcloBatchItem(index=index, error=error)
    return EcloBatchItem(index=index, **outcome.model_dump())
