"""When a request is tried again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from hab_core.errors import HabError, LlmRateLimited, LlmUnavailable

Result = TypeVar("Result")

CONNECT_SECONDS = 4.5
"""All tries to reach a server together: less than the 5 s after which it is reported as unreachable."""
LONGEST_WAIT = 10.0
"""A server that asks for a longer pause than this is reported at once instead of waited for."""
_FIRST_WAIT = {True: 0.1, False: 0.5}
_RETRIED_STATUS = (429, 503)


class NotAnswered(Exception):
    """A try that brought no answer and may be repeated.

    Attributes:
        error: What the caller is told if no other try is made.
        reached: Whether the server had been reached; if not, its time counts towards ``CONNECT_SECONDS``.
    """

    def __init__(self, error: HabError, *, reached: bool) -> None:
        """Keeps the facts of the try."""
        super().__init__(error.message)
        self.error = error
        self.reached = reached


def with_tries(attempt: Callable[[float], Result], tries: int) -> Result:
    """Returns what ``attempt`` returns, calling it up to ``tries`` times.

    Tried again are connection failures and the answers 429 and 503, after a pause that doubles, with jitter, and is
    never shorter than the server's ``Retry-After``. Not those that speak of the language model: the server has tried
    it again already and keeps the question, which would be asked twice.

    Args:
        attempt: Makes one try; its argument is the time, in seconds, that connecting may take.
        tries: How often to try, at least 1.

    Raises:
        HabError: The failure of the last try.
    """
    connecting = 0.0
    for number in range(1, tries + 1):
        started = time.monotonic()
        left = CONNECT_SECONDS - connecting
        try:
            return attempt(left if number == tries else left / 2)
        except NotAnswered as failure:
            error, pause = failure.error, _jittered(_FIRST_WAIT[True] * 2 ** (number - 1))
            if not failure.reached:
                connecting += time.monotonic() - started + pause
        except HabError as failure:
            error, pause = failure, _polite_pause(failure, number)
        if number == tries or pause > LONGEST_WAIT or connecting >= CONNECT_SECONDS:
            raise error from None
        time.sleep(pause)
    raise AssertionError("unreachable: the last try returns or raises")


def _polite_pause(error: HabError, number: int) -> float:
    """Returns how long to wait after a failure that the server reported; infinite where trying again is no use."""
    if error.status not in _RETRIED_STATUS or isinstance(error, (LlmRateLimited, LlmUnavailable)):
        return float("inf")
    backing_off = _jittered(_FIRST_WAIT[False] * 2 ** (number - 1))
    return backing_off if error.retry_after is None else error.retry_after + backing_off / 4


def _jittered(seconds: float) -> float:
    """Returns 75–125 % of ``seconds``, so that clients that failed together don't come back together."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311  (spreads load, keeps no secret)
