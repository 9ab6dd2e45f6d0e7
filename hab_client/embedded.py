"""A client with its own server: the one module of the SDK that knows the server, imported only when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hab_client._extras import server_extra
from hab_client.client import HabClient

if TYPE_CHECKING:
    from hab_server.embedded import EmbeddedServer


class EmbeddedClient(HabClient):
    """A client of a server in this process; made by ``HabClient.embedded()``."""

    def __init__(self, home: str | Path | None = None, **options: Any) -> None:
        """Starts the server and connects to it."""
        self._server = _server(home)
        try:
            super().__init__(self._server.start(), **options)
        except BaseException:
            self._server.stop()
            raise

    def close(self) -> None:
        """Closes the connections and stops the server."""
        super().close()
        self._server.stop()


def _server(home: str | Path | None) -> EmbeddedServer:
    """Returns a server on ``home``, not running yet; raises where it is not installed."""
    with server_extra():
        from hab_server.embedded import EmbeddedServer
        from hab_server.preflight import load_settings
    settings = load_settings()
    if home is not None:
        settings = settings.model_copy(update={"hab_home": Path(home).expanduser().absolute()})
    return EmbeddedServer(settings)
