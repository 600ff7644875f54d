"""What the clock does for seats that are held and people who wait."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from support.clock import set_now
from support.connect import Connect
from support.market import Market
from support.queue import call, join, queue

NOW = "2027-01-01 00:00+00"
SOON = "2027-01-01 00:30+00"
EXPIRED = "2027-01-01 04:00+00"
STARTED = "2027-01-04 07:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def held(market: Market) -> UUID:
    """A session of two seats, one sold and one held until SOON, and somebody who waits."""
    workshop = market.workshop()
    session = market.session(workshop, run_id=market.run(workshop), max_attendees=2)
    call(market.conn, "enroll", session, "Guest")
    market.hold(session, SOON)
    join(market.conn, session, "Sara")
    return session


def steps(conn: psycopg.Connection, limit: int = 5000) -> dict[str, int]:
    rows = conn.execute("select step, moved, failed from lifecycle.advance('workshop', lifecycle.now(), %s)", [limit])
    return {step: moved for step, moved, failed in rows.fetchall() if moved or failed}


def test_hold_that_ran_out_goes_to_the_queue(market: Market, held: UUID) -> None:
    set_now(market.conn, "2027-01-01 00:29:59+00")
    assert steps(market.conn) == {}
    set_now(market.conn, SOON)
    assert steps(market.conn) == {"release_holds": 1}
    assert queue(market, held) == {"Sara": "offered"}
    row = market.row("select status, expires_at is not null as ran_out from enrollments where student_name = 'Noor'")
    assert row == {"status": "cancelled", "ran_out": True}
    assert steps(market.conn) == {}


def test_holds_are_counted_one_by_one_and_sessions_written_once(market: Market) -> None:
    workshop = market.workshop()
    sessions = [market.session(workshop, max_attendees=9) for _ in range(3)]
    for session in sessions:
        market.hold(session, SOON, seats=2)
        market.hold(session, SOON)
        market.hold(session, EXPIRED)
    set_now(market.conn, SOON)
    assert steps(market.conn) == {"release_holds": 6}
    assert market.rows("select distinct current_attendees from workshop_sessions") == [{"current_attendees": 1}]
    assert market.rows("select * from seat_drift") == []


def test_holds_of_a_cancelled_session_are_released_too(market: Market, held: UUID) -> None:
    market.conn.execute("update workshop_sessions set status = 'cancelled'")
    set_now(market.conn, SOON)
    assert steps(market.conn) == {"release_holds": 1}
    assert queue(market, held) == {"Sara": "waiting"}


def test_holds_and_offers_run_out_in_one_pass(market: Market, held: UUID) -> None:
    enrollment = market.one("select id from enrollments where student_name = 'Guest'")
    call(market.conn, "cancel_enrollment", enrollment)
    join(market.conn, held, "Dana", seats=2)
    set_now(market.conn, EXPIRED)
    assert steps(market.conn) == {"release_holds": 1, "expire_offers": 1}
    assert queue(market, held) == {"Sara": "expired", "Dana": "offered"}


@pytest.mark.parametrize(
    ("close", "reopen"),
    [
        ("update workshops set is_active = false", "update workshops set is_active = true"),
        (
            "update workshop_sessions set booking_opens_at = '2027-01-01 02:00+00'",
            "set lifecycle.fake_now = '2027-01-01 02:00+00'",
        ),
        (
            "update workshop_sessions set booking_closes_at = '2026-12-31'",
            "update workshop_sessions set booking_closes_at = null",
        ),
    ],
)
def test_seats_freed_while_nothing_was_sold_are_offered_afterwards(
    market: Market, held: UUID, close: str, reopen: str
) -> None:
    market.conn.execute(close)
    set_now(market.conn, SOON)
    assert steps(market.conn) == {"release_holds": 1}
    assert queue(market, held) == {"Sara": "waiting"}
    market.conn.execute(reopen)
    assert steps(market.conn) == {"offer_seats": 1}
    assert queue(market, held) == {"Sara": "offered"}
    assert steps(market.conn) == {}


def test_lists_close_when_the_session_starts(market: Market, held: UUID) -> None:
    other = market.session(market.workshop(), day="2027-01-05", max_attendees=1)
    call(market.conn, "enroll", other, "Guest")
    join(market.conn, other, "Sara")
    set_now(market.conn, STARTED)
    assert steps(market.conn) == {"release_holds": 1, "close_waitlists": 1}
    assert (queue(market, held), queue(market, other)) == ({"Sara": "closed"}, {"Sara": "waiting"})
    assert steps(market.conn) == {}


def test_list_of_a_session_that_was_completed_early_closes_too(market: Market, held: UUID) -> None:
    market.conn.execute("update workshop_sessions set status = 'completed'")
    set_now(market.conn, STARTED)
    assert "close_waitlists" in steps(market.conn)
    assert queue(market, held) == {"Sara": "closed"}


def test_runs_follow_what_the_clock_frees(market: Market, held: UUID) -> None:
    call(market.conn, "leave_waitlist", market.one("select id from waitlist_entries"))
    run = market.one("select run_id from workshop_sessions")
    assert market.run_status(run) == "full"
    set_now(market.conn, SOON)
    assert steps(market.conn) == {"release_holds": 1}
    assert (market.status(held), market.run_status(run)) == ("active", "active")


def test_tick_with_an_old_snapshot_leaves_the_run_to_the_next_tick(
    market: Market, held: UUID, connect: Connect
) -> None:
    """The run has a session that the tick cannot see as it is."""
    call(market.conn, "leave_waitlist", market.one("select id from waitlist_entries"))
    run = market.one("select run_id from workshop_sessions")
    other = market.session(market.one("select workshop_id from workshop_sessions"), run_id=run)
    clock = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    set_now(clock, SOON)
    clock.commit()
    clock.execute("select from workshop.workshop_sessions")
    call(market.conn, "enroll", other, "Guest")
    assert steps(clock) == {"release_holds": 1}
    clock.commit()
    assert market.rows("select run_id from stale_runs") == [{"run_id": run}]
    assert steps(market.conn) == {"follow_runs": 1}
    assert market.rows("select * from stale_runs") == []
    assert market.rows("select * from failed_steps") == []


def test_what_an_outage_left_behind_goes_through_in_one_tick(market: Market, held: UUID) -> None:
    set_now(market.conn, "2027-02-01 00:00+00")
    market.conn.execute("call lifecycle.run_tick()")
    assert market.one("select moved -> 'workshop' from lifecycle.ticks") == {
        "release_holds": 1,
        "close_waitlists": 1,
        "complete_sessions": 1,
    }
    assert queue(market, held) == {"Sara": "closed"}


def test_no_more_than_the_limit(market: Market) -> None:
    workshop = market.workshop()
    for minute in (3, 1, 2):
        market.hold(market.session(workshop), f"2027-01-01 00:0{minute}+00")
    set_now(market.conn, SOON)
    assert steps(market.conn, 2) == {"release_holds": 2}
    assert market.one("select expires_at from enrollments where status = 'pending'").minute == 3


def test_overdue_holds_are_in_health(market: Market, held: UUID) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    set_now(market.conn, "2027-01-01 00:36+00")
    assert market.row("select overdue, oldest_overdue_at = %s as since from clock_health", SOON) == {
        "overdue": 1,
        "since": True,
    }
    assert market.one("select healthy from lifecycle.health") is False
    market.conn.execute("call lifecycle.run_tick()")
    assert market.one("select overdue from clock_health") == 0


def test_hold_that_the_application_will_not_release_holds_up_nobody(market: Market, held: UUID) -> None:
    other = market.session(market.workshop(), day="2027-01-05")
    market.hold(other, SOON)
    run = market.one("select run_id from workshop_sessions where id = %s", held)
    market.conn.execute(
        "alter table enrollments add constraint no_poison check (notes <> 'poison' or status = 'pending') not valid"
    )
    market.conn.execute("update enrollments set notes = 'poison' where session_id = %s and status = 'pending'", [held])
    set_now(market.conn, SOON)
    rows = market.rows(
        "select moved, failed from lifecycle.advance('workshop', lifecycle.now(), 100) where step = 'release_holds'"
    )
    assert rows == [{"moved": 1, "failed": 1}]
    failed = market.row("select step, subject_id, sqlstate from failed_steps")
    assert failed == {"step": "release_holds", "subject_id": str(held), "sqlstate": "23514"}
    assert (market.status(held), market.run_status(run)) == ("full", "full")
    assert steps(market.conn) == {}
    market.conn.execute("alter table enrollments drop constraint no_poison")
    set_now(market.conn, "2027-01-01 00:31+00")
    assert steps(market.conn) == {"release_holds": 1}
    assert market.rows("select * from failed_steps") == []
    assert queue(market, held) == {"Sara": "offered"}


def test_failed_hold_may_be_tried_again_by_the_application(market: Market, held: UUID, connect: Connect) -> None:
    market.conn.execute("alter table enrollments add constraint no check (status <> 'cancelled') not valid")
    set_now(market.conn, SOON)
    steps(market.conn)
    market.conn.execute("alter table enrollments drop constraint no")
    market.conn.execute("update enrollments set expires_at = '2020-01-01' where status = 'pending'")
    app = connect(role="sessionbook_app")
    row = app.execute("select workshop.retry_failed_step(id) from workshop.failed_steps").fetchone()
    assert row == (True,)
    assert queue(market, held) == {"Sara": "offered"}


def test_failure_is_forgotten_when_somebody_else_released_the_hold(market: Market, held: UUID) -> None:
    market.conn.execute("alter table enrollments add constraint no check (status <> 'cancelled') not valid")
    set_now(market.conn, SOON)
    steps(market.conn)
    market.conn.execute("alter table enrollments drop constraint no")
    call(market.conn, "cancel_enrollment", market.one("select id from enrollments where status = 'pending'"))
    assert steps(market.conn) == {}
    assert market.rows("select * from failed_steps") == []


def test_entries_that_are_done_with_are_purged_and_those_that_wait_stay(market: Market, held: UUID) -> None:
    for name in ("A", "B", "C"):
        call(market.conn, "leave_waitlist", join(market.conn, held, name))
    market.conn.execute(
        "update waitlist_entries set joined_at = joined_at - interval '3 years' where student_name <> 'C'"
    )
    assert market.one("select _purge_history('2026-01-01', 1)") == 1
    market.conn.execute("call lifecycle.housekeeping()")
    assert queue(market, held) == {"Sara": "waiting", "C": "left"}


@pytest.mark.parametrize(
    ("step", "index"),
    [
        ("release_holds", "enrollments_expires_at_idx"),
        ("expire_offers", "waitlist_entries_offer_expires_at_idx"),
        ("offer_seats", "workshop_sessions_waiting_idx"),
        ("offer_runs", "waitlist_entries_run_queue_idx"),
        ("ask_minimums", "workshop_sessions_decide_at_idx"),
        ("close_waitlists", "workshop_sessions_waiting_idx"),
        ("complete_sessions", "workshop_sessions_over_at_idx"),
    ],
)
def test_what_is_due_is_found_by_a_partial_index(market: Market, step: str, index: str) -> None:
    market.conn.execute("set enable_seqscan = off")
    plan = market.rows(f"explain select subject_id from due_steps(now()) where step = '{step}'")
    assert index in str(plan)
    assert "Seq Scan" not in str(plan)
    assert "Function Scan" not in str(plan)
