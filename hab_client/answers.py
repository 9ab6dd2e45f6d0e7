"""Answers as callers hold them: the shapes of the wire with their envelope, and a view for notebooks."""

from __future__ import annotations

from hab_client import views
from hab_core.schemas.common import Envelope
from hab_core.schemas.eclo import EcloPrediction, ModelInfo
from hab_core.schemas.health import Health
from hab_core.schemas.jobs import EcloBatch, Job


class PredictionAnswer(Envelope, EcloPrediction):
    """One prediction, with the ``request_id`` it was made under."""

    def _repr_html_(self) -> str:
        """Shows the prediction in a notebook."""
        return views.prediction_html(self)


class ModelAnswer(Envelope, ModelInfo):
    """The model that serves now."""

    def _repr_html_(self) -> str:
        """Shows the model in a notebook."""
        return views.model_html(self)


class HealthAnswer(Envelope, Health):
    """The state of the server and its parts."""

    def _repr_html_(self) -> str:
        """Shows the parts in a notebook."""
        return views.health_html(self)


class JobAnswer(Envelope, Job):
    """A job as it stood when the server answered."""


class BatchAnswer(Envelope, EcloBatch):
    """A batch job with a page of its rows."""
