"""A loaded model: scores accidents, explains them, says what it is. Its form on disk is in ``hab_core.eclo.folder``.

A model never changes after it is loaded and may be used from any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hab_core.eclo.booster import Booster
from hab_core.eclo.categories import LABELS
from hab_core.eclo.detail import describe
from hab_core.eclo.explanation import Circumstances, circumstance_of, contributions
from hab_core.eclo.features import unseen_road_type
from hab_core.eclo.folder import ModelFiles, read_model_folder
from hab_core.eclo.lookup import FIELDS
from hab_core.eclo.severity import expm1_of
from hab_core.errors import ModelUnavailable
from hab_core.schemas.eclo import (
    ACCIDENT_TYPES,
    ROAD_SURFACES,
    TIME_PERIODS,
    WEATHERS,
    WEEKDAYS,
    Accident,
    EcloContribution,
    EcloInterval,
    EcloScore,
    ModelFeature,
    ModelInfo,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EXPLANATIONS_KEPT = 4096
_GOLDEN_TOLERANCE = 1e-9
_DAY_KIND = FIELDS.index("day_kind")


class Scored(NamedTuple):
    """A score as plain values: ``EcloScore`` without the cost of building it; ends are those of the interval."""

    eclo: float
    low: float
    high: float
    percentile: float
    interpretation: str
    warnings: list[str]


class ScoredTable(NamedTuple):
    """The scores of a table, one element a row; arrays have shape (rows,)."""

    prediction: NDArray[np.float64]
    eclo: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    percentile: NDArray[np.float64]
    interpretation: list[str]


class Explanation(NamedTuple):
    """Why a prediction is what it is; the effects and ``base_value`` add up to the raw prediction (log1p scale)."""

    detail: str
    base_value: float
    contributions: list[EcloContribution]


class EcloModel:
    """One version of the model, ready to serve."""

    def __init__(self, files: ModelFiles) -> None:
        """Builds the model from verified content.

        Raises:
            ModelUnavailable: The model's text does not belong to its features, or LightGBM refuses it.
        """
        document = files.document
        self._document = document
        self._metrics = files.metrics
        self.digest = files.digest
        self.table = document.table
        _check_feature_names(files.model_text, [feature.name for feature in document.table.features])
        self._booster = Booster(files.model_text)
        if self._booster.features != len(document.table.features):
            raise ModelUnavailable("모델 파일과 features.json의 특성 수가 다릅니다.")
        self._groups = [circumstance_of(feature) for feature in document.table.features]
        self._explained = lru_cache(maxsize=_EXPLANATIONS_KEPT)(self._explain)
        self.table.encode(document.golden[0].accident)  # builds the lookups now rather than in the first request

    @classmethod
    def load(cls, folder: Path) -> EcloModel:
        """Returns the model of a folder, whose files are checked against their sums first.

        The text that LightGBM reads is the bytes that were hashed. A folder whose sums are right but whose text is
        damaged kills the process: verify a folder of unknown origin in a child (``hab_core.eclo.verify``).

        Raises:
            ModelUnavailable: A file is missing, damaged, or of another version; the message says which.
        """
        return cls(read_model_folder(folder))

    @property
    def version(self) -> str:
        """The name of this version."""
        return self._document.version

    def predict(self, accident: Accident) -> float:
        """Returns the model's own output for one accident, log1p(ECLO).

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        return self._booster.predict_one(self.table.encode(accident)[0])

    def score_values(self, accident: Accident) -> Scored:
        """Returns the score of one accident as plain values; the fastest way to it.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        row, warnings = self.table.encode(accident)
        prediction = self._booster.predict_one(row)
        document = self._document
        least, most = document.limits
        eclo = min(max(math.expm1(prediction), least), most)
        low, high = document.interval.ends(prediction)
        percentile = document.severity.percentile(eclo)
        interpretation = document.severity.interpretation(percentile)
        return Scored(
            eclo, min(max(low, least), eclo), max(min(high, most), eclo), percentile, interpretation, warnings
        )

    def score(self, accident: Accident) -> EcloScore:
        """Returns the score of one accident.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        return self._to_score(self.score_values(accident))

    def score_table(self, columns: Mapping[str, Sequence[Any]]) -> ScoredTable:
        """Returns the scores of a table on one thread, equal to ``score`` row by row.

        Args:
            columns: As ``FeatureTable.encode_table`` takes them.

        Raises:
            InvalidInput: A place is not in Daegu.
        """
        import numpy as np

        prediction = self._booster.predict(self.table.encode_table(columns))
        document = self._document
        least, most = document.limits
        eclo = np.clip(expm1_of(prediction), least, most)
        low, high = document.interval.ends_of(prediction)
        percentile = document.severity.percentiles(eclo)
        return ScoredTable(
            prediction,
            eclo,
            np.minimum(np.maximum(low, least), eclo),
            np.maximum(np.minimum(high, most), eclo),
            percentile,
            document.severity.interpretations(percentile),
        )

    def score_rows(self, accidents: Sequence[Accident]) -> list[EcloScore]:
        """Returns the scores of many accidents, in their order; faster than one at a time.

        Raises:
            InvalidInput: A place is not in Daegu; check with ``table.place`` before where rows stand alone.
        """
        if not accidents:
            return []
        columns = columns_of(accidents)
        table = self.score_table(columns)
        values = zip(
            table.eclo.tolist(),
            table.low.tolist(),
            table.high.tolist(),
            table.percentile.tolist(),
            table.interpretation,
            self._warnings(columns),
            strict=True,
        )
        return [self._to_score(Scored(*row)) for row in values]

    def explain(self, accident: Accident) -> Explanation:
        """Returns what the prediction means and what made it so; equal circumstances are explained once.

        Takes about a hundred times as long as ``score``: TreeSHAP visits every path of every tree.

        Raises:
            InvalidInput: The place is not in Daegu.
        """
        found = self._explained(Circumstances.of(accident))
        return found._replace(contributions=list(found.contributions))

    def info(self, versions: Sequence[str] = ()) -> ModelInfo:
        """Returns what the model is; ``versions`` are the registered ones, newest first."""
        return ModelInfo(
            version=self.version,
            features=_wire_features(self.table.categories),
            severity_scale=self._document.severity.scale(),
            metrics=dict(self._metrics),
            training_data=dict(self._document.training),
            versions=list(versions) or [self.version],
        )

    def self_test(self) -> None:
        """Predicts and explains the golden rows.

        Raises:
            ModelUnavailable: A prediction differs from the stored one, or its effects do not add up to it.
        """
        for golden in self._document.golden:
            prediction = self.predict(golden.accident)
            explanation = self.explain(golden.accident)
            added = explanation.base_value + sum(each.effect for each in explanation.contributions)
            if not abs(prediction - golden.prediction) <= _GOLDEN_TOLERANCE:
                raise ModelUnavailable(
                    f"모델의 자체 시험이 실패했습니다: 예측 {prediction!r}, 기록된 값 {golden.prediction!r}"
                )
            if not abs(added - prediction) <= _GOLDEN_TOLERANCE:
                raise ModelUnavailable(f"모델의 자체 시험이 실패했습니다: 예측 {prediction!r}, 기여도의 합 {added!r}")

    def _explain(self, circumstances: Circumstances) -> Explanation:
        """Returns the explanation of circumstances that were not explained lately."""
        accident = circumstances.accident()
        keys, _ = self.table.raw(accident)
        texts = circumstances.texts(keys[_DAY_KIND])
        *effects, base_value = self._booster.contributions_one(self.table.encode_keys(keys))
        found = contributions(self._groups, effects, texts)
        detail = describe(self.score(accident), found, self._document.base_rates, accident.district)
        return Explanation(detail, base_value, found)

    def _to_score(self, scored: Scored) -> EcloScore:
        """Returns the wire's shape of a score; built without validating again what was computed here."""
        interval = EcloInterval.model_construct(low=scored.low, high=scored.high, level=self._document.interval.level)
        return EcloScore.model_construct(
            eclo=scored.eclo,
            interval=interval,
            percentile=scored.percentile,
            interpretation=scored.interpretation,
            warnings=scored.warnings,
        )

    def _warnings(self, columns: Mapping[str, Sequence[Any]]) -> list[list[str]]:
        """Returns the warnings of each row; each distinct place and road type is looked at once."""
        places = {name: self.table.place(name).warning for name in dict.fromkeys(columns["district"])}
        known = set(self.table.categories.get("road_type", ()))
        roads = {
            name: None if name in known else unseen_road_type(name) for name in dict.fromkeys(columns["road_type"])
        }
        pairs = zip(columns["district"], columns["road_type"], strict=True)
        return [[text for text in (places[place], roads[road]) if text] for place, road in pairs]


