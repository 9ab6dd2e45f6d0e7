"""What the writer acknowledges is in the database, and what it cannot write its callers are told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError

from hab_core.errors import DatabaseUnavailable
from hab_server.store import writer as writer_module
from hab_server.store.engine import transaction
from hab_server.store.predictions import list_predictions
from hab_server.store.writer import GroupCommitWriter
from tests.server.store.rows import FEATURES, SCORE, add_job, scored, single, stored_ids


@contextmanager
def running(engine: Engine, **options: Any) -> Iterator[GroupCommitWriter]:
    writer = GroupCommitWriter(engine, **options)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


@pytest.fixture
def writer(engine: Engine) -> Iterator[GroupCommitWriter]:
    with running(engine) as started:
        yield started


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """Keeps every writer waiting."""
    with transaction(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE predictions"))
        yield connection


async def outcomes(writer: GroupCommitWriter, rows: list[dict[str, Any]]) -> list[BaseException | None]:
    return await asyncio.gather(*map(writer.write, rows), return_exceptions=True)


async def in_hand(writer: GroupCommitWriter, row: dict[str, Any]) -> asyncio.Task[None]:
    """Starts a write and waits until the writing thread has taken it up."""
    task = asyncio.create_task(writer.write(row))
    while writer._in_hand is None:
        await asyncio.sleep(0.001)
    return task


def test_what_is_written_reads_back_whole(engine: Engine, writer: GroupCommitWriter) -> None:
    job = add_job(engine)
    asyncio.run(outcomes(writer, [single("pred_1"), scored(job, 7)]))
    (alone,) = [record for record in list_predictions(engine, 10, None).items if record.source == "single"]
    assert (alone.prediction_id, alone.features, alone.eclo) == ("pred_1", FEATURES, SCORE.eclo)
    assert alone.created_at == single()["created_at"]
    assert len(stored_ids(engine)) == 2


def test_rows_that_arrive_together_share_a_transaction(engine: Engine, writer: GroupCommitWriter) -> None:
    commits: list[int] = []
    event.listen(engine, "commit", lambda _connection: commits.append(1))
    rows = [single() for _ in range(1000)]
    assert asyncio.run(outcomes(writer, rows)) == [None] * 1000
    assert stored_ids(engine) == {row["id"] for row in rows}
    assert len(commits) < 100


def test_a_batch_is_bounded(engine: Engine) -> None:
    commits: list[int] = []
    event.listen(engine, "commit", lambda _connection: commits.append(1))
    with running(engine, batch=10) as writer:
        assert asyncio.run(outcomes(writer, [single() for _ in range(95)])) == [None] * 95
    assert len(commits) >= 10


def test_several_loops_write_at_once(engine: Engine, writer: GroupCommitWriter) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: asyncio.run(outcomes(writer, [single() for _ in range(200)])), range(4)))
    assert found == [[None] * 200] * 4
    assert len(stored_ids(engine)) == 800


def test_the_row_is_there_when_its_caller_is_answered(engine: Engine, writer: GroupCommitWriter) -> None:
    async def write_and_look() -> None:
        for _ in range(20):
            row = single()
            await writer.write(row)
            assert row["id"] in stored_ids(engine)

    asyncio.run(write_and_look())


def test_a_full_queue_refuses_at_once_and_keeps_what_it_took(engine: Engine) -> None:
    async def overflow(writer: GroupCommitWriter) -> None:
        with locked(engine):
            tasks = [await in_hand(writer, single("pred_0"))]
            tasks += [asyncio.create_task(writer.write(single(f"pred_{n}"))) for n in range(1, 4)]
            await asyncio.sleep(0)
            with pytest.raises(DatabaseUnavailable):
                await writer.write(single("pred_refused"))
        await asyncio.gather(*tasks)

    with running(engine, capacity=3) as writer:
        asyncio.run(overflow(writer))
    assert stored_ids(engine) == {f"pred_{n}" for n in range(4)}


def test_a_cancelled_caller_leaves_no_row(engine: Engine, writer: GroupCommitWriter) -> None:
    async def cancel_one() -> None:
        with locked(engine):
            first = await in_hand(writer, single("pred_first"))
            cancelled = asyncio.create_task(writer.write(single("pred_cancelled")))
            kept = asyncio.create_task(writer.write(single("pred_kept")))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(first, kept)
        assert cancelled.cancelled()

    asyncio.run(cancel_one())
    assert stored_ids(engine) == {"pred_first", "pred_kept"}


def test_a_caller_that_is_cancelled_while_its_row_is_written_harms_nobody(
    engine: Engine, writer: GroupCommitWriter
) -> None:
    async def cancel_in_hand() -> None:
        with locked(engine):
            first = await in_hand(writer, single("pred_first"))
            first.cancel()
            kept = asyncio.create_task(writer.write(single("pred_kept")))
            await asyncio.sleep(0.01)
        await kept

    asyncio.run(cancel_in_hand())
    assert "pred_kept" in stored_ids(engine)


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (single("pred_taken"), IntegrityError),
        (single("pred_bad", model_version=None), IntegrityError),
        (single("pred_bad", features=object()), TypeError),
        (single("pred_bad", model_version="\ud800"), UnicodeEncodeError),
    ],
)
def test_one_bad_row_fails_alone(
    engine: Engine, writer: GroupCommitWriter, bad: dict[str, Any], expected: type[Exception]
) -> None:
    async def spoil() -> list[BaseException | None]:
        await writer.write(single("pred_taken"))
        with locked(engine):
            first = await in_hand(writer, single("pred_first"))
            together = [single("pred_a"), bad, single("pred_b"), single("pred_c")]
            others = asyncio.gather(*map(writer.write, together), return_exceptions=True)
            await asyncio.sleep(0)
        await first
        return await others

    found = asyncio.run(spoil())
    assert [found[0], found[2], found[3]] == [None] * 3
    assert isinstance(found[1], expected)
    assert stored_ids(engine) == {"pred_taken", "pred_first", "pred_a", "pred_b", "pred_c"}


def test_a_lock_that_is_held_for_too_long_fails_everyone_who_waits(engine: Engine, writer: GroupCommitWriter) -> None:
    async def wait_in_vain() -> list[BaseException | None]:
        with locked(engine):
            first = await in_hand(writer, single())
            found = await outcomes(writer, [single() for _ in range(10)])
            with pytest.raises(DatabaseUnavailable):
                await first
        await writer.write(single("pred_after"))
        return found

    found = asyncio.run(wait_in_vain())
    assert [type(error) for error in found] == [DatabaseUnavailable] * 10
    assert len({id(error) for error in found}) == 10
    assert stored_ids(engine) == {"pred_after"}


def test_stop_writes_what_waits_and_refuses_what_comes_after(engine: Engine) -> None:
    async def stop_under_load(writer: GroupCommitWriter) -> list[BaseException | None]:
        waiting = asyncio.gather(*(writer.write(single()) for _ in range(300)), return_exceptions=True)
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.stop)
        with pytest.raises(DatabaseUnavailable):
            await writer.write(single("pred_late"))
        return await waiting

    writer = GroupCommitWriter(engine)
    writer.start()
    assert asyncio.run(stop_under_load(writer)) == [None] * 300
    assert len(stored_ids(engine)) == 300
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"hab-store-writer", "hab-store-watch"})
    writer.stop()
    with running(engine) as again:
        asyncio.run(again.write(single("pred_again")))


def test_a_writer_that_was_not_started_refuses(engine: Engine) -> None:
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(GroupCommitWriter(engine).write(single()))


def test_a_loop_that_is_gone_does_not_stop_the_others(engine: Engine, writer: GroupCommitWriter) -> None:
    with closing(asyncio.new_event_loop()) as gone, locked(engine):
        waiting = gone.create_task(in_hand(writer, single("pred_gone")))
        gone.run_until_complete(waiting)
        gone.close()
        waiting.result()._log_destroy_pending = False  # type: ignore[attr-defined]
    asyncio.run(writer.write(single("pred_next")))
    assert "pred_next" in stored_ids(engine)


@pytest.mark.postgres
def test_an_idle_connection_that_was_cut_is_replaced(postgres_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_FRESH_SECONDS", 0.0)
    backends: list[int] = []
    event.listen(postgres_engine, "connect", lambda made, _record: backends.append(made.info.backend_pid))
    with running(postgres_engine) as writer:
        asyncio.run(writer.write(single("pred_1")))
        (own,) = backends
        with postgres_engine.connect() as admin:
            cut = text("SELECT pg_terminate_backend(:pid, 10000)")  # true once it has ended
            assert admin.execute(cut, {"pid": own}).scalar_one() is True
        asyncio.run(writer.write(single("pred_2")))
    assert stored_ids(postgres_engine) == {"pred_1", "pred_2"}
