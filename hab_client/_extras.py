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
