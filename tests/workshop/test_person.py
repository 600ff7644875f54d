"""Export and erasure of one person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.person import EMAIL, NAME, PHONE, found_in, personal
from support.together import Waiting

NOW = "2027-01-01 00:00+00"
LATER = "2027-03-01 00:00+00"
# Of a shop's owner, who is somebody else here.
OF_CREATORS = {
    "creators.name",
    "creators.name_ar",
    "creators.username",
    "creators.email",
    "creators.search_text",
}


@pytest.fixture
def app(market: Market, connect: Connect) -> psycopg.Connection:
    """The application, for which Zaynab herself acts."""
    set_now(market.conn, NOW)
    conn = connect("sessionbook_app")
    conn.execute("set search_path = workshop")
    conn.execute("select set_config('sessionbook.actor', %s, false)", [EMAIL.lower()])
    return conn


@pytest.fixture
def sessions(market: Market) -> list[UUID]:
    """Three sessions of one run, of ten seats each, and one that is full."""
    workshop = market.workshop(price=10)
    run = market.run(workshop)
    return [
        *(market.session(workshop, f"2027-01-0{day}", run_id=run, max_attendees=10) for day in (4, 5, 6)),
        market.session(workshop, "2027-01-07", run_id=run, max_attendees=1),
    ]


@pytest.fixture
def everywhere(market: Market, app: psycopg.Connection, sessions: list[UUID]) -> None:
    """Zaynab booked, ordered, paid, moved, waits, came, subscribed to her calendar, and a step of hers failed."""
    workshop = market.one("select id from workshops")
    items = json.dumps([{"workshop_id": str(workshop), "session_id": str(sessions[0])}])
    order = app.execute(
        "select id from create_order(%s, %s, %s, %s, p_customer_email => %s, p_idempotency_key => 'zaynab-1')",
        [market.creator, NAME, PHONE, items, EMAIL],
    ).fetchone()
    assert order is not None
    app.execute("select record_payment(%s, 10)", order)
    seat = app.execute(
        "select id from enroll(%s, %s, %s, %s, p_idempotency_key => 'zaynab-2')", [sessions[1], NAME, EMAIL, PHONE]
    ).fetchone()
    assert seat is not None
    app.execute("select transfer_enrollment(%s, %s)", [seat[0], sessions[2]])
    app.execute("select enroll(%s, 'Sara', 'sara@example.org')", [sessions[3]])
    app.execute("select join_waitlist(%s, %s, %s, %s)", [sessions[3], NAME, EMAIL, PHONE])
    app.execute("select create_calendar_token('student', %s)", [EMAIL])
    marks = json.dumps([{"enrollment_id": str(seat[0]), "status": "attended"}])
    with as_at(market, "2027-01-06 08:00+00"):
        market.conn.execute("select mark_attendance(%s, %s)", [sessions[2], marks])
    market.conn.execute("update orders set notes = 'Zaynab calls back'")
    market.conn.execute("update enrollments set notes = 'Zaynab is early' where student_name = %s", [NAME])
    market.conn.execute(
        "insert into failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " values ('expire_holds', '1', 'P0001', %s, 1, now(), now())",
        [f"{NAME} cannot be told"],
    )
    market.conn.execute("select read_events(null, 1000)")
    app.execute("select reschedule_session(%s, '2027-01-09', '10:00', '12:00')", [sessions[3]])
    market.conn.execute(
        "insert into broken_rules (rule, machine, subject_id, changed_by, actor, noted_at)"
        " values ('illegal_transition', 'workshop.order', '1', 'app', %s, now())",
        [EMAIL.lower()],
    )


@contextmanager
def as_at(market: Market, now: str) -> Iterator[None]:
    """Zaynab acts as the owner, whose clock can be set."""
    set_now(market.conn, now)
    market.conn.execute("select set_config('sessionbook.actor', %s, false)", [EMAIL.lower()])
    yield
    market.conn.execute("reset sessionbook.actor")
    set_now(market.conn, NOW)


def state(market: Market) -> list[object]:
    """What must not change: seats, sums, statuses."""
    return [
        market.rows("select id, current_attendees, status from workshop_sessions order by id"),
        market.rows("select id, total_amount, status, order_number, payment_reference from orders order by id"),
        market.rows("select id, session_id, seats, total_price, status from enrollments order by id"),
        market.rows("select order_id, due, paid from order_balance order by order_id"),
    ]


@pytest.mark.usefixtures("everywhere")
def test_nothing_is_left_of_who_is_erased(market: Market, app: psycopg.Connection) -> None:
    everywhere = found_in(market.conn, "workshop")
    assert everywhere == personal(market.conn, "workshop") - OF_CREATORS
    before = state(market)
    app.execute("reset sessionbook.actor")
    erased = dict(app.execute("select table_name, erased from erase_person(%s, %s)", [EMAIL.upper(), PHONE]).fetchall())
    assert {
        table: erased[table] for table in ("orders", "enrollments", "waitlist_entries", "calendar_tokens", "creators")
    } == {
        "orders": 1,
        "enrollments": 2,
        "waitlist_entries": 1,
        "calendar_tokens": 1,
        "creators": 0,
    }
    assert found_in(market.conn, "workshop") == set()
    assert state(market) == before
    assert market.rows("select * from seat_audit") == []
    assert market.one("select status from waitlist_entries") == "left"
    assert app.execute("select export_person(%s, %s)", [EMAIL, PHONE]).fetchone() == ({},)


@pytest.mark.usefixtures("everywhere")
def test_everything_is_exported(app: psycopg.Connection) -> None:
    row = app.execute("select export_person(%s)", [EMAIL.upper()]).fetchone()
    assert row is not None
    held = row[0]
    counts = {table: len(rows) for table, rows in held.items()}
    assert counts == {
        "orders": 1,
        "enrollments": 2,
        "waitlist_entries": 1,
        "calendar_tokens": 1,
        "status_changes": counts["status_changes"],
    }
    assert held["orders"][0]["payments"][0]["amount"] == 10
    assert len(held["orders"][0]["items"]) == 1
    assert {booking["workshop"] for booking in held["enrollments"]} == {"Pottery"}
    assert sum(len(booking["changes"]) for booking in held["enrollments"]) == 1
    assert sum(len(booking["attendance"]) for booking in held["enrollments"]) == 1
    assert "token_hash" not in held["calendar_tokens"][0]


def test_others_stay_as_they_are(market: Market, app: psycopg.Connection, sessions: list[UUID]) -> None:
    """A friend's seat in her order, her seat in a friend's order, and a sister who has the same number."""
    order = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone, customer_email)"
        " values (%s, 'A', 'Sara', '+965 5550 9999', 'sara@example.org') returning id",
        market.creator,
    )
    hers = market.enroll(sessions[0], NAME, student_email=EMAIL, order_id=order)
    sister = market.enroll(sessions[0], "Maryam", student_email="maryam@example.org", student_phone=PHONE)
    others = market.rows("select * from orders") + market.rows("select * from enrollments where id = %s", sister)
    app.execute("select erase_person(%s, %s)", [EMAIL, PHONE])
    assert (
        market.rows("select * from orders") + market.rows("select * from enrollments where id = %s", sister) == others
    )
    assert market.one("select student_name from enrollments where id = %s", hers) == "erased"


@pytest.mark.parametrize("number", ["0096555501234", "٠٠٩٦٥٥٥٥٠١٢٣٤", "+965-5550-1234"])
def test_number_alone_is_enough_however_it_is_written(
    market: Market, app: psycopg.Connection, sessions: list[UUID], number: str
) -> None:
    market.enroll(sessions[0], NAME, student_phone=PHONE)
    app.execute("select erase_person(p_phone => %s)", [number])
    assert found_in(market.conn, "workshop") == set()


def test_calendar_of_an_address_goes_with_the_number_that_was_given_with_it(
    market: Market, app: psycopg.Connection, sessions: list[UUID]
) -> None:
    market.enroll(sessions[0], NAME, student_email=EMAIL, student_phone=PHONE)
    app.execute("select create_calendar_token('student', %s)", [EMAIL.upper()])
    held = app.execute("select export_person(p_phone => %s) -> 'calendar_tokens'", [PHONE]).fetchone()
    assert held is not None
    assert len(held[0]) == 1
    app.execute("select erase_person(p_phone => %s)", [PHONE])
    assert found_in(market.conn, "workshop") == set()


def test_shop_that_sells_stays_and_one_that_is_closed_goes(market: Market, app: psycopg.Connection) -> None:
    market.conn.execute("update creators set name = %s, email = %s, username = 'zaynab'", [NAME, EMAIL])
    workshop = market.workshop()
    market.conn.execute("update workshops set status = 'published'")
    rows = app.execute("select erased, kept is null from erase_person(%s) where table_name = 'creators'", [EMAIL])
    assert rows.fetchall() == [(0, False)]
    assert market.one("select name from creators") == NAME
    market.conn.execute("update workshops set is_active = false where id = %s", [workshop])
    rows = app.execute("select erased, kept is null from erase_person(%s) where table_name = 'creators'", [EMAIL])
    assert rows.fetchall() == [(1, True)]
    assert found_in(market.conn, "workshop") == set()


@pytest.mark.parametrize("call", ["erase_person", "export_person"])
@pytest.mark.parametrize(
    ("email", "phone", "key"),
    [(None, None, "contact_missing"), (" ", "+-", "contact_missing"), ("x" * 321, None, "text_too_long")],
)
def test_nobody_is_not_looked_for(
    app: psycopg.Connection, call: str, email: str | None, phone: str | None, key: str
) -> None:
    with raises_key("PT400", key):
        app.execute(f"select {call}(%s, %s)", [email, phone])  # type: ignore[arg-type]


def test_housekeeping_erases_what_is_long_over(market: Market, app: psycopg.Connection, sessions: list[UUID]) -> None:
    app.execute("select enroll(%s, %s, %s, %s)", [sessions[0], NAME, EMAIL, PHONE])
    app.execute("reset sessionbook.actor")
    market.conn.execute("update status_changes set actor = 'app'")
    market.conn.execute("update pending_events set actor = 'app'")
    market.conn.execute("call lifecycle.housekeeping()")
    set_now(market.conn, LATER)
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select student_name from enrollments") == NAME
    market.conn.execute("update settings set keep_personal = '90 days'")
    market.conn.execute("update enrollments set created_at = '2027-01-01'")
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select student_name from enrollments") == NAME
    market.conn.execute("update settings set keep_personal = '30 days'")
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select student_name from enrollments") == "erased"
    assert found_in(market.conn, "workshop") == set()


def test_session_is_waited_for_before_a_seat_is_held(
    market: Market, app: psycopg.Connection, connect: Connect, sessions: list[UUID]
) -> None:
    """Who cancels a run holds its sessions, and then asks for the seats."""
    seats = [market.enroll(session, NAME, student_email=EMAIL) for session in sessions[:2]]
    run = market.one("select id from workshop_runs")
    other = connect(autocommit=False)
    other.execute("select from workshop.workshop_sessions where id = any(%s) order by id for update", [sessions])
    erasing = Waiting(app, lambda conn: conn.execute("select from erase_person(%s)", [EMAIL]))
    other.execute("select from workshop.enrollments where id = any(%s) for update nowait", [seats])
    other.execute("select from workshop.cancel_run(%s)", [run])
    other.commit()
    erasing.result()
    assert found_in(market.conn, "workshop") == set()
