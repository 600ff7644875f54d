"""Whoever holds a session waits for nobody who holds its run, or a row of it that was written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting


@pytest.fixture
def run(market: Market) -> UUID:
    return market.run(market.workshop(), start="2099-01-04")


@pytest.fixture
def sessions(market: Market, run: UUID) -> list[UUID]:
    """Two sessions of one seat in the run, and not over before the tests are old."""
    workshop = market.one("select workshop_id from workshop_runs where id = %s", run)
    return [market.session(workshop, day="2099-01-04", run_id=run, max_attendees=1) for _ in range(2)]


@pytest.fixture
def open_one(connect: Connect) -> Callable[[], psycopg.Connection]:
    """Connections that wait for a lock no longer than five seconds, and look for deadlocks at once."""

    def open_one() -> psycopg.Connection:
        conn = connect()
        conn.execute("set lock_timeout = '5s'; set deadlock_timeout = '50ms'; set search_path = workshop")
        conn.autocommit = False
        return conn

    return open_one


def enroll(conn: psycopg.Connection, session: UUID, name: str = "Sara") -> Any:
    return conn.execute("select * from enroll(%s, %s)", [session, name])


def tick(market: Market) -> dict[str, int]:
    rows = market.rows("select step, moved, failed from lifecycle.advance('workshop')")
    assert sum(row["failed"] for row in rows) == 0
    return {row["step"]: row["moved"] for row in rows if row["moved"]}


def behind(market: Market) -> list[dict[str, Any]]:
    """Runs whose stored columns are not what their sessions say."""
    return market.rows(
        "select r.id from workshop_runs as r inner join workshop_run_summary as s on s.run_id = r.id"
        " where (r.status, r.start_date, r.end_date) is distinct from (s.status, s.start_date, s.end_date)"
    )


def test_run_that_is_deleted_while_its_last_seat_is_taken(
    market: Market, run: UUID, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    seat, other = open_one(), open_one()
    enroll(seat, sessions[0])
    deleting = Waiting(other, lambda conn: conn.execute("delete from workshop_runs where id = %s", [run]))
    seat.commit()
    deleting.result()
    assert market.rows("select id from workshop_runs") == []
    assert market.status(sessions[0]) == "full"
    tick(market)
    assert market.rows("select * from stale_runs") == []


def test_run_that_is_edited_before_its_session(
    market: Market, run: UUID, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    seat, editor = open_one(), open_one()
    editor.execute("update workshop_runs set run_name = 'Spring' where id = %s", [run])
    enroll(seat, sessions[0])
    note = "update workshop_sessions set notes = 'x' where id = %s"
    editing = Waiting(editor, lambda conn: conn.execute(note, [sessions[0]]))
    seat.commit()
    editing.result()
    assert len(behind(market)) == 1
    assert tick(market) == {"follow_runs": 1}
    assert behind(market) == []


def test_session_that_is_inserted_before_another_of_its_run_is_changed(
    market: Market, run: UUID, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    seat, editor = open_one(), open_one()
    editor.execute(
        "insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
        " select workshop_id, id, '2099-01-05', '10:00' from workshop_runs where id = %s",
        [run],
    )
    enroll(seat, sessions[0])
    note = "update workshop_sessions set notes = 'x' where id = %s"
    editing = Waiting(editor, lambda conn: conn.execute(note, [sessions[0]]))
    seat.commit()
    editing.result()
    tick(market)
    assert behind(market) == []


def test_session_that_is_deleted_before_another_of_its_run_is_changed(
    market: Market, run: UUID, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    seat, editor = open_one(), open_one()
    editor.execute("delete from workshop_sessions where id = %s", [sessions[1]])
    enroll(seat, sessions[0])
    note = "update workshop_sessions set notes = 'x' where id = %s"
    editing = Waiting(editor, lambda conn: conn.execute(note, [sessions[0]]))
    seat.commit()
    editing.result()
    tick(market)
    assert behind(market) == []
    assert market.run_status(run) == "full"


def test_tick_beside_whoever_edits_a_run_and_then_its_session(
    market: Market, run: UUID, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    market.conn.execute("update workshop_sessions set session_date = '2020-01-04' where id = %s", [sessions[0]])
    clock, editor = open_one(), open_one()
    editor.execute("update workshop_runs set run_name = 'Spring' where id = %s", [run])
    moved = clock.execute("select step, moved from lifecycle.advance('workshop') where moved > 0").fetchall()
    assert moved == [("complete_sessions", 1)]
    note = "update workshop_sessions set notes = 'x' where id = %s"
    editing = Waiting(editor, lambda conn: conn.execute(note, [sessions[0]]))
    clock.commit()
    editing.result()
    tick(market)
    assert behind(market) == []


def test_application_that_changes_an_enrollment_before_the_counter(
    market: Market, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    """Its hold has run out, so whoever comes for the seat would collect it."""
    held = market.hold(sessions[0], "2020-01-01")
    app, seat = open_one(), open_one()
    app.execute("update enrollments set status = 'cancelled', expires_at = null where id = %s", [held])
    with raises_key("PT409", "session_full"):
        enroll(seat, sessions[0])
    seat.rollback()
    app.execute("update workshop_sessions set current_attendees = current_attendees - 1 where id = %s", [sessions[0]])
    app.commit()
    enroll(seat, sessions[0])
    seat.commit()
    assert market.rows("select * from seat_audit") == []


def test_waiting_list_is_joined_beside_an_application_that_holds_an_enrollment(
    market: Market, sessions: list[UUID], open_one: Callable[[], psycopg.Connection]
) -> None:
    held = market.hold(sessions[0], "2020-01-01")
    app, waiting = open_one(), open_one()
    app.execute("update enrollments set notes = 'x' where id = %s", [held])
    waiting.execute("select from join_waitlist(%s, 'Sara', 's@example.org')", [sessions[0]])
    waiting.commit()
    app.commit()
    assert tick(market) == {"release_holds": 1}
    assert market.one("select status from waitlist_entries") == "offered"


def test_many_sessions_of_one_run_in_one_statement_are_followed_once(
    market: Market, run: UUID, open_one: Callable[[], psycopg.Connection]
) -> None:
    conn = open_one()
    conn.execute(
        "insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
        " select r.workshop_id, r.id, '2099-01-05', '10:00' from workshop_runs as r, generate_series(1, 2000)"
        " where r.id = %s",
        [run],
    )
    conn.commit()
    conn.execute("set local statement_timeout = '20s'")
    conn.execute("update workshop_sessions set session_date = session_date + 1")
    assert conn.execute("select count(*) from stale_runs").fetchone() == (2000,)
    conn.execute(sql.SQL("set constraints workshop.zz_100_follow_run immediate"))
    assert conn.execute("select count(*) from stale_runs").fetchone() == (0,)
    conn.commit()
    assert market.one("select start_date::text from workshop_runs") == "2099-01-06"
