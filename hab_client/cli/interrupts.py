"""Ctrl-C while something is being asked for that has to be taken back again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from hab_client.cli.output import note


@contextmanager
def held_back() -> Iterator[None]:
    """Holds a first Ctrl-C back to the end of the block, and raises it there; a second one ends the block at once."""
    told = False

    def tell(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if told:
            signal.default_int_handler(number, frame)
        told = True
        note("요청을 마치는 대로 취소합니다. 바로 끝내려면 Ctrl-C를 한 번 더 누르세요.")

    before = signal.signal(signal.SIGINT, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if told:
        raise KeyboardInterrupt
