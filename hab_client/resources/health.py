"""How the server is."""

from __future__ import annotations

from hab_client._resource import Resource
from hab_client._transport import Call
from hab_client._wire import read_text
from hab_client.answers import HealthAnswer


class HealthChecks(Resource):
    """``client.health``: call it for the state of every part."""

    def __call__(self) -> HealthAnswer:
        """Returns the state of the server and its parts; ``status`` is degraded where one of them is not well."""
        return self._ask(HealthAnswer, Call("GET", "/health", retry=False))

    def live(self) -> HealthAnswer:
        """Returns as soon as the process answers; no part is looked at."""
        return self._ask(HealthAnswer, Call("GET", "/health/live", retry=False))

    def ready(self) -> HealthAnswer:
        """Returns where predictions can be made and kept.

        Raises:
            DatabaseUnavailable: The database does not answer.
            ModelUnavailable: No verified model is loaded.
        """
        return self._ask(HealthAnswer, Call("GET", "/health/ready", retry=False))

    def metrics(self) -> str:
        """Returns the server's metrics as Prometheus text."""
        return self._transport.request(Call("GET", "/metrics", retry=False), read_text)
