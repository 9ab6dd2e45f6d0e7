"""The model behind the predictions."""

from __future__ import annotations

from hab_client._resource import Resource
from hab_client._transport import Call
from hab_client.answers import ModelAnswer


class Model(Resource):
    """``client.model``: which model serves, and which others are registered."""

    def info(self) -> ModelAnswer:
        """Returns the model that serves now: fields with valid values, severity scale, metrics, training data."""
        return self._ask(ModelAnswer, Call("GET", "/api/model"))

    def versions(self) -> list[str]:
        """Returns every registered version, the newest first."""
        return self.info().versions
