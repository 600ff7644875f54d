"""The waiting list: who joins, who is offered seats and in what order, and what becomes of an offer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
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
def pottery(market: Market) -> UUID:
    return market.workshop(price="12.500")


@pytest.fixture
def full(market: Market, pottery: UUID) -> UUID:
    """A session of two seats on 4 January, 10:00 in Kuwait, both sold."""
    return sold_out(market, pottery, 2)


def sold_out(market: Market, workshop: UUID, seats: int, **columns: Any) -> UUID:
    session = market.session(workshop, max_attendees=seats, **columns)
    for n in range(seats):
        call(market.conn, "enroll", session, f"Guest {n}")
    return session


def cancel(market: Market, session: UUID, seats: int = 1) -> None:
    """So many people with a seat give it up."""
    for row in market.rows(
        "select id from enrollments where session_id = %s and status = 'successful' order by student_name limit %s",
        session,
        seats,
    ):
        call(market.conn, "cancel_enrollment", row["id"])


def raise_capacity(market: Market, session: UUID, to: int | None) -> None:
    market.conn.execute("update workshop_sessions set max_attendees = %s where id = %s", [to, session])


def offers(market: Market) -> list[str]:
    return [
        row["student_name"]
        for row in market.rows(
            "select student_name from waitlist_entries where status = 'offered' order by priority desc, joined_at, id"
        )
    ]


def steps(market: Market) -> dict[str, int]:
    rows = market.rows("select step, moved, failed from lifecycle.advance('workshop', lifecycle.now(), 5000)")
    assert sum(row["failed"] for row in rows) == 0
    return {row["step"]: row["moved"] for row in rows if row["moved"]}


def test_joining_gives_the_entry(market: Market, full: UUID) -> None:
    row = call(market.conn, "join_waitlist", full, "Sara", " Sara@example.org ", "+965 1", 2, 7)
    assert {**row, "id": None, "joined_at": row["joined_at"].isoformat()} == {
        "id": None,
        "session_id": full,
        "run_id": None,
        "run_entry_id": None,
        "student_name": "Sara",
        "student_email": "Sara@example.org",
        "student_phone": "+965 1",
        "seats": 2,
        "priority": 7,
        "status": "waiting",
        "joined_at": "2027-01-01T00:00:00+00:00",
        "offered_at": None,
        "offer_expires_at": None,
        "enrollment_id": None,
    }
    assert market.one("select waiting_count from workshop_sessions") == 1


@pytest.mark.parametrize(
    ("code", "key", "named"),
    [
        ("PT400", "seats_not_positive", {"seats": 0}),
        ("PT400", "seats_not_positive", {"seats": None}),
        ("PT400", "name_missing", {"student_name": "  "}),
        ("PT404", "session_not_found", {"session_id": uuid4()}),
        ("PT409", "session_full", {"seats": 3}),
    ],
)
def test_joining_is_refused(market: Market, full: UUID, code: str, key: str, named: dict[str, Any]) -> None:
    with raises_key(code, key):
        call(
            market.conn, "join_waitlist", **{"session_id": full, "student_name": "Sara", "student_email": None, **named}
        )
    assert queue(market, full) == {}


@pytest.mark.parametrize(
    "change",
    [
        "update workshop_sessions set status = 'cancelled'",
        "update workshop_sessions set booking_opens_at = '2027-01-02'",
        "update workshop_sessions set booking_closes_at = '2026-12-31'",
        "update workshops set is_active = false",
        "set lifecycle.fake_now = '2027-01-04 07:00+00'",
    ],
)
def test_nobody_joins_where_nothing_is_sold(market: Market, full: UUID, change: str) -> None:
    market.conn.execute(change)
    with raises_key("PT409", "session_closed"):
        join(market.conn, full, "Sara")


@pytest.mark.parametrize("capacity", [3, 0, None])
def test_nobody_waits_for_seats_that_are_free(market: Market, full: UUID, capacity: int | None) -> None:
    raise_capacity(market, full, capacity)
    with raises_key("PT409", "seats_available"):
        join(market.conn, full, "Sara")


def test_more_seats_than_are_free_are_waited_for(market: Market, full: UUID) -> None:
    raise_capacity(market, full, 3)
    join(market.conn, full, "Sara", seats=2)
    assert queue(market, full) == {"Sara": "waiting"}


def test_seats_of_a_hold_that_ran_out_are_free(market: Market, pottery: UUID) -> None:
    session = market.session(pottery)
    market.hold(session, SOON, seats=2)
    set_now(market.conn, SOON)
    with raises_key("PT409", "seats_available"):
        join(market.conn, session, "Sara")


@pytest.mark.parametrize(
    ("email", "phone"), [("Guest@Example.org", None), ("guest@example.org", "+965 2"), (None, "+965 1")]
)
def test_who_has_a_seat_does_not_wait_for_another(market: Market, pottery: UUID, email: str, phone: str) -> None:
    session = market.session(pottery, max_attendees=1)
    call(market.conn, "enroll", session, "Guest", "guest@example.org", "+965 1")
    with raises_key("PT409", "already_enrolled"):
        call(market.conn, "join_waitlist", session, "Guest", email, phone)


@pytest.mark.parametrize(
    ("email", "phone"), [("SARA@example.org", None), ("sara@example.org", "+965 2"), (None, "+965 1")]
)
def test_one_place_in_the_queue(market: Market, full: UUID, email: str, phone: str) -> None:
    call(market.conn, "join_waitlist", full, "Sara", "sara@example.org", "+965 1")
    with raises_key("PT409", "already_waiting"):
        call(market.conn, "join_waitlist", full, "Sara", email, phone)
    cancel(market, full)
    with raises_key("PT409", "already_waiting"):
        call(market.conn, "join_waitlist", full, "Sara", email, phone)
    assert queue(market, full) == {"Sara": "offered"}


def test_people_without_an_address_may_share_a_name(market: Market, full: UUID) -> None:
    for _ in range(2):
        call(market.conn, "join_waitlist", full, "Sara", None)
    assert market.one("select waiting_count from workshop_sessions") == 2


def test_ten_wait_for_seven_places(market: Market, pottery: UUID) -> None:
    """The three of the lowest priority remain, and another session is not touched."""
    session, other = sold_out(market, pottery, 7), sold_out(market, pottery, 7)
    for n in range(10):
        join(market.conn, session, f"P{n}", priority=n)
        join(market.conn, other, f"P{n}", priority=n)
    cancel(market, session, 7)
    assert list(queue(market, session).values()) == ["offered"] * 7 + ["waiting"] * 3
    assert list(queue(market, session)) == [f"P{n}" for n in range(9, -1, -1)]
    assert set(queue(market, other).values()) == {"waiting"}
    assert market.row(
        "select current_attendees, waiting_count, status from workshop_sessions where id = %s", session
    ) == {
        "current_attendees": 7,
        "waiting_count": 3,
        "status": "full",
    }


def test_arrival_decides_within_a_priority(market: Market, full: UUID) -> None:
    for name in ("Zoe", "Ali", "Mia"):
        join(market.conn, full, name)
    cancel(market, full)
    assert queue(market, full) == {"Zoe": "offered", "Ali": "waiting", "Mia": "waiting"}


def test_offer_holds_the_seats_for_its_time(market: Market, full: UUID) -> None:
    join(market.conn, full, "Sara", seats=2)
    cancel(market, full)
    assert queue(market, full) == {"Sara": "waiting"}
    cancel(market, full)
    row = market.row("select status, offered_at, offer_expires_at from waitlist_entries")
    assert (row["status"], row["offered_at"].isoformat(), row["offer_expires_at"].isoformat()) == (
        "offered",
        "2027-01-01T00:00:00+00:00",
        "2027-01-01T04:00:00+00:00",
    )
    with raises_key("PT409", "session_full"):
        call(market.conn, "enroll", full, "Walk-in")


@pytest.mark.parametrize(
    ("change", "until"),
    [
        ("update settings set offer_valid_for = '2 hours'", "2027-01-01T02:00:00+00:00"),
        ("update settings set offer_valid_for = '1000 hours'", "2027-01-04T07:00:00+00:00"),
        ("update workshop_sessions set booking_closes_at = '2027-01-01 00:10+00'", "2027-01-01T00:10:00+00:00"),
        ("update workshop_sessions set booking_closes_at = '2027-02-01'", "2027-01-01T04:00:00+00:00"),
    ],
)
def test_offer_ends_with_the_bookings(market: Market, full: UUID, change: str, until: str) -> None:
    join(market.conn, full, "Sara")
    market.conn.execute(change)
    cancel(market, full)
    assert market.one("select offer_expires_at from waitlist_entries").isoformat() == until


@pytest.mark.parametrize(
    "change",
    [
        "set lifecycle.fake_now = '2027-01-04 07:00+00'",
        "update workshop_sessions set booking_closes_at = '2027-01-01 00:00+00'",
        "update workshop_sessions set booking_opens_at = '2027-01-02'",
        "update workshops set is_active = false",
    ],
)
def test_no_offer_where_nothing_is_sold(market: Market, full: UUID, change: str) -> None:
    join(market.conn, full, "Sara")
    market.conn.execute(change)
    raise_capacity(market, full, 3)
    assert steps(market).keys() <= {"close_waitlists"}
    assert offers(market) == []


def test_no_offer_in_a_cancelled_session(market: Market, full: UUID) -> None:
    join(market.conn, full, "Sara")
    market.conn.execute("update workshop_sessions set status = 'cancelled'")
    raise_capacity(market, full, 3)
    assert (steps(market), queue(market, full)) == ({}, {"Sara": "waiting"})


def test_nobody_is_passed(market: Market, full: UUID) -> None:
    """Two seats are wanted by the first in line; one is no use to the second."""
    join(market.conn, full, "Pair", seats=2)
    join(market.conn, full, "Single")
    cancel(market, full)
    assert (steps(market), offers(market)) == ({}, [])
    cancel(market, full)
    assert queue(market, full) == {"Pair": "offered", "Single": "waiting"}


def test_nobody_is_skipped(market: Market, pottery: UUID) -> None:
    session = sold_out(market, pottery, 5)
    for name, seats in (("A", 2), ("B", 1), ("C", 3), ("D", 1)):
        join(market.conn, session, name, seats=seats)
    cancel(market, session, 5)
    assert queue(market, session) == {"A": "offered", "B": "offered", "C": "waiting", "D": "waiting"}


@pytest.mark.parametrize("free", [0, 1])
def test_walk_ins_do_not_pass_the_queue(market: Market, full: UUID, free: int) -> None:
    join(market.conn, full, "Pair", seats=2)
    cancel(market, full, free)
    with raises_key("PT409", "session_full"):
        call(market.conn, "enroll", full, "Walk-in")
    with raises_key("PT409", "session_full"):
        market.take(full)
    assert market.rows("select id from get_available_sessions((select id from workshops))") == []


def test_seats_taken_by_hand_after_closing_pass_nobody(market: Market, full: UUID) -> None:
    join(market.conn, full, "Pair", seats=2)
    cancel(market, full)
    set_now(market.conn, STARTED)
    market.take(full)
    assert market.one("select current_attendees from workshop_sessions") == 2


def test_higher_priority_finds_seats_too_few_for_whoever_was_first(market: Market, full: UUID) -> None:
    join(market.conn, full, "Pair", seats=2)
    cancel(market, full)
    row = call(market.conn, "join_waitlist", full, "Vip", "vip@example.org", priority=1)
    assert row["status"] == "offered"
    assert queue(market, full) == {"Vip": "offered", "Pair": "waiting"}


def test_capacity_raised_serves_the_queue_in_order(market: Market, full: UUID) -> None:
    for name in ("A", "B", "C"):
        join(market.conn, full, name)
    raise_capacity(market, full, 4)
    assert queue(market, full) == {"A": "offered", "B": "offered", "C": "waiting"}


@pytest.mark.parametrize("unlimited", [0, None])
def test_unlimited_capacity_serves_everybody(market: Market, full: UUID, unlimited: int | None) -> None:
    for name in ("A", "B", "C"):
        join(market.conn, full, name)
    raise_capacity(market, full, unlimited)
    assert offers(market) == ["A", "B", "C"]
    assert market.status(full) == "active"


def test_capacity_lowered_evicts_nobody_and_withdraws_no_offer(market: Market, full: UUID) -> None:
    join(market.conn, full, "Sara")
    raise_capacity(market, full, 3)
    with raises_key("PT409", "session_full"):
        raise_capacity(market, full, 2)
    assert queue(market, full) == {"Sara": "offered"}
    assert market.one("select count(*) from enrollments where status = 'successful'") == 2


def test_applications_own_update_serves_the_queue(market: Market, full: UUID, connect: Connect) -> None:
    join(market.conn, full, "Sara")
    market.conn.execute("update enrollments set status = 'cancelled' where student_name = 'Guest 0'")
    # Without a fake time the session of 2027 is still to come.
    app = connect(role="sessionbook_writer")
    app.execute("update workshop.workshop_sessions set current_attendees = current_attendees - 1 where id = %s", [full])
    assert queue(market, full) == {"Sara": "offered"}


def order(market: Market, session: UUID, seats: int) -> UUID:
    """An order that holds seats for half an hour."""
    items = Jsonb(
        [{"workshop_id": str(market.one("select id from workshops")), "session_id": str(session), "quantity": seats}]
    )
    order_id: UUID = call(market.conn, "create_order", market.creator, "Buyer", "+965 9", items)["id"]
    return order_id


def test_cancelled_order_serves_the_queue(market: Market, pottery: UUID) -> None:
    session = market.session(pottery, max_attendees=3)
    bought = order(market, session, 3)
    for name in ("A", "B"):
        join(market.conn, session, name)
    call(market.conn, "set_order_status", bought, "cancelled")
    assert queue(market, session) == {"A": "offered", "B": "offered"}
    assert market.one("select current_attendees from workshop_sessions") == 2


def test_late_payment_does_not_pass_the_queue(market: Market, pottery: UUID) -> None:
    """Swept or not: who lets a hold run out has lost it to those who wait."""
    session = market.session(pottery, max_attendees=1)
    bought = order(market, session, 1)
    join(market.conn, session, "Sara")
    set_now(market.conn, SOON)
    with raises_key("PT409", "session_full"):
        call(market.conn, "set_order_status", bought, "paid")
    assert steps(market) == {"release_holds": 1}
    with raises_key("PT409", "session_full"):
        call(market.conn, "set_order_status", bought, "paid")
    assert queue(market, session) == {"Sara": "offered"}


def test_orders_go_elsewhere_while_people_wait(market: Market, full: UUID) -> None:
    join(market.conn, full, "Pair", seats=2)
    cancel(market, full)
    with raises_key("PT409", "session_full"):
        order(market, full, 1)


def test_cancelled_session_closes_its_list(market: Market, full: UUID) -> None:
    for name in ("A", "B"):
        join(market.conn, full, name)
    cancel(market, full)
    told = market.rows("select student_name from cancel_session(%s) where kind = 'waitlist'", full)
    assert [row["student_name"] for row in told] == ["A", "B"]
    assert queue(market, full) == {"A": "closed", "B": "closed"}


def test_offer_and_release_are_one_transaction(market: Market, full: UUID) -> None:
    join(market.conn, full, "Sara")
    with market.conn.transaction(force_rollback=True):
        cancel(market, full)
        assert offers(market) == ["Sara"]
    assert queue(market, full) == {"Sara": "waiting"}


def test_accepting_makes_an_enrollment_of_the_held_seats(market: Market, full: UUID) -> None:
    entry = call(market.conn, "join_waitlist", full, "Sara", "sara@example.org", "+965 1", 2)["id"]
    cancel(market, full, 2)
    row = call(market.conn, "accept_offer", entry)
    expected = {
        "session_id": full,
        "student_name": "Sara",
        "student_email": "sara@example.org",
        "student_phone": "+965 1",
        "seats": 2,
        "status": "pending",
        "total_price": Decimal("25.000"),
    }
    assert {key: row[key] for key in expected} == expected
    assert market.row("select status, enrollment_id from waitlist_entries") == {
        "status": "redeemed",
        "enrollment_id": row["id"],
    }
    assert queue(market, full) == {"Sara": "redeemed"}
    assert market.one("select current_attendees from workshop_sessions") == 2


def test_free_workshop_costs_nothing(market: Market) -> None:
    session = sold_out(market, market.workshop(price="12.500", is_free=True), 1)
    entry = join(market.conn, session, "Sara")
    cancel(market, session)
    assert call(market.conn, "accept_offer", entry)["total_price"] == 0


def test_accepting_twice_gives_the_same_row(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    first = call(market.conn, "accept_offer", entry)
    set_now(market.conn, STARTED)
    assert call(market.conn, "accept_offer", entry) == first
    assert market.one("select count(*) from enrollments where student_name = 'Sara'") == 1


def test_accepting_does_not_reorder_the_rest(market: Market, pottery: UUID) -> None:
    session = sold_out(market, pottery, 3)
    entries = {name: join(market.conn, session, name) for name in ("A", "B", "C", "D")}
    cancel(market, session, 2)
    call(market.conn, "accept_offer", entries["B"])
    assert queue(market, session) == {"A": "offered", "B": "redeemed", "C": "waiting", "D": "waiting"}
    cancel(market, session)
    assert offers(market) == ["A", "C"]


def test_cancelling_what_an_offer_became_does_not_revive_it(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    enrollment = call(market.conn, "accept_offer", entry)
    call(market.conn, "cancel_enrollment", enrollment["id"])
    assert (steps(market), queue(market, full)) == ({}, {"Sara": "redeemed"})
    again = call(market.conn, "accept_offer", entry)
    assert (again["id"], again["status"]) == (enrollment["id"], "cancelled")
    assert market.one("select current_attendees from workshop_sessions") == 1
    call(market.conn, "enroll", full, "Walk-in")


def test_offer_whose_enrollment_was_deleted_is_used_up(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    enrollment = call(market.conn, "accept_offer", entry)
    market.conn.execute("delete from enrollments where id = %s", [enrollment["id"]])
    with raises_key("PT404", "enrollment_not_found"):
        call(market.conn, "accept_offer", entry)


@pytest.mark.parametrize(
    ("status", "to"),
    [
        *[(status, to) for status in ("redeemed", "expired", "left") for to in ("waiting", "offered")],
        ("closed", "offered"),
    ],
)
def test_what_is_done_with_never_comes_back(market: Market, full: UUID, status: str, to: str) -> None:
    """Not even by hand."""
    market.conn.execute(
        "insert into waitlist_entries (session_id, student_name, status, offer_expires_at) values (%s, 'Sara', %s, %s)",
        [full, status, EXPIRED],
    )
    with raises_key("PT409", "illegal_transition"):
        market.conn.execute("update waitlist_entries set status = %s", [to])


def test_expired_offer_is_refused_swept_or_not(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    set_now(market.conn, EXPIRED)
    with raises_key("PT409", "offer_expired"):
        call(market.conn, "accept_offer", entry)
    assert steps(market) == {"expire_offers": 1}
    with raises_key("PT409", "offer_expired"):
        call(market.conn, "accept_offer", entry)
    assert queue(market, full) == {"Sara": "expired"}


def test_offer_stands_until_its_last_moment(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    set_now(market.conn, "2027-01-01 03:59:59+00")
    assert steps(market) == {}
    assert call(market.conn, "accept_offer", entry)["status"] == "pending"


def test_next_in_line_is_offered_in_the_pass_that_expires(market: Market, full: UUID) -> None:
    for name in ("A", "B"):
        join(market.conn, full, name)
    cancel(market, full)
    set_now(market.conn, EXPIRED)
    assert steps(market) == {"expire_offers": 1}
    assert queue(market, full) == {"A": "expired", "B": "offered"}
    assert market.one("select max(offer_expires_at) from waitlist_entries").isoformat() == "2027-01-01T08:00:00+00:00"
    assert steps(market) == {}


def test_latecomer_is_served_when_the_chain_has_drained(market: Market, full: UUID) -> None:
    for name in ("A", "B"):
        join(market.conn, full, name)
    cancel(market, full)
    for instant in (EXPIRED, "2027-01-01 08:00+00"):
        set_now(market.conn, instant)
        steps(market)
    assert queue(market, full) == {"A": "expired", "B": "expired"}
    call(market.conn, "enroll", full, "Walk-in")
    join(market.conn, full, "Late")
    cancel(market, full)
    assert queue(market, full) == {"A": "expired", "B": "expired", "Late": "offered"}


def test_who_let_an_offer_go_may_wait_again_behind_the_others(market: Market, full: UUID) -> None:
    """Also before a tick has come by: their own offer is collected first, and goes to the next."""
    join(market.conn, full, "A")
    join(market.conn, full, "B")
    cancel(market, full)
    set_now(market.conn, EXPIRED)
    join(market.conn, full, "A")
    rows = market.rows("select student_name, status from waitlist_entries order by joined_at")
    assert [tuple(row.values()) for row in rows] == [("A", "expired"), ("B", "offered"), ("A", "waiting")]


def test_leaving_passes_an_offer_on(market: Market, full: UUID) -> None:
    entries = [join(market.conn, full, name) for name in ("A", "B")]
    cancel(market, full)
    assert call(market.conn, "leave_waitlist", entries[0])["status"] == "left"
    assert queue(market, full) == {"A": "left", "B": "offered"}
    with raises_key("PT409", "not_offered"):
        call(market.conn, "accept_offer", entries[0])


def test_leaving_lets_those_behind_come_up(market: Market, full: UUID) -> None:
    pair = join(market.conn, full, "Pair", seats=2)
    join(market.conn, full, "Single")
    cancel(market, full)
    call(market.conn, "leave_waitlist", pair)
    assert queue(market, full) == {"Pair": "left", "Single": "offered"}


def test_last_to_leave_opens_the_session_to_everybody(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    call(market.conn, "leave_waitlist", entry)
    assert market.row("select current_attendees, waiting_count, status from workshop_sessions") == {
        "current_attendees": 1,
        "waiting_count": 0,
        "status": "active",
    }
    call(market.conn, "enroll", full, "Walk-in")


def test_leaving_twice_frees_seats_once(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    first = call(market.conn, "leave_waitlist", entry)
    assert call(market.conn, "leave_waitlist", entry) == first
    assert queue(market, full) == {"Sara": "left"}


def test_leaving_after_accepting_is_refused(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    call(market.conn, "accept_offer", entry)
    with raises_key("PT409", "offer_redeemed"):
        call(market.conn, "leave_waitlist", entry)


@pytest.mark.parametrize("function", ["accept_offer", "leave_waitlist"])
def test_unknown_entry(market: Market, function: str) -> None:
    with raises_key("PT404", "waitlist_entry_not_found"):
        call(market.conn, function, uuid4())


def test_who_waits_has_nothing_to_accept(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    with raises_key("PT409", "not_offered"):
        call(market.conn, "accept_offer", entry)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("update workshop_sessions set status = 'cancelled'", "session_closed"),
        # An offer ends with the booking of its session, whoever moves the dates.
        ("update workshop_sessions set booking_closes_at = '2026-12-31'", "offer_expired"),
        ("update workshop_sessions set session_date = '2026-12-31'", "offer_expired"),
        ("update workshops set is_active = false", "session_closed"),
    ],
)
def test_no_seat_by_an_offer_once_nothing_is_sold(market: Market, full: UUID, change: str, key: str) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    market.conn.execute(change)
    with raises_key("PT409", key):
        call(market.conn, "accept_offer", entry)


def test_who_found_a_seat_otherwise_does_not_take_two(market: Market, full: UUID) -> None:
    entry = join(market.conn, full, "Sara")
    cancel(market, full)
    raise_capacity(market, full, 3)
    call(market.conn, "enroll", full, "Sara", "SARA@example.org")
    with raises_key("PT409", "already_enrolled"):
        call(market.conn, "accept_offer", entry)


def test_availability_shows_what_is_waited_for(market: Market, full: UUID) -> None:
    row = "select available_seats, calculated_status, availability from session_availability"
    join(market.conn, full, "Pair", seats=2)
    cancel(market, full)
    assert tuple(market.row(row).values()) == (0, "active", "held")
    cancel(market, full)
    assert tuple(market.row(row).values()) == (0, "full", "held")


def test_every_move_is_in_the_history(market: Market, full: UUID) -> None:
    a, b, c = (join(market.conn, full, name) for name in "ABC")
    cancel(market, full)
    set_now(market.conn, EXPIRED)
    steps(market)
    call(market.conn, "accept_offer", b)
    call(market.conn, "leave_waitlist", c)
    history = market.rows(
        "select subject_id, from_status, to_status, cause from status_changes where machine = 'workshop.waitlist'"
        " order by id"
    )
    assert [tuple(row.values()) for row in history] == [
        (str(a), "waiting", "offered", "seats"),
        (str(a), "offered", "expired", "clock"),
        (str(b), "waiting", "offered", "seats"),
        (str(b), "offered", "redeemed", "person"),
        (str(c), "waiting", "left", "person"),
    ]


def test_recounting_mends_the_queue_too(market: Market, full: UUID) -> None:
    """Entries deleted and enrollments inserted by hand leave both counters behind."""
    for name in ("A", "B", "C"):
        join(market.conn, full, name)
    market.conn.execute("delete from waitlist_entries where student_name = 'A'")
    market.conn.execute("update enrollments set status = 'cancelled' where student_name = 'Guest 0'")
    assert market.one("select recount_seats(%s)", full) == 2
    assert queue(market, full) == {"B": "offered", "C": "waiting"}


def test_recounting_upwards_while_people_wait(market: Market, full: UUID) -> None:
    raise_capacity(market, full, 4)
    market.enroll(full, "By hand")
    market.conn.execute("update workshop_sessions set waiting_count = 1")
    assert market.one("select recount_seats(%s)", full) == 3
    assert queue(market, full) == {}
