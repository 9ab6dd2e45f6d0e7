"""The client: where the server is, how patient to be, and the resources."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hab_client._closing import Closing
from hab_client._transport import Options, Transport

if TYPE_CHECKING:
    from hab_client.resources.chat import Chat
    from hab_client.resources.conversations import Conversations
    from hab_client.resources.datasets import Datasets
    from hab_client.resources.eclo import Eclo
    from hab_client.resources.health import HealthChecks
    from hab_client.resources.jobs import Jobs
    from hab_client.resources.model import Model
    from hab_client.resources.regions import Regions
    from hab_client.resources.tools import Tools

DEFAULT_URL = "http://localhost:8000"


class HabClient(Closing):
    """A client of one HAB server; safe to use from several threads, also as a context manager.

    Example:
        >>> with HabClient() as client:
        ...     client.eclo.predict(weather="맑음", road_surface="건조", road_type="교차로 - 교차로안",
        ...                         accident_type="차대차", district="대구광역시 수성구 상동",
        ...                         occurred_at="2022-01-01T01:00").eclo
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float = 30.0,
        max_retries: int = 2,
        request_id: str | None = None,
        token: str | None = None,
    ) -> None:
        """Makes a client; nothing is sent before the first call.

        Args:
            base_url: Address of the server; the variable ``BACKEND_URL`` or ``http://localhost:8000`` where None.
            timeout: Seconds that one answer may take.
            max_retries: How often a request is tried again after a connection failure, 429 or 503.
            request_id: Sent as ``X-Request-ID`` with every request.
            token: What a guarded server asks for; the variable ``HAB_API_TOKEN`` where None.

        Raises:
            InvalidInput: The address is none, or the token cannot be sent.
        """
        address = base_url or os.environ.get("BACKEND_URL") or DEFAULT_URL
        options = Options(timeout, max(0, max_retries), request_id)
        self._transport = Transport(address, options, token or os.environ.get("HAB_API_TOKEN") or None)

    @classmethod
    def embedded(cls, home: str | Path | None = None, **options: Any) -> HabClient:
        """Returns a client of a real server that runs in this process; closing the client stops it.

        Args:
            home: Folder of the database, the queue and the models; ``HAB_HOME`` where None.
            options: ``timeout``, ``max_retries``, ``request_id`` and ``token`` as in the constructor.

        Raises:
            MissingExtra: The server is not installed: ``pip install "hab-client[server]"``.
        """
        from hab_client.embedded import EmbeddedClient

        return EmbeddedClient(home, **options)

    @cached_property
    def eclo(self) -> Eclo:
        """Severity of accidents: single predictions, batches, history."""
        from hab_client.resources.eclo import Eclo

        return Eclo(self._transport)

    @cached_property
    def datasets(self) -> Datasets:
        """Tables on the server: uploading, reading, sharing them."""
        from hab_client.resources.datasets import Datasets

        return Datasets(self._transport)

    @cached_property
    def chat(self) -> Chat:
        """Questions about datasets, and their answers."""
        from hab_client.resources.chat import Chat

        return Chat(self._transport)

    @cached_property
    def conversations(self) -> Conversations:
        """What was asked and answered before."""
        from hab_client.resources.conversations import Conversations

        return Conversations(self._transport)

    @cached_property
    def tools(self) -> Tools:
        """The analysis tools."""
        from hab_client.resources.tools import Tools

        return Tools(self._transport)

    @cached_property
    def regions(self) -> Regions:
        """The places of Daegu: ``client.regions()``."""
        from hab_client.resources.regions import Regions

        return Regions(self._transport)

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs by their id."""
        from hab_client.resources.jobs import Jobs

        return Jobs(self._transport)

    @cached_property
    def model(self) -> Model:
        """The model that serves, and the registered versions."""
        from hab_client.resources.model import Model

        return Model(self._transport)

    @cached_property
    def health(self) -> HealthChecks:
        """The state of the server: ``client.health()``."""
        from hab_client.resources.health import HealthChecks

        return HealthChecks(self._transport)

    @property
    def base_url(self) -> str:
        """The server's address."""
        return self._transport.base_url

    def with_options(
        self, *, timeout: float | None = None, max_retries: int | None = None, request_id: str | None = None
    ) -> HabClient:
        """Returns a client over the same connections with other options; what is None stays as it is."""
        mine = self._transport.options
        options = Options(
            mine.timeout if timeout is None else timeout,
            mine.max_retries if max_retries is None else max(0, max_retries),
            request_id or mine.request_id,
        )
        other = object.__new__(HabClient)
        other._transport = self._transport.with_options(options)
        return other

    def close(self) -> None:
        """Closes the connections; may be called twice."""
        self._transport.close()

    def __repr__(self) -> str:
        return f"<HabClient {self.base_url}>"
