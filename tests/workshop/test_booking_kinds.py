"""More members of the kinds of faults that bookings had once: other calls, tables and ways to the same wrong value."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def two(market: Market) -> list[UUID]:
    return market.two_days()


# B1: what the clock made of a mistyped date is taken back, lists and all.


def test_those_who_wait_for_the_whole_run_wait_again(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    session = market.session(workshop, day="2027-01-10", run_id=run, max_attendees=1)
    market.conn.execute("select enroll(%s, 'Noor')", [session])
    market.conn.execute("select join_run_waitlist(%s, 'Dana', 'dana@example.org')", [run])
    market.conn.execute("select leave_waitlist((join_run_waitlist(%s, 'Omar', 'omar@example.org')).id)", [run])
    market.conn.execute("select reschedule_session(%s, '2026-12-10', p_allow_past => true)", [session])
    market.tick()
    assert market.statuses("waitlist_entries") == ["closed", "left"]
    market.conn.execute("select reschedule_session(%s, '2027-01-10')", [session])
    assert market.one("select waiting_count from reopen_session(%s)", session) == 0
    assert market.statuses("waitlist_entries") == ["left", "waiting"]
    market.conn.execute("select cancel_enrollment(id) from enrollments")
    market.tick()
    assert (
        market.one("select status from waitlist_entries where student_name = 'Dana' and run_id = %s", run) == "offered"
    )
    assert market.rows("select * from seat_audit") == []


@pytest.mark.parametrize(("day", "status"), [("2027-01-04", "active"), ("2026-12-04", "completed")])
def test_a_flag_that_is_taken_back(market: Market, day: str, status: str) -> None:
    """Not swallowed; but what is over would be completed again."""
    session = market.session(market.workshop(), day=day)
    market.conn.execute("update workshop_sessions set is_completed = true, current_attendees = 1")
    market.conn.execute("update workshop_sessions set is_completed = false")
    row = market.row("select status, is_completed from workshop_sessions where id = %s", session)
    assert row == {"status": status, "is_completed": status == "completed"}
    moves = market.rows("select from_status, to_status, cause from status_changes order by id")[1:]
    assert [tuple(move.values()) for move in moves] == (
        [("completed", "upcoming", "person"), ("upcoming", "active", "seats")] if status == "active" else []
    )


# B5: a hold ends with its session.


@pytest.mark.parametrize(
    "ending",
    [
        "update workshop_sessions set status = 'cancelled'",
        "update workshop_sessions set is_completed = true",
        "update enrollments set expires_at = '2028-01-01'; set lifecycle.fake_now = '2027-01-04 08:00+00'",
    ],
)
def test_hold_in_a_session_that_has_ended_is_not_paid(market: Market, two: list[UUID], ending: str) -> None:
    made = market.order(two[0], hold="30 days")
    for statement in ending.split(";"):
        market.conn.execute(statement.encode())
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select set_order_status(%s, 'paid')", [made])
    # Money that came in is kept, to be given back.
    assert market.one("select status from record_payment(%s, 10)", made) == "pending"
    assert market.statuses("enrollments") == ["pending"]
    assert market.one("select sum(amount) from payments") == 10


def test_seats_without_a_time_are_paid_at_the_door(market: Market, two: list[UUID]) -> None:
    """An application's own: no hold that could run out."""
    made = market.order(two[0])
    market.conn.execute("update enrollments set expires_at = null")
    set_now(market.conn, "2027-01-04 08:00+00")
    assert market.one("select status from set_order_status(%s, 'paid')", made) == "paid"


# B6: nothing is deleted that seats were bought with.


@pytest.mark.parametrize("table", ["orders", "order_items"])
def test_orders_of_people_who_sit_there_are_not_deleted(
    market: Market, two: list[UUID], connect: Connect, table: str
) -> None:
    market.order(*two)
    writer = connect(role="sessionbook_writer")
    with raises_key("PT409", "has_bookings"):
        writer.execute(f"delete from workshop.{table}".encode())
    assert market.one("select count(*) from order_items") == 2
    # A hold that ran out sits nowhere.
    set_now(market.conn, "2027-01-02 00:00+00")
    market.tick()
    writer.execute(f"delete from workshop.{table}".encode())
    assert market.one(f"select count(*) from {table}") == 0


def test_orders_of_the_applications_own_are_its_own(market: Market, two: list[UUID]) -> None:
    market.order(two[0])
    market.conn.execute("update enrollments set order_item_id = null")
    market.conn.execute("delete from orders")
    assert [row["problem"] for row in market.rows("select problem from seat_audit")] == ["orphan_hold"]


