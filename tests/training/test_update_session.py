"""update_session() on what is in the calendar or out of it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.concurrency import errors, race, results
from support.department import END, START, Department
from support.errors import raises_key

LATER = {"start_time": END, "end_time": "2027-01-04 15:00+00"}


def update(training: Department, session: str, **changes: object) -> dict[str, Any]:
    return training.row("select * from update_session(%s, %s)", session, Jsonb(changes))


def test_session_moves_to_a_free_hour(training: Department) -> None:
    session = training.scheduled()
    assert update(training, session, **LATER)["status"] == "SCHEDULED"
    assert training.one("select start_time = %s from sessions", END)
    assert training.moves(session) == []


def test_session_is_not_in_its_own_way(training: Department) -> None:
    update(training, training.scheduled(), start_time="2027-01-04 10:00+00")


@pytest.mark.parametrize("shared", ["trainer", "venue"])
def test_session_does_not_move_into_another(training: Department, shared: str) -> None:
    other = training.scheduled()
    session = training.scheduled(
        **LATER,
        **{"trainer_id": training.new_trainer(teaches=training.course), "venue_id": training.new_venue()},
    )
    with raises_key("PT409", f"{shared}_busy") as error:
        update(training, session, start_time=START, **{f"{shared}_id": getattr(training, shared)})
    assert other in error.detail
    assert training.one("select start_time = %s from sessions where id = %s", END, session)


def test_new_trainer_must_be_qualified(training: Department) -> None:
    with raises_key("PT400", "trainer_not_qualified"):
        update(training, training.scheduled(), trainer_id=training.new_trainer())


def test_trainer_must_be_qualified_for_a_new_course(training: Department) -> None:
    with raises_key("PT400", "trainer_not_qualified"):
        update(training, training.scheduled(), course_id=training.new_course("Crane"))


@pytest.mark.parametrize("field", ["course_id", "trainer_id", "venue_id", "start_time", "end_time"])
def test_required_field_cannot_be_emptied(training: Department, field: str) -> None:
    session = training.scheduled()
    with raises_key("PT400", "missing_field") as error:
        update(training, session, **{field: None})
    assert field in error.message


def test_session_cannot_end_before_it_starts(training: Department) -> None:
    with raises_key("PT400", "end_before_start"):
        update(training, training.scheduled(), end_time=START)


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_what_is_over_is_not_changed(training: Department, status: str) -> None:
    with raises_key("PT409", "session_closed"):
        update(training, training.planned(status=status), venue_id=None)


def test_deleted_and_unknown_sessions(training: Department) -> None:
    session = training.scheduled()
    training.conn.execute("select delete_session(%s)", [session])
    with raises_key("PT409", "session_deleted"):
        update(training, session, venue_id=None)
    with raises_key("PT404", "session_not_found"):
        update(training, "c12345678")


def test_of_two_that_move_to_one_hour_only_one_gets_there(training: Department, database: str) -> None:
    days = [f"2027-02-{day:02} 09:00+00" for day in (1, 2)]
    pair = [training.scheduled(start_time=day, end_time=day.replace("09", "10", 1)) for day in days]
    move = Jsonb({"start_time": START, "end_time": END})

    def go(connection: psycopg.Connection, i: int) -> str:
        connection.execute("select training.update_session(%s, %s)", [pair[i], move])
        return pair[i]

    outcome = race(database, 2, go)
    (winner,), (error,) = results(outcome), errors(outcome)
    assert (error.sqlstate, error.diag.constraint_name) == ("PT409", "trainer_busy")
    assert winner in (error.diag.message_detail or "")


@pytest.mark.parametrize("gone", ["course", "trainer", "venue"])
@pytest.mark.parametrize("changed", ["trainer_id", "venue_id", "start_time"])
def test_what_does_not_concern_what_is_deleted_can_be_changed(training: Department, gone: str, changed: str) -> None:
    session = training.scheduled()
    training.conn.execute(f"update {gone}s set deleted_at = now()")
    value = {
        "trainer_id": training.new_trainer(teaches=training.course),
        "venue_id": training.new_venue(),
        "start_time": "2027-01-04 10:00+00",
    }[changed]
    if gone in ("trainer", "venue") and changed == "start_time":
        with raises_key("PT404", f"{gone}_not_found"):
            update(training, session, **{changed: value})
    else:
        update(training, session, **{changed: value})
        assert training.one(f"select {changed} = %s from sessions", value)


def test_trainer_who_may_no_longer_teach_keeps_nobody_from_another_room(training: Department) -> None:
    session = training.scheduled()
    training.conn.execute("delete from trainer_qualifications")
    assert update(training, session, venue_id=training.new_venue())["status"] == "SCHEDULED"
    with raises_key("PT400", "trainer_not_qualified"):
        update(training, session, **LATER)


def test_deleted_course_is_not_planned_with(training: Department) -> None:
    draft, session = training.planned(), training.scheduled(**LATER)
    gone = training.new_course(deleted_at=START)
    for one in (draft, session):
        with raises_key("PT404", "course_not_found"):
            update(training, one, course_id=gone)
    with raises_key("PT404", "course_not_found"):
        training.conn.execute("select create_draft(%s, 'frank')", [gone])
    training.conn.execute("update courses set deleted_at = now()")
    with raises_key("PT404", "course_not_found"):
        training.conn.execute("select schedule_session(%s)", [draft])
