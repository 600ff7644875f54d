"""Holds: seats of unpaid orders and open offers count until their time is up, and not a moment longer."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

SOON = "2027-01-01 00:30+00"
LATER = "2027-01-01 02:00+00"


@pytest.fixture
def full(market: Market) -> UUID:
    """A session of two seats, one sold and one held until SOON."""
    set_now(market.conn, "2027-01-01 00:00+00")
    session = market.session(market.workshop(), current_attendees=1)
    market.enroll(session)
    market.hold(session, SOON)
    return session


def seats(market: Market, session: UUID) -> tuple[Any, ...]:
    row = market.row(
        "select available_seats, calculated_status, availability from session_availability where session_id = %s",
        session,
    )
    return tuple(row.values())


def test_hold_counts_until_its_time_is_up(market: Market, full: UUID) -> None:
    set_now(market.conn, "2027-01-01 00:29:59+00")
    with raises_key("PT409", "session_full"):
        market.take(full)
    assert seats(market, full) == (0, "full", "held")


def test_hold_that_ran_out_gives_way_to_whoever_asks(market: Market, full: UUID) -> None:
    set_now(market.conn, SOON)
    assert seats(market, full) == (1, "active", "free")
    market.take(full)
    assert market.one("select current_attendees from workshop_sessions where id = %s", full) == 2
    row = market.row("select status, expires_at is not null as ran_out from enrollments where expires_at is not null")
    assert row == {"status": "cancelled", "ran_out": True}
    with raises_key("PT409", "session_full"):
        market.take(full)


def test_offer_that_ran_out_gives_way_too(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")
    session = market.session(market.workshop())
    market.offer(session, SOON, seats=2)
    with raises_key("PT409", "session_full"):
        market.take(session)
    assert seats(market, session) == (0, "full", "held")
    set_now(market.conn, LATER)
    assert seats(market, session) == (2, "upcoming", "free")
    market.take(session)
    assert market.one("select status from waitlist_entries") == "expired"
    assert market.one("select current_attendees from workshop_sessions") == 1


def test_refusal_leaves_holds_as_they_are(market: Market, full: UUID) -> None:
    """What was collected for somebody who is refused all the same is not lost."""
    set_now(market.conn, LATER)
    before = market.everything()
    with raises_key("PT409", "session_full"):
        market.take(full, 2)
    assert market.everything() == before
    assert market.one("select count(*) from enrollments where status = 'pending'") == 1


def test_capacity_may_be_lowered_to_the_seats_that_count(market: Market, full: UUID) -> None:
    set_now(market.conn, LATER)
    market.conn.execute("update workshop_sessions set max_attendees = 1")
    row = market.row("select current_attendees, status from workshop_sessions")
    assert row == {"current_attendees": 1, "status": "full"}


def test_holds_are_collected_whatever_the_search_path(market: Market, full: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_writer")
    market.conn.execute("update enrollments set expires_at = '2020-01-01' where status = 'pending'")
    app.execute("update workshop.workshop_sessions set current_attendees = current_attendees + 1")
    assert market.one("select count(*) from enrollments where status = 'cancelled'") == 1


def test_bookable_sessions_know_what_ran_out(market: Market, full: UUID) -> None:
    workshop = market.one("select workshop_id from workshop_sessions")
    market.conn.execute("select ensure_default_workshop_run(%s)", [workshop])
    assert market.rows("select id from get_available_sessions(%s)", workshop) == []
    set_now(market.conn, LATER)
    assert market.rows("select id from get_next_available_session(%s)", workshop) == [{"id": full}]
    assert market.rows("select id from get_next_available_session(%s, 2)", workshop) == []


def test_run_summary_counts_as_availability_does(market: Market, full: UUID) -> None:
    market.conn.execute("select ensure_default_workshop_run(workshop_id) from workshop_sessions")
    summary = "select total_enrolled, full_sessions, active_sessions, seats_left, status from workshop_run_summary"
    assert tuple(market.row(summary).values()) == (2, 1, 0, 0, "full")
    set_now(market.conn, LATER)
    assert tuple(market.row(summary).values()) == (1, 0, 1, 1, "active")


def test_drift_and_recount_count_seats_held_and_offered(market: Market) -> None:
    session = market.session(market.workshop(), max_attendees=20)
    market.enroll(session, seats=3)
    market.hold(session, LATER, seats=2)
    market.offer(session, LATER, seats=4)
    assert market.row("select enrolled, drift from seat_drift") == {"enrolled": 9, "drift": -3}
    assert market.one("select recount_seats(%s)", session) == 9
    assert market.rows("select * from seat_drift") == []


@pytest.mark.parametrize(
    ("columns", "availability"),
    [
        ({}, "free"),
        ({"max_attendees": 0}, "free"),
        ({"current_attendees": 2}, "sold_out"),
        ({"waiting_count": 1}, "held"),
        ({"status": "cancelled"}, "closed"),
        ({"booking_opens_at": LATER}, "closed"),
        ({"booking_closes_at": SOON}, "closed"),
        ({"booking_opens_at": SOON, "booking_closes_at": LATER}, "free"),
        ({"day": "2026-12-31"}, "closed"),
    ],
)
def test_availability_says_why(market: Market, columns: dict[str, Any], availability: str) -> None:
    set_now(market.conn, "2027-01-01 01:00+00")
    session = market.session(market.workshop(), **columns)
    assert seats(market, session)[2] == availability


@pytest.mark.parametrize("columns", [{"waiting_count": 1}, {"booking_opens_at": LATER}, {"booking_closes_at": SOON}])
def test_queued_and_closed_sessions_are_not_bookable(market: Market, columns: dict[str, Any]) -> None:
    set_now(market.conn, "2027-01-01 01:00+00")
    workshop = market.workshop()
    market.session(workshop, run_id=market.run(workshop), **columns)
    assert market.rows("select id from get_available_sessions(%s)", workshop) == []


def test_two_that_ask_for_the_seat_of_one_expired_hold(market: Market, connect: Connect) -> None:
    """Both see the hold run out; the second waits for the first, and finds the seat gone."""
    session = market.session(market.workshop(), max_attendees=1)
    market.hold(session, "2020-01-01")
    take = "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s"
    one, two = connect(autocommit=False), connect(autocommit=False)
    one.execute(take, [session])
    refused: list[str | None] = []

    def second() -> None:
        try:
            two.execute(take, [session])
        except psycopg.Error as error:
            refused.append(error.diag.constraint_name)

    waiting = threading.Thread(target=second)
    waiting.start()
    one.commit()
    waiting.join(10)
    assert refused == ["session_full"]
    assert market.row("select current_attendees, status from workshop_sessions") == {
        "current_attendees": 1,
        "status": "full",
    }
