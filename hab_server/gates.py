"""What a request passes before anything is done for it; where nothing is set there is no gate."""

from __future__ import annotations

from typing import Protocol

from starlette.types import Scope

from hab_server.access import TokenGate
from hab_server.settings import Settings


class Gate(Protocol):
    """Looks at requests."""

    async def check(self, scope: Scope) -> None:
        """Looks at one request; raises one of HAB's errors where it goes no further."""

    async def close(self) -> None:
        """Closes what the gate has opened."""


def gates_of(settings: Settings) -> tuple[Gate, ...]:
    """Returns the gates of an application: the token first, so that strangers are not counted with callers."""
    gates: list[Gate] = []
    if settings.hab_api_token is not None:
        gates.append(TokenGate(settings.hab_api_token.get_secret_value()))
    if settings.rate_limit_per_minute is not None:
        from hab_server.rate_limit import RateGate

        gates.append(RateGate(settings.rate_limit_per_minute, settings.redis_dsn, settings.trusted_networks))
    return tuple(gates)
