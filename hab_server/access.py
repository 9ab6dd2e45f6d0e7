"""Who may call: the token of a guarded server, and the address a call comes from."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from starlette.types import Scope

from hab_core.errors import Unauthorized
from hab_server.settings import Network

HEALTH_PATHS: Final = frozenset({"/health", "/health/live", "/health/ready"})
SHARED_PREFIX: Final = "/api/shared/"
_NOBODY: Final = "local"
"""The address of a caller without one, as behind a unix socket."""
_SITE_BITS: Final = 64
"""One subscriber has a whole IPv6 network of this length, and so any number of addresses."""


class TokenGate:
    """Lets those in who send ``Authorization: Bearer`` with the server's token; health and share links are for all."""

    def __init__(self, token: str) -> None:
        """Keeps only the hash of the token."""
        self._expected = _digest(token.encode())

    async def check(self, scope: Scope) -> None:
        """Looks at one request.

        Raises:
            Unauthorized: It needs the token and does not have it.
        """
        if not is_public(scope) and not hmac.compare_digest(_digest(_bearer(scope)), self._expected):
            raise Unauthorized

    async def close(self) -> None:
        """Has nothing to close."""


def is_public(scope: Scope) -> bool:
    """Whether a request needs no token: those of load balancers, and those of who has a share link."""
    if scope["method"] not in ("GET", "HEAD"):
        return False
    path: str = scope["path"]
    return path in HEALTH_PATHS or (path.startswith(SHARED_PREFIX) and "/" not in path[len(SHARED_PREFIX) :])


def caller_of(scope: Scope, trusted: Iterable[Network]) -> str:
    """Returns the address that a request comes from; of IPv6 the network of the caller's site.

    What ``X-Forwarded-For`` says counts only as far as proxies said it that are ``trusted``: it is read from its end,
    and the first address that is not one of theirs is the caller's.
    """
    peer = scope.get("client")
    address = _parsed(peer[0]) if peer else None
    for hop in reversed(_forwarded(scope)):
        if address is None or not any(address in network for network in trusted):
            break
        address = _parsed(hop)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return _NOBODY if address is None else str(address)


def _forwarded(scope: Scope) -> list[str]:
    """Returns the addresses of ``X-Forwarded-For``, the nearest last."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [hop.strip() for value in values for hop in value.split(",")]


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Returns an address, an IPv4 address within IPv6 as what it is; None where the text is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _bearer(scope: Scope) -> bytes:
    """Returns the token that a request carries; empty where it has none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return bytes(token.strip()) if scheme.lower() == b"bearer" else b""
    return b""


def _digest(token: bytes) -> bytes:
    """Returns a hash, so that comparing takes as long for any length."""
    return sha256(token).digest()
