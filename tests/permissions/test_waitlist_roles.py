"""Who may see and work a waiting list."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.market import Market, open_market
from support.queue import call, join, queue


@pytest.fixture
def market(workshop: psycopg.Connection) -> Market:
    return open_market(workshop)


@pytest.fixture
def full(market: Market) -> UUID:
    """A session of one seat, sold, and somebody who waits; made by the deployer."""
    session = market.session(market.workshop(), day="2099-01-01", max_attendees=1)
    call(market.conn, "enroll", session, "Guest")
    join(market.conn, session, "Sara")
    return session


def test_application_works_the_list(market: Market, full: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_app")
    entry = join(app, full, "Dana", priority=1)
    call(app, "cancel_enrollment", market.one("select id from workshop.enrollments"))
    call(app, "cancel_enrollment", call(app, "accept_offer", entry)["id"])
    call(app, "leave_waitlist", market.one("select id from workshop.waitlist_entries where status = 'offered'"))
    app.execute("select workshop.recount_seats(%s)", [full])
    app.execute("select * from workshop.clock_health")


def test_clock_serves_the_list(market: Market, full: UUID, connect: Connect) -> None:
    market.conn.execute("update workshop_sessions set booking_opens_at = '2098-01-01'")
    call(market.conn, "cancel_enrollment", market.one("select id from enrollments"))
    market.conn.execute("update workshop_sessions set booking_opens_at = null")
    connect(role="sessionbook_clock").execute("call lifecycle.run_job('tick', lifecycle.home())")
    assert queue(market, full) == {"Sara": "offered"}


@pytest.mark.parametrize(
    "statement",
    [
        "select student_name, seats, priority, status, joined_at, offer_expires_at from workshop.waitlist_entries",
        "select * from workshop.settings",
        "select * from workshop.due_steps(now())",
        "select * from workshop.clock_health",
        "select * from workshop.seat_drift",
    ],
)
def test_reader_may(full: UUID, connect: Connect, statement: str) -> None:
    connect(role="sessionbook_reader").execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "select student_email from workshop.waitlist_entries",
        "select student_phone from workshop.waitlist_entries",
        "select * from workshop.waitlist_entries",
        "update workshop.waitlist_entries set status = 'left'",
        "update workshop.settings set offer_valid_for = '1 hour'",
        "select workshop.join_waitlist(gen_random_uuid(), 'Sara', null)",
        "select workshop.leave_waitlist(gen_random_uuid())",
        "select workshop.accept_offer(gen_random_uuid())",
        "select workshop._offer_seats(gen_random_uuid(), gen_random_uuid(), 0, 1, now(), now())",
        "select workshop.apply_step('complete_sessions', '{}', now())",
    ],
)
def test_reader_may_not(full: UUID, connect: Connect, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role="sessionbook_reader").execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "select workshop.apply_step('complete_sessions', '{}', now())",
        "update workshop.settings set offer_valid_for = '1 hour'",
        "delete from workshop.settings",
    ],
)
def test_application_may_not(full: UUID, connect: Connect, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role="sessionbook_app").execute(statement.encode())


@pytest.mark.parametrize("role", ["sessionbook_clock", "sessionbook_courier"])
def test_others_see_nothing(full: UUID, connect: Connect, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role=role).execute("select status from workshop.waitlist_entries")
