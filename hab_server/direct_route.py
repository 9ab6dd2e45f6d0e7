"""The short way through the framework, for a route whose throughput counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]


class DirectRoute(APIRoute):
    """A route that is documented like any other, but whose endpoint is called at once, with the request alone.

    FastAPI's exit stacks, its solver of dependencies and the nested matching of included routers cost more than the
    prediction itself. Errors still reach the handlers of the application.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        """Describes the route as ``APIRoute`` does, then puts a plain call in the place of its handler."""
        super().__init__(path, endpoint, **options)
        self.app = _calling(endpoint)


def _calling(endpoint: Endpoint) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Returns the ASGI application that only calls ``endpoint``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return app