# B8: what a writer does by hand the audit tells, and an application may not do.


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("update workshop.workshop_sessions set waiting_count = 0", "waiting_count"),
        ("update workshop.enrollments set seats = 2", "drift"),
        ("update workshop.orders set status = 'paid'", "paid_without_seat"),
        ("update workshop.enrollments set order_id = null", "orphan_hold"),
        ("update workshop.enrollments set session_id = null where status = 'successful'", "person_without_session"),
    ],
)
def test_writing_by_hand_is_told(market: Market, two: list[UUID], connect: Connect, change: str, problem: str) -> None:
    market.order(two[0])
    full = market.session(market.one("select id from workshops"), max_attendees=1)
    market.conn.execute("select enroll(%s, 'Noor')", [full])
    market.conn.execute("select join_waitlist(%s, 'Dana', null)", [full])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect(role="sessionbook_app").execute(change.encode())
    assert market.rows("select * from seat_audit") == []
    connect(role="sessionbook_writer").execute(change.encode())
    assert problem in {row["problem"] for row in market.rows("select problem from seat_audit")}


# B9 and B10: values that PostgreSQL takes, and nobody can count or read.


@pytest.mark.parametrize("table", ["enrollments", "waitlist_entries"])
def test_more_seats_than_one_booking_may_take(market: Market, two: list[UUID], table: str) -> None:
    """Not even by hand: a few such rows and their sum is more than the counter holds."""
    market.order(two[0])
    market.offer(two[1], "2027-01-04 00:00+00")
    with raises_key("23514", f"{table}_seats_check"):
        market.conn.execute(f"update {table} set seats = 10001".encode())


def test_price_that_is_not_a_number(market: Market, two: list[UUID]) -> None:
    market.conn.execute("update workshops set price = 'NaN'")
    with raises_key("PT400", "invalid_item"):
        market.order(two[0])
    for call in ("enroll(%s, 'Sara')", """enroll_many(%s, '[{"student_name": "Sara"}]')"""):
        with raises_key("PT400", "amount_too_large"):
            market.conn.execute(f"select {call}".encode(), [two[0]])
    assert market.one("select sum(current_attendees) from workshop_sessions") == 0


@pytest.mark.parametrize("dates", [["2027-01-04 BC"], [["2027-01-04"]], ["2027-02-30"], ["2027-01-04 yesterday"]])
def test_session_dates_that_nobody_else_reads(market: Market, dates: Any) -> None:
    with raises_key("PT400", "invalid_session_dates"):
        market.session(market.workshop(), session_dates=json.dumps(dates))


@pytest.mark.parametrize("column", ["start_date", "end_date"])
def test_a_run_that_never_comes(market: Market, two: list[UUID], column: str) -> None:
    with raises_key("23514", "workshop_runs_dates_check"):
        market.conn.execute(f"update workshop_runs set {column} = 'infinity'".encode())


# B12: nothing to write, so no error.


def test_events_are_read_where_nothing_may_be_written(market: Market, two: list[UUID], connect: Connect) -> None:
    market.conn.execute("select enroll(%s, 'Sara')", [two[0]])
    told = market.one("select count(*) from read_events()")
    market.conn.execute("select enroll(%s, 'Omar')", [two[0]])
    app = connect(role="sessionbook_app")
    app.execute("set default_transaction_read_only = on")
    # Those that have a position; the others wait for somebody who may give them one.
    assert app.execute("select count(*) from workshop.read_events()").fetchone() == (told,)
    assert market.one("select count(*) from read_events()") == told + 1


# B13: whoever ends a booking, its history says so.


@pytest.mark.parametrize(
    ("ending", "moves"),
    [
        ("cancel_session('{0}')", [("successful", "cancelled")]),
        ("cancel_run('{1}')", [("successful", "cancelled")]),
        ("set_order_status('{2}', 'refunded')", [("successful", "cancelled")]),
        ("cancel_enrollment('{3}'); restore_enrollment('{3}')",
         [("successful", "cancelled"), ("cancelled", "successful")]),
        ("cancel_enrollment('{3}'); cancel_enrollment('{3}')", [("successful", "cancelled")]),
    ],
)  # fmt: skip
def test_every_end_of_a_booking_is_kept(
    market: Market, two: list[UUID], connect: Connect, ending: str, moves: list[tuple[str, str]]
) -> None:
    made = market.order(two[0], paid=10)
    row = market.row("select id, session_id from enrollments")
    run = market.one("select run_id from workshop_sessions where id = %s", two[0])
    market.conn.execute("delete from status_changes")
    app = connect(role="sessionbook_app")
    app.execute("set sessionbook.actor = 'desk'")
    app.execute("set search_path = workshop")
    for call in ending.format(two[0], run, made, row["id"]).split(";"):
        app.execute(f"select {call}".encode())
    kept = market.rows(
        "select from_status, to_status, cause, actor from status_changes"
        " where machine = 'workshop.enrollment' order by id"
    )
    assert [tuple(one.values()) for one in kept] == [(*move, "person", "desk") for move in moves]
