"""Runs the user interface: Streamlit as an ASGI application, with HAB's assets beside it, in one uvicorn."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn

from hab_core.errors import CannotStart
from hab_ui.settings import UiSettings

if TYPE_CHECKING:
    from streamlit.web.server.starlette import App

UPLOAD_SLACK_MB = 10
"""How much larger than allowed a file may be and still reach HAB, which refuses it in words of its own."""
GRACE_SECONDS = 1
"""Seconds that open pages have when the interface is told to end; they reconnect to the next one by themselves."""
_BACKLOG = 512
_LONGEST_MESSAGE = 200 * 1024 * 1024
_TALKATIVE = ("httpx", "uvicorn", "uvicorn.access", "uvicorn.asgi", "uvicorn.error")
_SCRIPT = Path(__file__).parent / "entry" / "script.py"


def serve(settings: UiSettings) -> None:
    """Serves the user interface until SIGTERM or Ctrl-C.

    Raises:
        CannotStart: The port is taken or not allowed, or the address is not this machine's.
    """
    with _listener(settings) as listener:
        app = make_app()
        _configure(settings)  # now that Streamlit knows the script, beside which the rest of its options is
        _configure_logging(settings.log_level)  # after Streamlit, which sets the levels that it likes
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=_LONGEST_MESSAGE,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        server.run(sockets=[listener])


def make_app() -> App:
    """Returns the ASGI application; one in a process."""
    import streamlit as st
    from starlette.middleware import Middleware

    from hab_ui import assets, backend
    from hab_ui.doorkeeper import Doorkeeper

    return st.App(
        _SCRIPT,
        routes=assets.routes(),
        middleware=[Middleware(Doorkeeper)],
        on_script_error=backend.show_unexpected,
    )


def _configure_logging(level: str) -> None:
    """Sends logs to stderr, without a line for each request: the address of a share link opens a dataset."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _configure(settings: UiSettings) -> None:
    """Tells Streamlit what follows from HAB's settings; the rest is in the ``config.toml`` beside the script."""
    from streamlit import config

    options = {
        "server.maxUploadSize": settings.max_upload_mb + UPLOAD_SLACK_MB,
        "server.port": settings.ui_port,
        "browser.serverPort": settings.ui_port,
        "browser.serverAddress": urlsplit(settings.ui_url).hostname or "localhost",
    }
    for name, value in options.items():
        config.set_option(name, value)


def _listener(settings: UiSettings) -> socket.socket:
    """Returns a socket that listens on the address of the settings."""
    host, port = settings.backend_host, settings.ui_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotStart.at_port(error, host, port, "UI_PORT") from error


def main() -> int:
    """Runs the interface with the settings of the environment and returns the exit code."""
    try:
        serve(UiSettings.from_environment())
    except CannotStart as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0
