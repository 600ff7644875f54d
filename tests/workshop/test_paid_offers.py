"""An offer that costs money becomes an order: held as the offer was, paid or passed on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.queue import call, join, queue

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def full(market: Market) -> UUID:
    """One seat of 12.500, sold, on 4 January at 07:00 UTC."""
    workshop = market.workshop(price="12.500", title_ar="فخار")
    session = market.session(workshop, run_id=market.run(workshop), max_attendees=1)
    call(market.conn, "enroll", session, "Guest")
    return session


def offered(market: Market, session: UUID, *names: str, **named: Any) -> list[UUID]:
    """They wait, and the first one is offered the seat."""
    entries = [join(market.conn, session, name, **named) for name in names]
    market.conn.execute("select cancel_enrollment(id) from enrollments where status = 'successful'")
    return entries


def tick(market: Market) -> None:
    market.conn.execute("select from lifecycle.advance('workshop', lifecycle.now(), 5000)")
    assert market.rows("select * from seat_audit") == []


def test_an_order_with_the_hold_of_the_offer(market: Market, full: UUID) -> None:
    (entry,) = offered(market, full, "Sara")
    set_now(market.conn, "2027-01-01 01:00+00")
    row = call(market.conn, "accept_offer", entry)
    assert (row["status"], row["expires_at"].isoformat()) == ("pending", "2027-01-01T04:00:00+00:00")
    assert market.row(
        "select status, total_amount, customer_name, customer_phone, customer_email, order_source from orders"
    ) == {
        "status": "pending",
        "total_amount": row["total_price"],
        "customer_name": "Sara",
        "customer_phone": "+965 Sara",
        "customer_email": "sara@example.org",
        "order_source": "direct",
    }
    assert market.row("select session_id, workshop_name_ar, quantity from order_items") == {
        "session_id": full,
        "workshop_name_ar": "فخار",
        "quantity": 1,
    }
    assert queue(market, full) == {"Sara": "redeemed"}
    assert call(market.conn, "accept_offer", entry) == row
    market.conn.execute("select record_payment(id, 12.5) from orders")
    assert call(market.conn, "accept_offer", entry)["status"] == "successful"
    assert market.row("select due, paid from order_balance") == {"due": row["total_price"], "paid": row["total_price"]}


@pytest.mark.parametrize(
    ("accepted_at", "until"),
    [("2027-01-01 03:50+00", "2027-01-01T04:20:00+00:00"), ("2027-01-04 06:50+00", "2027-01-04T07:00:00+00:00")],
)
def test_half_an_hour_at_least_and_not_beyond_the_start(
    market: Market, full: UUID, accepted_at: str, until: str
) -> None:
    market.conn.execute("update settings set offer_valid_for = '1 day'" if accepted_at > "2027-01-02" else "select")
    set_now(market.conn, "2027-01-04 00:00+00" if accepted_at > "2027-01-02" else NOW)
    (entry,) = offered(market, full, "Sara")
    set_now(market.conn, accepted_at)
    assert call(market.conn, "accept_offer", entry)["expires_at"].isoformat() == until


def test_what_is_not_paid_goes_to_the_next(market: Market, full: UUID) -> None:
    first, _ = offered(market, full, "Sara", "Dana")
    call(market.conn, "accept_offer", first)
    set_now(market.conn, "2027-01-01 04:00+00")
    tick(market)
    assert queue(market, full) == {"Sara": "redeemed", "Dana": "offered"}
    # Late money is kept, and to be given back.
    assert market.one("select (record_payment(id, 12.5)).status from orders") == "pending"
    assert market.one("select refundable from order_balance") == market.one("select sum(amount) from payments")


def test_what_is_free_is_taken_at_once(market: Market, full: UUID) -> None:
    market.conn.execute("update workshops set is_free = true")
    (entry,) = offered(market, full, "Sara", student_phone=None)
    row = call(market.conn, "accept_offer", entry)
    assert (row["status"], row["order_id"], row["total_price"]) == ("successful", None, 0)


def test_somebody_has_to_be_asked_about_the_order(market: Market, full: UUID) -> None:
    (entry,) = offered(market, full, "Sara", student_phone=None)
    with raises_key("PT400", "phone_missing"):
        call(market.conn, "accept_offer", entry)
    with raises_key("PT400", "text_too_long"):
        call(market.conn, "accept_offer", entry, "1" * 51)
    assert queue(market, full) == {"Sara": "offered"}
    call(market.conn, "accept_offer", entry, " +965 1 ")
    assert market.one("select customer_phone from orders") == "+965 1"


def test_as_the_application_to_its_commit(market: Market, full: UUID, connect: Connect) -> None:
    (entry,) = offered(market, full, "Sara")
    call(connect(role="sessionbook_app"), "accept_offer", entry)
    assert market.one("select count(*) from orders") == 1


def test_who_pays_is_not_taken_for_the_student(market: Market, full: UUID) -> None:
    """Whom to ask about the order may have another number; the student is known by the own one."""
    entry = call(market.conn, "join_waitlist", full, "Sara", None, "+965 2")["id"]
    market.conn.execute("select cancel_enrollment(id) from enrollments where status = 'successful'")
    row = call(market.conn, "accept_offer", entry, "+965 9")
    assert (row["student_phone"], market.one("select customer_phone from orders")) == ("+965 2", "+965 9")
    market.conn.execute("update workshop_sessions set max_attendees = 2")
    with raises_key("PT409", "already_enrolled"):
        call(market.conn, "enroll", full, "Sara", None, "+965 2")