def columns_of(accidents: Sequence[Accident]) -> dict[str, list[Any]]:
    """Returns accidents as the columns that ``FeatureTable.encode_table`` takes."""
    moments = [accident.moment for accident in accidents]
    columns: dict[str, list[Any]] = {
        name: [getattr(accident, name) for accident in accidents]
        for name in ("weather", "road_surface", "road_type", "accident_type", "district")
    }
    for name in ("year", "month", "day", "hour"):
        columns[name] = [getattr(moment, name) for moment in moments]
    return columns


def _check_feature_names(text: bytes, names: Sequence[str]) -> None:
    """Raises ModelUnavailable where the model's text has other columns: LightGBM itself would not notice."""
    head = text[:1_000_000].partition(b"\nfeature_names=")[2].partition(b"\n")[0]
    if head.decode("utf-8", "replace").split() != list(names):
        raise ModelUnavailable("모델 파일과 features.json의 특성이 서로 다릅니다. 서로 다른 버전의 파일입니다.")


def _wire_features(categories: Mapping[str, Sequence[str]]) -> list[ModelFeature]:
    """Returns the fields of a request with their labels and valid values."""
    valid: dict[str, Sequence[str] | None] = {
        "weather": WEATHERS,
        "road_surface": ROAD_SURFACES,
        "road_type": categories.get("road_type"),
        "accident_type": ACCIDENT_TYPES,
        "district": categories.get("district"),
        "occurred_at": None,
        "accident_year": None,
        "accident_month": None,
        "accident_day": None,
        "accident_hour": None,
        "day_of_week": WEEKDAYS,
        "time_period": TIME_PERIODS,
    }
    return [
        ModelFeature(name=name, label=LABELS[name], valid_values=None if values is None else list(values))
        for name, values in valid.items()
    ]
