"""Parts are killed at random moments under load: nothing acknowledged is lost, nothing is done twice, all comes back.

``HAB_FAULT_ROUNDS`` says how many parts are killed on each stack; a few where it is not set.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import pytest
from sqlalchemy import Engine, func, select, text, update

from hab_server.settings import Settings
from hab_server.store.engine import create_store_engine, reading, transaction
from hab_server.store.idempotency import KEYS
from hab_server.store.jobs import JOBS
from tests.faults.ledger import Ledger, compare
from tests.faults.stack import APIS, SERVICES, WORKERS, Stack, running_stack
from tests.running import Command, ask, kill_part, part, wait_until
from tests.working import LONG_AGO

ROUNDS = int(os.environ.get("HAB_FAULT_ROUNDS", "3"))
SEED = 20_221_101
API = "hab_server serve"
log = logging.getLogger(__name__)


class Pulse:
    """Asks ``live`` all the time; keeps how long answers took, ms, and counts silences of a process that should run."""

    def __init__(self, url: str) -> None:
        """Keeps the address; :meth:`of` asks."""
        self.url, self.silent = url, 0
        self.taken: list[float] = []
        self.muted = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        while not self._stop.wait(0.05):
            began = time.perf_counter()
            status = ask(f"{self.url}/health/live")[0]
            if not self.muted.is_set() and status == 200:
                self.taken.append((time.perf_counter() - began) * 1000)
            elif not self.muted.is_set():
                self.silent += 1

    @classmethod
    @contextmanager
    def of(cls, url: str) -> Iterator[Pulse]:
        """Beats while the block lasts."""
        pulse = cls(url)
        pulse._thread.start()
        try:
            yield pulse
        finally:
            pulse._stop.set()
            pulse._thread.join()

    def beat_throughout(self) -> None:
        """Fails where it was silent; tells how long the answers took."""
        assert self.silent == 0 < len(self.taken)
        cuts = quantiles(self.taken, n=100)
        figures = len(self.taken), cuts[49], cuts[98], max(self.taken)
        log.info("live: %s answers, p50 %.0f ms, p99 %.0f ms, max %.0f ms", *figures)


def give_back_claims(engine: Engine) -> None:
    """Makes the claims of dead processes old at once, which otherwise takes a minute."""
    with transaction(engine) as connection:
        connection.execute(update(KEYS).where(KEYS.c.status.is_(None)).values(claimed_at=LONG_AGO))


def nothing_left_to_do(engine: Engine) -> bool:
    """Whether every job has ended."""
    with reading(engine) as connection:
        waiting = select(func.count()).select_from(JOBS).where(JOBS.c.finished_at.is_(None))
        return connection.execute(waiting).scalar_one() == 0


def settle_and_compare(ledger: Ledger, engine: Engine, url: str) -> None:
    """The end of every test: ask again for what was left open, let the jobs end, compare."""
    ledger.stop()
    ledger.settle(lambda: give_back_claims(engine))
    wait_until(lambda: nothing_left_to_do(engine), 90)
    compare(ledger, url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM jobs WHERE attempts > 5")).scalar_one() == 0


def round_of(stack: Stack, ledger: Ledger, victim: str, chance: random.Random) -> float:
    """Kills one part under load and brings it back; returns the seconds until all was well again."""
    before = ledger.count()
    wait_until(lambda: ledger.count() > before)
    time.sleep(chance.uniform(0.0, 0.4))
    others = {name: pid for name, pid in stack.alive().items() if name != victim}
    stack.kill(victim)
    time.sleep(chance.uniform(0.1, 1.5))
    stack.bring_back(victim)
    started = time.monotonic()
    wait_until(stack.ready)
    assert others.items() <= stack.alive().items(), "a part that was not killed had to be started again"
    before = ledger.count()
    wait_until(lambda: ledger.count() > before)
    return time.monotonic() - started


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(180 + 30 * ROUNDS)
def test_production_survives_the_death_of_any_part(home: Path, postgres_url: str) -> None:
    chance = random.Random(SEED)
    victims = [*SERVICES, *APIS, *WORKERS]
    with running_stack(home) as stack, Pulse.of(stack.urls[1]) as pulse:
        ledger = Ledger(stack.urls, SEED)
        ledger.start()
        for number in range(ROUNDS):
            victim = victims[number % len(victims)] if number < len(victims) else chance.choice(victims)
            if victim == APIS[1]:
                pulse.muted.set()
            recovery = round_of(stack, ledger, victim, chance)
            pulse.muted.clear()
            log.info("round %s: %s killed, all well after %.1f s", number + 1, victim, recovery)
        engine = stack.engine
        settle_and_compare(ledger, engine, stack.urls[0])
        engine.dispose()
        log.info("asked %s, acknowledged %s", dict(ledger.statuses), ledger.count())
        pulse.beat_throughout()
        assert not any(words in stack.output() for words in ("unhandled failure", "job failed", "clearing up failed"))


def round_of_up(up: Command, ledger: Ledger, victim: str, chance: random.Random, pulse: Pulse) -> float:
    """Kills one part of ``hab up`` under load; returns the seconds from there until all was well again by itself."""
    before = ledger.count()
    wait_until(lambda: ledger.count() > before)
    time.sleep(chance.uniform(0.0, 0.4))
    if victim == API:
        pulse.muted.set()
    killed = kill_part(up, victim)
    started = time.monotonic()
    wait_until(lambda: part(up, victim) not in (0, killed))
    wait_until(lambda: ask(f"{up.url}/health")[1].get("status") == "ok")
    pulse.muted.clear()
    return time.monotonic() - started


@pytest.mark.timeout(180 + 30 * ROUNDS)
def test_hab_up_survives_the_death_of_any_part(home: Path) -> None:
    chance = random.Random(SEED)
    victims = [API, "hab_server worker", "valkey-server"]
    up = Command(home, "up", "--no-ui")
    engine = create_store_engine(Settings(hab_home=home))
    try:
        up.says("HAB가 실행 중입니다")
        ledger = Ledger([up.url], SEED)
        with Pulse.of(up.url) as pulse:
            ledger.start()
            for number in range(ROUNDS):
                victim = victims[number % len(victims)]
                recovery = round_of_up(up, ledger, victim, chance, pulse)
                log.info("round %s: %s killed, all well after %.1f s", number + 1, victim, recovery)
            settle_and_compare(ledger, engine, up.url)
            log.info("asked %s, acknowledged %s", dict(ledger.statuses), ledger.count())
        pulse.beat_throughout()
    finally:
        engine.dispose()
        up.clear()
