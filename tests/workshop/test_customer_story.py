"""A customer's way from the store to the refund, as the application goes it, in both languages."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market

PHONE = "+965 5000 1234"


class Application:
    """Reads and calls what sessionbook_app may, each statement to its commit."""

    def __init__(self, conn: psycopg.Connection) -> None:
        conn.execute("set search_path = workshop")
        self.market = Market(conn, None)  # type: ignore[arg-type]

    def at(self, now: str) -> None:
        set_now(self.market.conn, f"{now}+00")

    def row(self, query: str, *params: Any) -> tuple[Any, ...]:
        return tuple(self.market.row(query, *params).values())


@pytest.fixture
def app(connect: Connect) -> Application:
    return Application(connect(role="sessionbook_app"))


def test_from_the_store_to_the_refund(market: Market, app: Application) -> None:
    # Noor teaches pottery on two evenings, three seats each, for 25 together.
    pottery = market.workshop("Pottery", title_ar="فخار", price="15.000")
    course = market.run(pottery, "January", run_name_ar="يناير", price="25.000")
    for day in ("2027-01-04", "2027-01-11"):
        market.session(pottery, day=day, run_id=course, max_attendees=3, location="Salmiya", location_ar="السالمية")

    def clock(now: str) -> None:
        set_now(market.conn, f"{now}+00")
        rows = market.rows("select failed from lifecycle.advance('workshop', lifecycle.now(), 5000)")
        assert sum(row["failed"] for row in rows) == 0
        assert market.rows("select * from seat_audit") == []
        app.at(now)

    # On New Year's Day Dana sees it in the store, a few seats left.
    clock("2027-01-01 08:00")
    assert app.row(
        "select title, title_ar, run_name_ar, location_ar, badge, badge_ar, seats_left"
        " from store_sessions order by starts_at limit 1"
    ) == ("Pottery", "فخار", "يناير", "السالمية", "few_left", "مقاعد قليلة", 3)

    # She orders both evenings for two; her connection breaks, and she orders again.
    order = (
        "select id, order_number, total_amount, status, status_ar from create_order("
        "%s, 'Dana', %s, %s, p_customer_email => 'dana@example.org', p_idempotency_key => 'basket-1')"
    )
    basket = [market.creator, PHONE, json.dumps([{"run_id": str(course), "quantity": 2}])]
    made, number, total, *status = app.row(order, *basket)
    assert app.row(order, *basket)[0] == made
    assert (total, status) == (Decimal("50.000"), ["pending", "قيد الانتظار"])

    # The payment provider reports her payment twice; her number is written another way when she asks.
    for _ in range(2):
        app.row("select status from record_payment(%s, 50, 'knet', 'knet-1')", made)
    tracked = "select distinct status, status_ar, workshop_name, workshop_name_ar from track_order(%s, '0096550001234')"
    assert app.row(tracked, number) == ("paid", "مدفوع", "Pottery", "فخار")
    assert app.row("select due, paid, refundable from order_balance where order_id = %s", made) == (50, 50, 0)

    # Somebody takes the last seats; Sara waits for one evening.
    first, second = (row["id"] for row in market.rows("select id from workshop_sessions order by starts_at"))
    for session in (first, second):
        app.row("select id from enroll(%s, 'Omar', 'omar@example.org')", session)
    (entry,) = app.row("select id from join_waitlist(%s, 'Sara', 'sara@example.org', '+965 7000')", second)
    assert app.row("select badge, badge_ar from store_sessions where session_id = %s", second) == (
        "waiting_list",
        "قائمة انتظار",
    )

    # Dana's friend cannot come to the second evening: a quarter of the money is to be given back, and Sara is offered.
    mine = "select enrollment_id from my_bookings('DANA@example.org') where session_id = %s"
    (enrollment,) = app.row(mine, second)
    assert app.row("select seats, total_price from change_seats(%s, 1)", enrollment) == (1, Decimal("12.500"))
    assert app.row("select due, paid, refundable from order_balance where order_id = %s", made) == (
        Decimal("37.5"), 50, Decimal("12.5"),
    )  # fmt: skip
    app.row("select id from record_refund(%s, 12.5, 'knet', 'refund-1')", made)
    assert app.row("select status from waitlist_entries where id = %s", entry) == ("offered",)
    held, price, *word = app.row("select order_id, total_price, status, status_ar from accept_offer(%s)", entry)
    assert (price, word) == (15, ["pending", "قيد الانتظار"])
    assert app.row("select status, status_ar from record_payment(%s, %s, 'knet', 'knet-2')", held, price) == (
        "paid",
        "مدفوع",
    )

    # Noor moves the second evening by a day; everybody in it gets a notice.
    app.at("2027-01-02 08:00")
    told = market.rows("select student_name, kind from reschedule_session(%s, '2027-01-12')", second)
    assert {row["student_name"] for row in told} == {"Dana", "Omar", "Sara"}

    # Dana comes to the first evening, and has a certificate of it.
    clock("2027-01-04 10:00")
    (enrollment,) = app.row(mine, first)
    marks = json.dumps([{"enrollment_id": str(enrollment), "status": "attended"}])
    assert app.row("select completion_status from mark_attendance(%s, %s)", first, marks) == ("completed",)
    assert app.row("select student_name, title, title_ar from certificates") == ("Dana", "Pottery", "فخار")

    # The second one is cancelled: what she and Sara paid for it is given back, and her order says so in both languages.
    assert len(app.market.rows("select * from cancel_session(%s)", second)) == 3
    assert app.row("select refundable from order_balance where order_id = %s", made) == (Decimal("12.5"),)
    for own, amount in ((made, Decimal("12.5")), (held, 15)):
        app.row("select id from record_refund(%s, %s, 'knet', 'refund-2')", own, amount)
    assert app.row("select status, status_ar from orders where id = %s", held) == ("refunded", "مسترد")
    assert app.row(tracked, number) == ("paid", "مدفوع", "Pottery", "فخار")
    assert app.row("select due, paid, refundable from order_balance where order_id = %s", made) == (25, 25, 0)
    clock("2027-01-13 08:00")
    assert app.row("select status, status_ar from workshop_sessions where id = %s", first) == ("completed", "منتهية")
