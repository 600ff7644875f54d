"""What each role may do, and what it may not."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.market import Market, open_market

ROLES = [
    "sessionbook_common",
    "sessionbook_app",
    "sessionbook_writer",
    "sessionbook_reader",
    "sessionbook_clock",
    "sessionbook_courier",
    "sessionbook_monitor",
]


@pytest.fixture
def session(workshop: psycopg.Connection) -> UUID:
    """A session with an order and an enrollment, made by the deployer."""
    market = open_market(workshop)
    market.conn.execute(
        "insert into orders (creator_id, order_number, customer_name, customer_phone)"
        " values (%s, 'N-1', 'Sara', '+965 5555 0000')",
        [market.creator],
    )
    session = market.session(market.workshop())
    market.enroll(session)
    return session


def may(conn: psycopg.Connection, statement: str) -> bool:
    try:
        conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_writer_works_the_whole_unit(session: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_writer")
    app.execute("set search_path = workshop")
    market = open_market_as(app)
    workshop = market.workshop()
    run = market.run(workshop)
    booked = market.session(workshop, run_id=run, current_attendees=1)
    market.session(workshop)
    market.enroll(booked)
    market.take(booked)
    app.execute("update workshop_sessions set status = 'cancelled' where id = %s", [booked])
    app.execute("update workshop_sessions set status = 'upcoming' where id = %s", [booked])
    for call in (
        "select * from clone_workshop_sessions(%s, '2027-07-01')",
        "select * from get_available_sessions(%s)",
        "select * from get_next_available_session(%s)",
        "select ensure_default_workshop_run(%s)",
    ):
        app.execute(call, [workshop])
    app.execute("select recount_seats(%s)", [booked])
    enrollment = app.execute("select id from enroll(%s, 'Noor', 'noor@example.org')", [booked]).fetchone()
    app.execute("select cancel_enrollment(%s)", enrollment)
    app.execute("select restore_enrollment(%s)", enrollment)
    order = market.one(
        "select id from create_order(%s, 'Sara', '+965 1', %s)", market.creator, f'[{{"workshop_id": "{workshop}"}}]'
    )
    app.execute("select set_order_status(%s, 'paid')", [order])
    for function, subject in (("cancel_session", booked), ("cancel_run", run)):
        app.execute(f"select * from {function}(%s)", [subject])
    for view in (
        "session_availability", "workshop_run_summary", "seat_drift", "seat_audit", "status_rules"
    ):  # fmt: skip
        app.execute(f"select * from {view}")
    app.execute("delete from workshop_sessions where id = %s", [booked])


def open_market_as(app: psycopg.Connection) -> Market:
    row = app.execute(
        "insert into creators (name, username, email) values ('App', 'app', 'app@example.org') returning id"
    ).fetchone()
    assert row is not None
    return Market(app, row[0])


@pytest.mark.parametrize(
    "statement",
    [
        "update workshop.status_changes set cause = 'clock'",
        "delete from workshop.status_changes",
        "truncate workshop.workshop_sessions",
        "select * from lifecycle.tick()",
        "call lifecycle.run_tick()",
        "select lifecycle.register_clock('public', 'workshop')",
        "update lifecycle.clocks set enabled = false",
        "select workshop.apply_step('complete_sessions', '{}', now())",
        "select workshop._purge_history(now(), 1)",
        "update workshop.workshop_sessions set current_attendees = 1",
        "select workshop.refresh_instants()",
        "select lifecycle.refresh_instants()",
        "call lifecycle.housekeeping()",
        "call lifecycle.run_job('tick', '')",
        "update lifecycle.settings set value = '1 day'",
        "create table workshop.mine ()",
    ],
)
def test_application_may_not(session: UUID, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_app"), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from workshop.session_availability",
        "select * from workshop.workshop_run_summary",
        "select * from workshop.seat_drift",
        "select * from workshop.workshop_sessions",
        "select * from workshop.status_changes",
        "select student_name, status from workshop.enrollments",
        "select order_number, status, expires_at from workshop.orders",
        "select student_name, status from workshop.waitlist_entries",
        "select * from workshop.seat_audit",
        "select * from workshop.settings",
        "select * from workshop.order_counters",
        "select * from workshop.status_rules",
        "select id, started_at, finished_at from lifecycle.ticks",
        "select * from lifecycle.health",
        "select * from lifecycle.overview",
        "select * from lifecycle.settings",
        "select * from workshop.clock_health",
        "select * from workshop.failed_steps",
    ],
)
def test_reader_may(session: UUID, connect: Connect, statement: str) -> None:
    assert may(connect(role="sessionbook_reader"), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select customer_phone from workshop.orders",
        "select customer_email from workshop.orders",
        "select student_phone from workshop.enrollments",
        "select student_email from workshop.enrollments",
        "select student_email from workshop.waitlist_entries",
        "select student_phone from workshop.waitlist_entries",
        "select idempotency_key from workshop.orders",
        "select idempotency_key from workshop.enrollments",
        "select email from workshop.creators",
        "select workshop.enroll(gen_random_uuid(), 'Noor')",
        "select workshop.cancel_session(gen_random_uuid())",
        "select workshop.set_order_status(gen_random_uuid(), 'paid')",
        "update workshop.workshop_sessions set current_attendees = 1",
        "select workshop.recount_seats(gen_random_uuid())",
        "select workshop.retry_failed_step(1)",
        "select workshop.retry_failed_steps()",
        "delete from workshop.failed_steps",
        "select * from lifecycle.tick()",
        "select moved from lifecycle.ticks",
        "select * from lifecycle.clocks",
    ],
)
def test_reader_may_not(session: UUID, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_reader"), statement)


def test_clock_runs_the_tick(session: UUID, connect: Connect, db: psycopg.Connection) -> None:
    db.execute("update workshop.workshop_sessions set session_date = '2020-01-01'")
    clock = connect(role="sessionbook_clock")
    clock.execute("call lifecycle.run_job('tick', lifecycle.home())")
    assert db.execute("select status from workshop.workshop_sessions").fetchone() == ("completed",)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from workshop.workshop_sessions",
        "update workshop.workshop_sessions set current_attendees = 1",
        "select workshop.apply_step('complete_sessions', '{}', now())",
        "delete from lifecycle.ticks",
        "call lifecycle.run_job('housekeeping', lifecycle.home())",
        "select workshop.retry_failed_step(1)",
        "update lifecycle.clocks set enabled = false",
    ],
)
def test_clock_does_nothing_else(session: UUID, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_clock"), statement)


@pytest.mark.parametrize("role", ROLES)
def test_roles_cannot_log_in(db: psycopg.Connection, role: str) -> None:
    row = db.execute("select rolcanlogin, rolsuper, rolcreaterole from pg_roles where rolname = %s", [role]).fetchone()
    assert row == (False, False, False)


def test_stranger_sees_nothing(session: UUID, db: psycopg.Connection) -> None:
    db.execute("drop role if exists sbt_stranger")
    db.execute("create role sbt_stranger")
    try:
        db.execute("set role sbt_stranger")
        for schema in ("workshop.session_availability", "workshop.status_rules", "sessionbook.installations"):
            assert not may(db, f"select * from {schema}")
        assert not may(db, "select lifecycle.now()")
    finally:
        db.execute("reset role")
        db.execute("drop role sbt_stranger")
