"""Routes whose throughput counts: documented like any other, called past the layers of the framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


@dataclass(frozen=True)
class DirectRoute:
    """A route that the outermost layer calls with the request alone.

    FastAPI's exit stacks, its solver of dependencies, the matching of nested routers and the wrappers around each
    message cost more than the prediction itself.

    Attributes:
        path: The exact path; it has no parameters.
        endpoint: Answers a request; may raise HAB's errors.
        methods: HTTP methods.
        documentation: What ``APIRoute`` takes to describe an operation.
    """

    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    methods: tuple[str, ...]
    documentation: dict[str, Any] = field(default_factory=dict)

    def described(self) -> APIRoute:
        """Returns the same route for the application's router, where the OpenAPI document and a 405 come from."""
        return APIRoute(self.path, self.endpoint, methods=list(self.methods), **self.documentation)
