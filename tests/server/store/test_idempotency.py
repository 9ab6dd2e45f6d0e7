"""Whoever comes with the same key, however many at once, the work is done once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from hab_core.errors import InvalidInput
from hab_core.schemas.common import utc_now
from hab_server.store.engine import transaction
from hab_server.store.idempotency import (
    KEPT_FOR,
    KEYS,
    STALE_AFTER,
    First,
    InProgress,
    Replay,
    abandon,
    claim,
    finish,
    purge_before,
    renew,
)


def first(engine: Engine, key: str = "k", scope: str = "batch") -> First:
    found = claim(engine, scope, key, "hash")
    assert isinstance(found, First)
    return found


def age(engine: Engine, column: str, by: timedelta) -> None:
    """Makes every key older."""
    with transaction(engine) as connection:
        connection.execute(update(KEYS).values({column: utc_now() - by}))


def test_the_first_does_the_work_and_the_others_get_its_answer(engine: Engine) -> None:
    mine = first(engine)
    assert claim(engine, "batch", "k", "hash") == InProgress()
    finish(engine, mine, 202, b'{"job_id": "job_1"}')
    assert claim(engine, "batch", "k", "hash") == Replay(202, b'{"job_id": "job_1"}')


def test_another_body_is_refused_before_and_after_the_answer(engine: Engine) -> None:
    mine = first(engine)
    for _ in range(2):
        with pytest.raises(InvalidInput) as caught:
            claim(engine, "batch", "k", "other hash")
        assert caught.value.details[0]["field"] == "Idempotency-Key"
        finish(engine, mine, 202, b"{}")


def test_keys_of_different_operations_are_different(engine: Engine) -> None:
    first(engine, scope="batch")
    first(engine, scope="upload")


def test_a_key_given_back_is_free(engine: Engine) -> None:
    abandon(engine, first(engine))
    finish(engine, first(engine), 200, b"{}")
    assert claim(engine, "batch", "k", "hash") == Replay(200, b"{}")


def test_an_answer_cannot_be_given_back_or_changed(engine: Engine) -> None:
    mine = first(engine)
    finish(engine, mine, 200, b"first")
    finish(engine, mine, 500, b"second")
    abandon(engine, mine)
    assert claim(engine, "batch", "k", "hash") == Replay(200, b"first")


def test_a_claim_of_a_dead_process_is_taken_over_once(engine: Engine) -> None:
    dead = first(engine)
    age(engine, "claimed_at", STALE_AFTER - timedelta(seconds=10))
    assert claim(engine, "batch", "k", "hash") == InProgress()
    age(engine, "claimed_at", STALE_AFTER + timedelta(seconds=10))
    heir = first(engine)
    assert claim(engine, "batch", "k", "hash") == InProgress()
    finish(engine, dead, 200, b"too late")
    abandon(engine, dead)
    finish(engine, heir, 200, b"in time")
    assert claim(engine, "batch", "k", "hash") == Replay(200, b"in time")


def test_a_finished_answer_never_becomes_stale(engine: Engine) -> None:
    finish(engine, first(engine), 200, b"{}")
    age(engine, "claimed_at", STALE_AFTER * 10)
    assert claim(engine, "batch", "k", "hash") == Replay(200, b"{}")


@pytest.mark.parametrize("stale", [False, True])
def test_of_twenty_at_once_exactly_one_does_the_work(engine: Engine, stale: bool) -> None:
    if stale:
        first(engine)
        age(engine, "claimed_at", STALE_AFTER * 2)
    done: list[str] = []
    together = threading.Barrier(20)

    def ask(name: str) -> Replay:
        together.wait()
        while True:
            found = claim(engine, "batch", "k", "hash")
            if isinstance(found, Replay):
                return found
            if isinstance(found, First):
                done.append(name)
                time.sleep(0.05)
                finish(engine, found, 202, name.encode())
            time.sleep(0.01)

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(ask, map(str, range(20))))
    assert len(done) == 1
    assert answers == {Replay(202, done[0].encode())}


def test_keys_are_kept_for_a_day_and_purged_after(engine: Engine) -> None:
    finish(engine, first(engine, "old"), 200, b"{}")
    age(engine, "created_at", KEPT_FOR + timedelta(minutes=1))
    finish(engine, first(engine, "young"), 200, b"{}")
    assert purge_before(engine, utc_now() + timedelta(days=1)) == 1
    assert claim(engine, "batch", "young", "hash") == Replay(200, b"{}")
    first(engine, "old")


def test_a_claim_that_is_renewed_is_not_taken_over(engine: Engine) -> None:
    mine = first(engine)
    age(engine, "claimed_at", STALE_AFTER + timedelta(seconds=1))
    renew(engine, mine)
    assert claim(engine, "batch", "k", "hash") == InProgress()
