"""More members of the kinds of faults that orders had once: what is due, whose key it is, what runs out unpaid."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting

NOW = "2027-01-01 00:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def two(market: Market) -> list[UUID]:
    return market.two_days()


@pytest.fixture
def free(market: Market) -> UUID:
    """A session that costs nothing."""
    workshop = market.workshop("Free", is_free=True)
    return market.session(workshop, day="2027-01-06", run_id=market.run(workshop), max_attendees=5)


def balance(market: Market) -> list[tuple[int, ...]]:
    """Total, cancelled, due and paid of each item, the dearest first."""
    rows = market.rows("select total, cancelled, due, paid from order_balance order by due desc, total desc")
    return [tuple(int(amount) for amount in row.values()) for row in rows]


# B2: part of an order given up is not charged.


def test_seats_that_an_application_sold_itself(market: Market, two: list[UUID]) -> None:
    """It says of which order and session a seat is, and not of which item."""
    made = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone, total_amount)"
        " values (%s, 'A-1', 'Sara', '1', 20) returning id",
        market.creator,
    )
    for session in two:
        market.take(session)
        market.enroll(session, status="pending", order_id=made, total_price=10)
        market.conn.execute(
            "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id)"
            " select %s, workshop_id, 'P', 10, 10, id from workshop_sessions where id = %s",
            [made, session],
        )
    assert balance(market) == [(10, 0, 10, 0), (10, 0, 10, 0)]
    market.conn.execute("select cancel_enrollment(id) from enrollments where session_id = %s", [two[0]])
    assert balance(market) == [(10, 0, 10, 0), (10, 10, 0, 0)]
    market.conn.execute("select set_order_status(%s, 'paid')", [made])
    assert (balance(market), market.one("select amount from payments")) == ([(10, 0, 10, 10), (10, 10, 0, 0)], 10)
    assert market.rows("select * from seat_audit") == []


def test_two_items_of_one_session_share_the_seats_that_are_of_neither(market: Market, two: list[UUID]) -> None:
    made = market.order(two[0])
    market.conn.execute("update enrollments set order_item_id = null, seats = 2, total_price = 20")
    market.take(two[0])
    market.conn.execute(
        "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id)"
        " select order_id, workshop_id, workshop_name, price, 10, session_id from order_items"
    )
    assert market.row("select sum(due) as due, min(cancelled) as cancelled from order_balance") == {
        "due": 20,
        "cancelled": 0,
    }
    assert market.one("select payable from _order_money(%s)", made) == 20


def test_what_is_no_seat_is_charged(market: Market, two: list[UUID]) -> None:
    made = market.order(*two)
    market.conn.execute(
        "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal)"
        " select %s, id, 'Mug', 5, 5 from workshops",
        [made],
    )
    market.conn.execute("select cancel_enrollment(id) from enrollments where session_id = %s", [two[0]])
    assert balance(market) == [(10, 0, 10, 0), (5, 0, 5, 0), (10, 10, 0, 0)]
    market.conn.execute("select set_order_status(%s, 'paid')", [made])
    assert balance(market) == [(10, 0, 10, 10), (5, 0, 5, 5), (10, 10, 0, 0)]


def test_a_session_of_a_run_that_is_cancelled_is_given_back(market: Market, two: list[UUID]) -> None:
    run = market.one("select run_id from workshop_sessions limit 1")
    market.conn.execute("update workshop_runs set price = 16")
    items = json.dumps([{"run_id": str(run)}])
    market.conn.execute("select create_order(%s, 'Sara', '1', %s, p_paid => 16)", [market.creator, items])
    market.conn.execute("select cancel_session(%s)", [two[0]])
    assert market.row("select due, paid, refundable from order_balance") == {"due": 8, "paid": 16, "refundable": 8}


# B4: a key answers nobody but the one who used it.


@pytest.mark.parametrize(("name", "email"), [("Omar", "s@s.s"), ("Sara", "o@o.o"), ("Sara", None)])
def test_key_of_an_order_for_somebody_else_with_the_number(
    market: Market, two: list[UUID], name: str, email: str | None
) -> None:
    def again(name: str, email: str | None) -> UUID:
        return market.one(
            "select id from create_order(%s, %s, '1', %s, p_customer_email => %s, p_idempotency_key => 'k')",
            market.creator, name, json.dumps([{"session_id": str(two[0])}]), email,
        )  # fmt: skip

    made = again("Sara", "s@s.s")
    assert again("Sara", "S@S.S") == made
    with raises_key("PT409", "idempotency_key_reused"):
        again(name, email)
    assert market.one("select count(*) from orders") == 1


@pytest.mark.parametrize(
    "call",
    [
        "enroll('{1}', 'Sara', 's@s.s', p_idempotency_key => 'k')",
        "enroll('{0}', 'Omar', 's@s.s', p_idempotency_key => 'k')",
        "enroll('{0}', 'Sara', null, p_idempotency_key => 'k')",
        "enroll('{0}', 'Sara', 's@s.s', '+965 1', p_idempotency_key => 'k')",
        "enroll('{0}', 'Sara', 's@s.s', p_seats => 2, p_idempotency_key => 'k')",
        "enroll_run('{2}', 'Sara', 's@s.s', p_idempotency_key => 'k')",
    ],
)
def test_key_of_a_booking_for_another(market: Market, two: list[UUID], call: str) -> None:
    run = market.one("select run_id from workshop_sessions limit 1")
    market.conn.execute("select enroll(%s, 'Sara', 's@s.s', p_idempotency_key => 'k')", [two[0]])
    with raises_key("PT409", "idempotency_key_reused"):
        market.conn.execute(f"select {call.format(*two, run)}".encode())
    assert market.one("select count(*) from enrollments") == 1


# B7: what costs nothing does not run out.


@pytest.mark.parametrize("function", ["cancel_session", "cancel_run"])
def test_the_free_rest_of_an_order_stays(market: Market, two: list[UUID], free: UUID, function: str) -> None:
    market.order(two[0], free)
    run = market.one("select run_id from workshop_sessions where id = %s", two[0])
    market.conn.execute(f"select {function}(%s)".encode(), [two[0] if function == "cancel_session" else run])
    assert market.statuses("orders") == ["paid"]
    set_now(market.conn, "2027-01-02 00:00+00")
    market.tick()
    assert market.one("select status from enrollments where session_id = %s", free) == "successful"
    assert market.rows("select * from seat_audit") == []


def test_what_a_part_payment_covers_stays(market: Market, two: list[UUID]) -> None:
    made = market.order(*two)
    market.conn.execute("select record_payment(%s, 10)", [made])
    market.conn.execute("select cancel_session(%s)", [two[1]])
    set_now(market.conn, "2027-01-02 00:00+00")
    market.tick()
    assert (market.statuses("orders"), market.statuses("enrollments")) == (["paid"], ["cancelled", "successful"])


def test_a_free_seat_that_is_taken_anew(market: Market, two: list[UUID], free: UUID) -> None:
    market.order(two[0], free)
    for session in (free, two[0]):
        market.conn.execute("select cancel_enrollment(id) from enrollments where session_id = %s", [session])
    restored = "select status, expires_at from restore_enrollment((select id from enrollments where session_id = %s))"
    assert market.row(restored, free) == {"status": "successful", "expires_at": None}
    assert market.statuses("orders") == ["paid"]


def test_a_payment_that_meets_the_end_of_a_session(
    market: Market, two: list[UUID], free: UUID, connect: Connect
) -> None:
    """Whoever pays first has the order; the rest is settled then."""
    made = market.order(*two)
    payer, organizer = connect(autocommit=False), connect(autocommit=False)
    for conn in (payer, organizer):
        set_now(conn, NOW)
        conn.commit()
    payer.execute("select workshop.record_payment(%s, 10)", [made])
    waiting = Waiting(organizer, lambda conn: conn.execute("select workshop.cancel_session(%s)", [two[1]]))
    payer.commit()
    waiting.result()
    organizer.commit()
    assert (market.statuses("orders"), market.statuses("enrollments")) == (["paid"], ["cancelled", "successful"])
