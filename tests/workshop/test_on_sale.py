"""What may be sold is said in one place, and every seller, view and picker heeds it."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

OFF_SALE = [
    "update creators set is_active = false",
    "update workshops set status = 'draft'",
    "update workshops set status = 'archived'",
    "update workshops set is_active = false",
]
OUT_OF_TIME = [
    "update workshop_sessions set booking_opens_at = '2027-01-02 00:00+00'",
    "update workshop_sessions set booking_closes_at = '2026-12-31 00:00+00'",
    "update workshop_sessions set session_date = '2026-12-31'",
]


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+00")


@pytest.fixture
def session(market: Market) -> UUID:
    workshop = market.workshop(price=10)
    return market.session(workshop, run_id=market.run(workshop))


def items(market: Market, **more: object) -> str:
    return json.dumps([{"workshop_id": market.one("select id from workshops"), **more}], default=str)


def test_new_workshops_are_published(market: Market) -> None:
    market.workshop()
    assert market.one("select status from workshops") == "published"


@pytest.mark.parametrize("closing", [*OFF_SALE, *OUT_OF_TIME])
def test_pickers_pass_it_over(market: Market, session: UUID, closing: str) -> None:
    workshop = market.one("select id from workshops")
    pickers = ["get_available_sessions", "get_next_available_session", "list_available_sessions"]
    for picker in pickers:
        assert len(market.rows(f"select * from {picker}(%s)", workshop)) == 1
    assert len(market.rows("select * from sessions_on_sale(lifecycle.now())")) == 1
    market.conn.execute(closing)
    for picker in pickers:
        assert market.rows(f"select * from {picker}(%s)", workshop) == []
    assert market.rows("select * from sessions_on_sale(lifecycle.now())") == []


@pytest.mark.parametrize("closing", OFF_SALE)
def test_view_hides_it(market: Market, session: UUID, closing: str) -> None:
    assert len(market.rows("select * from session_availability")) == 1
    market.conn.execute(closing)
    assert market.rows("select * from session_availability") == []


@pytest.mark.parametrize("seats", [1, 2])
@pytest.mark.parametrize("closing", OFF_SALE)
def test_nobody_is_enrolled(market: Market, session: UUID, closing: str, seats: int) -> None:
    market.take(session)
    market.enroll(session)
    market.conn.execute(closing)
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select enroll(%s, 'Dana', p_seats => %s)", [session, seats])
    assert market.one("select current_attendees from workshop_sessions") == 1


@pytest.mark.parametrize("closing", OFF_SALE)
def test_nothing_is_ordered(market: Market, session: UUID, closing: str) -> None:
    market.conn.execute(closing)
    for more in ({}, {"session_id": session}):
        with raises_key("PT400", "invalid_item"):
            market.conn.execute("select create_order(%s, 'D', '1', %s)", [market.creator, items(market, **more)])
    assert market.one("select current_attendees from workshop_sessions") == 0


@pytest.mark.parametrize("closing", OFF_SALE)
def test_nobody_joins_accepts_or_is_offered_a_seat(market: Market, session: UUID, closing: str) -> None:
    for name in ("A", "B"):
        market.conn.execute("select enroll(%s, %s)", [session, name])
    first, second = (
        market.one("select id from join_waitlist(%s, %s, null)", session, name) for name in ("First", "Second")
    )
    market.conn.execute("select cancel_enrollment(id) from enrollments where student_name = 'A'")
    market.conn.execute(closing)
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select accept_offer(%s)", [first])
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select join_waitlist(%s, 'Third', null)", [session])
    market.conn.execute("select cancel_enrollment(id) from enrollments where student_name = 'B'")
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    assert market.one("select status from waitlist_entries where id = %s", second) == "waiting"


@pytest.mark.parametrize("closing", OFF_SALE)
def test_cancelled_seat_does_not_come_back(market: Market, session: UUID, closing: str) -> None:
    market.conn.execute("select cancel_enrollment((enroll(%s, 'A')).id)", [session])
    market.conn.execute(closing)
    with raises_key("PT409", "session_closed"):
        market.conn.execute("select restore_enrollment(id) from enrollments")


@pytest.mark.parametrize("closing", OFF_SALE)
def test_nor_by_any_other_way(market: Market, session: UUID, closing: str) -> None:
    """Lists of people, whole runs, more seats, a move, a payment that comes late; and the clock offers no run."""
    run = market.one("select run_id from workshop_sessions")
    other = market.session(market.one("select id from workshops"), day="2027-01-05", max_attendees=1)
    seat = market.one("select id from enroll(%s, 'Sara')", other)
    waits = market.one("select id from join_waitlist(%s, 'Dana', null)", other)
    mine = market.one("select id from enroll(%s, 'Omar')", session)
    made = market.one(
        "select id from create_order(%s, 'D', '1', %s)", market.creator, items(market, session_id=session)
    )
    entry = market.one("select id from join_run_waitlist(%s, 'Noor', 'noor@example.org')", run)
    market.conn.execute("select cancel_enrollment(%s)", [mine])
    set_now(market.conn, "2027-01-01 01:00+00")
    market.conn.execute(closing)
    people, whole = json.dumps([{"student_name": "S"}]), json.dumps([{"run_id": str(run)}])
    for key, call, *params in (
        ("session_closed", "enroll_many(%s, %s)", session, people),
        ("session_closed", "enroll_run(%s, 'S', null)", run),
        ("invalid_item", "create_order(%s, 'S', '2', %s)", market.creator, whole),
        ("session_closed", "join_run_waitlist(%s, 'S', null)", run),
        ("session_closed", "change_seats(%s, 2)", seat),
        ("session_closed", "transfer_enrollment(%s, %s)", seat, session),
        ("session_closed", "restore_enrollment(%s)", mine),
        ("session_closed", "set_order_status(%s, 'paid')", made),
    ):
        with raises_key("PT400" if key == "invalid_item" else "PT409", key):
            market.conn.execute(f"select {call}".encode(), params)
    market.conn.execute("select cancel_enrollment(%s)", [seat])
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    for own in (entry, waits):
        assert market.one("select status from waitlist_entries where id = %s", own) == "waiting"
    assert market.one("select count(*) from enrollments where status in ('successful', 'pending')") == 0


@pytest.mark.parametrize("function", ["get_available_sessions", "get_next_available_session"])
@pytest.mark.parametrize("with_run", [True, False])
def test_pickers_answer_where_nothing_may_be_written(
    market: Market, connect: Connect, function: str, with_run: bool
) -> None:
    workshop = market.workshop()
    market.session(workshop, run_id=market.run(workshop) if with_run else None)
    conn = connect(role="sessionbook_app")
    conn.execute("set default_transaction_read_only = on")
    found = conn.execute(f"select * from workshop.{function}(%s)", [workshop]).fetchall()
    assert len(found) == with_run


def test_pages_follow_one_another(market: Market) -> None:
    workshop = market.workshop(price=10)
    run = market.run(workshop)
    made = [market.session(workshop, day=f"2027-01-{day:02}", run_id=run) for day in (4, 5, 6, 7, 7)]
    made[3:] = sorted(made[3:])
    full = market.session(workshop, day="2027-01-05", run_id=run)
    market.take(full, 2)
    found: list[UUID] = []
    while rows := market.rows(
        "select * from list_available_sessions(%s, 2, %s, 2)", workshop, found[-1] if found else None
    ):
        assert len(rows) <= 2
        found += [row["session_id"] for row in rows]
    assert found == made


def test_seats_of_a_list_are_those_left(market: Market, session: UUID) -> None:
    market.hold(session, "2026-12-31 00:00+00")
    row = market.row("select * from list_available_sessions((select id from workshops), 2)")
    assert (row["available_seats"], row["seat_price"], row["currency"]) == (2, 10, "KWD")


def test_page_is_capped(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.conn.execute(
        "insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
        " select %s, %s, '2027-02-01', '10:00' from generate_series(1, 120)",
        [workshop, run],
    )
    assert len(market.rows("select * from list_available_sessions(%s, 1, null, 1000000)", workshop)) == 100


def test_page_after_nothing_that_is_there(market: Market, session: UUID) -> None:
    with raises_key("PT404", "session_not_found"):
        market.rows("select * from list_available_sessions((select id from workshops), 1, %s)", uuid4())
    with raises_key("PT400", "seats_not_positive"):
        market.rows("select * from list_available_sessions((select id from workshops), 0)")


def test_application_may_read_it(market: Market, session: UUID, connect: Connect) -> None:
    conn: psycopg.Connection = connect(role="sessionbook_app")
    conn.execute("set default_transaction_read_only = on")
    workshop = market.one("select id from workshops")
    assert len(conn.execute("select * from workshop.list_available_sessions(%s)", [workshop]).fetchall()) == 1
