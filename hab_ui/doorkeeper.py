"""Looks at every request before Streamlit does: foreign pages are turned away, headers are added."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hab_ui.settings import UiSettings

_HEADERS = {
    # the address of a page may hold the token of a share link, which no other site is to learn
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
_POLICY_VIOLATION = 1008


class Doorkeeper:
    """ASGI middleware.

    A WebSocket that a page of another site opens is refused here, and then not again by Streamlit: where
    that does not know the name of a site, it asks a service on the internet for this machine's address.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stands before ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands a request on, or refuses it."""
        if scope["type"] == "http":
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] != "websocket":
            await self._app(scope, receive, send)
        elif _is_ours(Headers(scope=scope)):
            await self._app(_without_origin(scope), receive, send)
        else:
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)


def _with_headers(send: Send) -> Send:
    """Returns ``send`` that adds the headers to an answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, text in _HEADERS.items():
                headers.setdefault(name, text)
        await send(message)

    return sending


def _without_origin(scope: Scope) -> Scope:
    """Returns a request as one whose sender has not said which page it is of."""
    return {**scope, "headers": [(name, text) for name, text in scope.get("headers", []) if name != b"origin"]}


def _is_ours(headers: Headers) -> bool:
    """Whether the page that opens a WebSocket came from this server, under a name that it is known by."""
    origin = headers.get("origin")
    if origin is None:  # no browser
        return True
    asked = {urlsplit(f"//{headers.get('host', '')}").hostname, urlsplit(UiSettings.from_environment().ui_url).hostname}
    return urlsplit(origin).hostname in asked
