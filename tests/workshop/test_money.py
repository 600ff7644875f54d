"""What is due, what was paid, and what is to be given back, follow from the seats."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.clock import set_now
from support.concurrency import errors, race, results
from support.connect import Connect
from support.errors import raises_key
from support.market import Market

NOW = "2027-01-01 00:00+00"
LATE = "2027-01-01 01:00+00"


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, NOW)


@pytest.fixture
def two(market: Market) -> list[UUID]:
    """Two sessions of 10.000 a seat."""
    workshop = market.workshop(price="10.000")
    run = market.run(workshop)
    return [market.session(workshop, day=day, run_id=run) for day in ("2027-01-04", "2027-01-05")]


@pytest.fixture
def made(market: Market, two: list[UUID]) -> UUID:
    """An order of a seat in each."""
    return order(market, *two)


def order(market: Market, *sessions: UUID, **named: Any) -> UUID:
    items = [
        {"workshop_id": market.one("select workshop_id from workshop_sessions where id = %s", session),
         "session_id": session, **named}
        for session in sessions
    ]  # fmt: skip
    return market.one(
        "select id from create_order(%s, 'Sara', '+965 1', %s)", market.creator, json.dumps(items, default=str)
    )


def balance(market: Market) -> list[tuple[int, ...]]:
    """Total, cancelled, due, paid and refundable of each item, by the day of its session."""
    assert market.rows("select * from seat_audit where problem <> 'drift'") == []
    rows = market.rows(
        "select b.* from order_balance as b join order_items as i on i.id = b.order_item_id"
        " join workshop_sessions as s on s.id = i.session_id order by s.session_date"
    )
    names = ("total", "cancelled", "due", "paid", "refundable")
    return [tuple(int(row[name]) for name in names) for row in rows]


def cancel(market: Market, session: UUID) -> None:
    market.conn.execute("select cancel_enrollment(id) from enrollments where session_id = %s", [session])


def status(market: Market) -> str:
    return market.one("select status from orders")


def pay(market: Market, made: UUID, amount: object, reference: str | None = None) -> str:
    return market.one("select status from record_payment(%s, %s, 'knet', %s)", made, amount, reference)


def refund(market: Market, made: UUID, amount: object, reference: str | None = None) -> str:
    return market.one("select status from record_refund(%s, %s, 'knet', %s)", made, amount, reference)


def test_what_was_cancelled_is_not_charged(market: Market, two: list[UUID], made: UUID) -> None:
    assert balance(market) == [(10, 0, 10, 0, 0), (10, 0, 10, 0, 0)]
    cancel(market, two[0])
    market.conn.execute("select set_order_status(%s, 'paid')", [made])
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 0, 10, 10, 0)]
    assert market.one("select sum(amount) from payments") == 10


def test_what_is_cancelled_after_payment_is_to_be_given_back(market: Market, two: list[UUID], made: UUID) -> None:
    assert pay(market, made, 20) == "paid"
    cancel(market, two[0])
    assert balance(market) == [(10, 10, 0, 10, 10), (10, 0, 10, 10, 0)]
    assert refund(market, made, 10) == "paid"
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 0, 10, 10, 0)]
    cancel(market, two[1])
    assert refund(market, made, 10) == "refunded"
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 10, 0, 0, 0)]


def test_a_seat_that_was_not_paid_for_does_not_come_back_into_a_paid_order(
    market: Market, two: list[UUID], made: UUID
) -> None:
    cancel(market, two[0])
    market.conn.execute("select set_order_status(%s, 'paid')", [made])
    restore = "select restore_enrollment(id) from enrollments where session_id = %s"
    with raises_key("PT409", "payment_due"):
        market.conn.execute(restore, [two[0]])
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 0, 10, 10, 0)]
    pay(market, made, 10)
    market.conn.execute(restore, [two[0]])
    assert balance(market) == [(10, 0, 10, 10, 0), (10, 0, 10, 10, 0)]


def test_nor_does_one_that_was_given_back(market: Market, two: list[UUID], made: UUID) -> None:
    pay(market, made, 20)
    cancel(market, two[0])
    restore = "select restore_enrollment(id) from enrollments where session_id = %s"
    market.conn.execute(restore, [two[0]])
    cancel(market, two[0])
    refund(market, made, 10)
    with raises_key("PT409", "payment_due"):
        market.conn.execute(restore, [two[0]])
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 0, 10, 10, 0)]


@pytest.mark.parametrize("whole", [True, False])
def test_whoever_cancels_the_balance_follows(market: Market, two: list[UUID], made: UUID, whole: bool) -> None:
    """Not in the list."""
    pay(market, made, 20)
    if whole:
        market.conn.execute("select set_order_status(%s, 'cancelled')", [made])
        assert balance(market) == [(10, 10, 0, 10, 10), (10, 10, 0, 10, 10)]
    else:
        market.conn.execute("select cancel_session(%s)", [two[1]])
        assert balance(market) == [(10, 0, 10, 10, 0), (10, 10, 0, 10, 10)]


def test_refunded_gives_all_back(market: Market, two: list[UUID], made: UUID) -> None:
    pay(market, made, 20)
    market.conn.execute("select set_order_status(%s, 'refunded')", [made])
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 10, 0, 0, 0)]
    assert market.one("select amount from payments where kind = 'refund'") == 20


def test_payment_in_parts(market: Market, two: list[UUID], made: UUID) -> None:
    assert pay(market, made, 15, "a") == "pending"
    # Which of the two is first is not said.
    assert sorted(balance(market)) == [(10, 0, 10, 5, 0), (10, 0, 10, 10, 0)]
    assert pay(market, made, 15, "a") == "pending"
    assert pay(market, made, 5, "b") == "paid"
    assert pay(market, made, 5, "b") == "paid"
    assert balance(market) == [(10, 0, 10, 10, 0), (10, 0, 10, 10, 0)]
    with raises_key("PT409", "reference_reused"):
        pay(market, made, 6, "b")


def test_giving_up_the_rest_pays_the_order(market: Market, two: list[UUID], made: UUID) -> None:
    """Not in the list: nothing more is due, so nothing waits to run out."""
    pay(market, made, 10)
    cancel(market, two[1])
    assert status(market) == "paid"
    set_now(market.conn, LATE)
    market.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 10)")
    assert balance(market) == [(10, 0, 10, 10, 0), (10, 10, 0, 0, 0)]


def test_free_rest_of_an_order_stays(market: Market, two: list[UUID]) -> None:
    free = market.workshop("Free", is_free=True)
    seat = market.session(free, day="2027-01-03", run_id=market.run(free))
    order(market, seat, two[0])
    cancel(market, two[0])
    assert status(market) == "paid"
    assert market.one("select status from enrollments where session_id = %s", seat) == "successful"


def test_late_payment_takes_the_seats_anew(market: Market, two: list[UUID], made: UUID) -> None:
    set_now(market.conn, LATE)
    assert balance(market) == [(10, 10, 0, 0, 0), (10, 10, 0, 0, 0)]
    assert pay(market, made, 20) == "paid"
    assert balance(market) == [(10, 0, 10, 10, 0), (10, 0, 10, 10, 0)]


def test_late_payment_for_seats_that_are_gone_is_kept(market: Market, two: list[UUID], made: UUID) -> None:
    set_now(market.conn, LATE)
    market.conn.execute("select enroll(%s, 'Dana', p_seats => 2)", [two[0]])
    assert pay(market, made, 20, "late") == "pending"
    assert pay(market, made, 20, "late") == "pending"
    assert balance(market) == [(10, 10, 0, 10, 10), (10, 10, 0, 10, 10)]
    assert refund(market, made, 20) == "pending"


def test_items_of_one_session_are_one(market: Market, two: list[UUID]) -> None:
    order(market, two[0], two[0])
    assert balance(market) == [(20, 0, 20, 0, 0)]
    assert market.one("select quantity from order_items") == 2


def test_price_is_that_of_the_order(market: Market, two: list[UUID], made: UUID) -> None:
    market.conn.execute("update workshops set price = 99, currency = 'USD'")
    assert pay(market, made, 20) == "paid"
    assert {row["currency"] for row in market.rows("select currency from order_balance")} == {"KWD"}


@pytest.mark.parametrize("amount", [0, -1, None, "0.0001", "10000000", "NaN", "Infinity"])
@pytest.mark.parametrize("move", [pay, refund])
def test_amounts_that_are_none(
    market: Market, two: list[UUID], made: UUID, move: Callable[..., str], amount: object
) -> None:
    value = amount if amount is None else Decimal(str(amount))
    with raises_key("PT400", "invalid_amount"):
        move(market, made, value)


def test_no_more_is_given_back_than_was_paid(market: Market, two: list[UUID], made: UUID) -> None:
    with raises_key("PT409", "refund_exceeds_paid"):
        refund(market, made, 1)
    pay(market, made, 20)
    refund(market, made, 15, "r")
    assert refund(market, made, 15, "r") == "paid"
    with raises_key("PT409", "refund_exceeds_paid"):
        refund(market, made, "5.001")
    assert market.one("select count(*) from payments") == 2


@pytest.mark.parametrize("move", [pay, refund])
def test_money_of_no_order(market: Market, move: Callable[..., str]) -> None:
    with raises_key("PT404", "order_not_found"):
        move(market, uuid4(), 1)


def test_texts_of_a_payment_that_are_too_long(market: Market, two: list[UUID], made: UUID) -> None:
    with raises_key("PT400", "text_too_long"):
        pay(market, made, 1, "r" * 256)


def test_payment_reported_twice_at_once(market: Market, two: list[UUID], made: UUID, database: str) -> None:
    def report(conn: psycopg.Connection, _: int) -> Any:
        return conn.execute("select workshop.record_payment(%s, 20, 'knet', 'one')", [made]).fetchone()

    outcomes = race(database, 8, report)
    assert errors(outcomes) == []
    assert len(results(outcomes)) == 8
    assert market.one("select sum(amount) from payments") == 20


def test_application_records_money_to_the_commit(market: Market, two: list[UUID], made: UUID, connect: Connect) -> None:
    conn = connect(role="sessionbook_app", autocommit=False)
    conn.execute("select workshop.record_payment(%s, 20)", [made])
    conn.execute("select workshop.record_refund(%s, 5)", [made])
    conn.commit()
    assert conn.execute("select sum(paid) from workshop.order_balance").fetchone() == (Decimal(15),)
    conn.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("insert into workshop.payments (order_id) values (%s)", [made])
    conn.rollback()
