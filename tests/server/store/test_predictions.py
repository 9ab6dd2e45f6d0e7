"""The history and the rows of a batch, page by page, at a cost that does not grow with the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hab_core.errors import InvalidInput
from hab_core.schemas.common import Page
from hab_server.store.engine import transaction
from hab_server.store.predictions import insert_predictions, list_items, list_predictions
from hab_server.store.tables import JobRow
from tests.server.store.rows import ERROR, FEATURES, MOMENT, SCORE, add_job, failed, scored, single, stored_ids


def store(engine: Engine, *rows: dict[str, Any]) -> None:
    with transaction(engine) as connection:
        insert_predictions(connection, rows)


def all_pages(read: Callable[[str | None], Page[Any]]) -> list[Any]:
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = read(cursor)
        items += page.items
        if page.next_cursor is None:
            return items
        cursor = page.next_cursor


def test_a_record_holds_what_was_stored(engine: Engine) -> None:
    store(engine, single("pred_1"))
    (record,) = list_predictions(engine, 10, None).items
    assert record.model_dump() == {
        "prediction_id": "pred_1",
        "created_at": MOMENT,
        "source": "single",
        "job_id": None,
        "features": FEATURES,
        "eclo": 4.1,
        "interpretation": "일반",
        "model_version": "v1",
    }


def test_history_is_newest_first_whatever_the_page_size(engine: Engine) -> None:
    ids = [f"pred_{number:04}" for number in range(25)]
    store(engine, *map(single, ids))
    for limit in (1, 5, 7, 25, 200):
        records = all_pages(lambda cursor, limit=limit: list_predictions(engine, limit, cursor))  # type: ignore[misc]
        assert [record.prediction_id for record in records] == ids[::-1]


def test_history_does_not_repeat_or_skip_when_rows_arrive_between_pages(engine: Engine) -> None:
    store(engine, *(single(f"pred_{number}") for number in range(4)))
    first = list_predictions(engine, 2, None)
    store(engine, single("pred_9"))
    second = list_predictions(engine, 2, first.next_cursor)
    assert [r.prediction_id for r in first.items + second.items] == ["pred_3", "pred_2", "pred_1", "pred_0"]
    assert second.next_cursor is None


def test_history_holds_single_and_batch_but_no_errors(engine: Engine) -> None:
    job = add_job(engine)
    store(engine, single(), scored(job, 0), failed(job, 1))
    assert {(r.source, r.job_id) for r in list_predictions(engine, 10, None).items} == {
        ("single", None),
        ("batch", job),
    }


def test_items_of_a_batch_are_in_its_own_order(engine: Engine) -> None:
    job, other = add_job(engine, "job_1"), add_job(engine, "job_2")
    store(engine, *(scored(job, index) for index in (3, 0, 2)), failed(job, 1), scored(other, 0))
    items = all_pages(lambda cursor: list_items(engine, job, 2, cursor))
    assert [item.index for item in items] == [0, 1, 2, 3]
    assert [item.error for item in items] == [None, ERROR, None, None]
    assert items[1].eclo is None
    assert (items[0].eclo, items[0].interval, items[0].warnings) == (SCORE.eclo, SCORE.interval, SCORE.warnings)
    assert list_items(engine, "job_none", 2, None) == Page(items=[], next_cursor=None)


def test_a_bad_cursor_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput):
        list_predictions(engine, 10, "nonsense")
    with pytest.raises(InvalidInput):
        list_items(engine, "job_1", 10, "nonsense")


def test_a_row_of_a_batch_is_stored_once(engine: Engine) -> None:
    job = add_job(engine)
    store(engine, scored(job, 0))
    with pytest.raises(IntegrityError):
        store(engine, scored(job, 1), scored(job, 0))
    assert [item.index for item in list_items(engine, job, 10, None).items] == [0]


def test_a_row_of_an_unknown_batch_is_refused(engine: Engine) -> None:
    with pytest.raises(IntegrityError):
        store(engine, scored("job_unknown", 0))


def test_a_row_that_breaks_a_rule_takes_the_others_with_it(engine: Engine) -> None:
    with pytest.raises(DBAPIError):
        store(engine, single(), single(model_version=None))
    assert stored_ids(engine) == set()


def test_history_survives_the_end_of_its_job(engine: Engine) -> None:
    job = add_job(engine)
    store(engine, scored(job, 0))
    with transaction(engine) as connection:
        connection.execute(delete(JobRow.metadata.tables["jobs"]))
    (record,) = list_predictions(engine, 10, None).items
    assert (record.source, record.job_id) == ("single", None)


def plan_of(engine: Engine, read: Callable[[], object]) -> str:
    """The database's plan for the statement that ``read`` sends."""
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    read()
    event.remove(engine, "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE predictions"))
        ((statement, parameters),) = sent
        return "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))


def fill(engine: Engine) -> str:
    """Stores a batch and singles, so that PostgreSQL's planner has something to choose from."""
    job = add_job(engine)
    singles = [single(f"pred_{number:05}") for number in range(3000)]
    store(
        engine, *singles, *(scored(job, index) for index in range(2000)), *(failed(job, 2000 + i) for i in range(500))
    )
    return job


def test_pages_are_read_from_an_index_without_sorting(engine: Engine) -> None:
    job = fill(engine)
    first, items = list_predictions(engine, 50, None), list_items(engine, job, 50, None)
    plans = {
        "ix_predictions_history": [
            plan_of(engine, lambda: list_predictions(engine, 50, None)),
            plan_of(engine, lambda: list_predictions(engine, 50, first.next_cursor)),
        ],
        "uq_predictions_job_id_row_index": [
            plan_of(engine, lambda: list_items(engine, job, 50, None)),
            plan_of(engine, lambda: list_items(engine, job, 50, items.next_cursor)),
        ],
    }
    for index, found in plans.items():
        for plan in found:
            assert index in plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
            assert "Seq Scan" not in plan
            assert "SCAN predictions\n" not in plan
