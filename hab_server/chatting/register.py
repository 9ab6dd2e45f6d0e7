"""The answers of this process: which are being made, who still reads them, and for how long they can be read again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from hab_server.cache.connection import Cache
from hab_server.cache.keys import making_key, reader_key
from hab_server.chatting.live import KEPT_SECONDS, LiveAnswer

READER_SECONDS = 30.0
"""How long an answer goes on without a reader."""
GIVE_UP_SECONDS = 2.0
"""How long an answer that was told to stop is waited for."""
BEAT_SECONDS = 1.0
SIGN_SECONDS = 3.0
"""A sign of life that is older counts for nothing: a process that was killed leaves its last one behind."""
MOST_KEPT = 200
"""Answers that have ended and are kept here; the events of all are in the cache too, and the answers in the store."""
log = logging.getLogger(__name__)


class Register:
    """The answers of one process, by the id of their message; belongs to the event loop."""

    def __init__(self, cache: Cache) -> None:
        """Knows none yet."""
        self._cache = cache
        self._answers: dict[str, LiveAnswer] = {}

    def add(self, live: LiveAnswer) -> None:
        """Takes up an answer."""
        self._answers[live.asked.message_id] = live

    def begin(self, live: LiveAnswer) -> None:
        """Lets everybody know that an answer is being made; not in the event loop."""
        self._cache.mark([making_key(live.asked.message_id)], SIGN_SECONDS)
        live.begin()

    def find(self, message_id: str) -> LiveAnswer | None:
        """Returns an answer whose events were told here; None where there is none."""
        live = self._answers.get(message_id)
        return live if live is not None and live.streamed else None

    def under_way(self, message_ids: Sequence[str]) -> set[str]:
        """Returns those of some answers that are being made now, here or at another process; from any thread."""
        here = {each: live.over_since is None for each in message_ids if (live := self._answers.get(each))}
        signs = {making_key(each): each for each in message_ids if each not in here}
        elsewhere = {signs[key] for key in self._cache.existing(list(signs))} if signs else set()
        return elsewhere | {each for each, making in here.items() if making}

    def stop_all(self) -> None:
        """Asks for an end of everything."""
        for live in self._making():
            live.stop()

    async def keep(self) -> None:
        """Gives signs of life, ends answers that nobody reads any more, and forgets old ones; runs for ever."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._beat()
            except Exception:
                log.exception("looking after answers failed")

    async def _beat(self) -> None:
        making = self._making()
        if making:
            read_elsewhere = await asyncio.to_thread(self._exchange, [live.asked.message_id for live in making])
            for live in making:
                if live.asked.message_id in read_elsewhere:
                    live.seen()
                _end_unread(live)
        self._forget()

    def _exchange(self, message_ids: list[str]) -> set[str]:
        """Gives signs of life; returns which answers are read at another process."""
        self._cache.mark([making_key(each) for each in message_ids], SIGN_SECONDS)
        readers = {reader_key(each): each for each in message_ids}
        return {readers[key] for key in self._cache.existing(list(readers))}

    def _making(self) -> list[LiveAnswer]:
        return [live for live in self._answers.values() if live.over_since is None]

    def _forget(self) -> None:
        """Drops answers that ended long ago, and the oldest of too many."""
        over = [live for live in self._answers.values() if live.over_since is not None]
        limit = time.monotonic() - KEPT_SECONDS
        surplus = len(over) - MOST_KEPT
        for place, live in enumerate(over):
            if place < surplus or not live.streamed or (live.over_since or limit) < limit:
                del self._answers[live.asked.message_id]


def _end_unread(live: LiveAnswer) -> None:
    """Stops an answer that nobody has read for long; gives it up where it does not stop."""
    if not live.streamed or live.unread_since is None:
        return
    unread = time.monotonic() - live.unread_since
    if unread > READER_SECONDS:
        live.stop()
    if unread > READER_SECONDS + GIVE_UP_SECONDS:
        live.given_up.set()
