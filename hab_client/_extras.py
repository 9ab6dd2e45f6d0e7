"""The parts of HAB that the bare client does not bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def server_extra() -> Iterator[None]:
    """Names what to install where an import inside the block fails because the server is not there.

    Raises:
        MissingExtra: A library of ``hab-client[server]`` is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        from hab_core.errors import MissingExtra

        raise MissingExtra(details=[{"field": str(error.name), "message": str(error)}]) from None


@contextmanager
def library(name: str) -> Iterator[None]:
    """Names the library to install where an import inside the block fails.

    Raises:
        MissingExtra: ``name`` or something that it needs is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        from hab_core.errors import MissingExtra

        message = f"{name}가 설치되어 있지 않습니다. 설치: pip install {name}"
        raise MissingExtra(message, details=[{"field": str(error.name), "message": str(error)}]) from None
